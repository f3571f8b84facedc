//! Leads that get in, as they were in the input.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, ListArray,
    RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Int32Type};
use leadsquared_emulator::KeyPlace;

use crate::helpers::{Stage, assert_books, columns, lead_lines, leads, load_args, number, open};

/// Two leads with a column of every kind.
fn typed() -> RecordBatch {
    let status: ArrayRef = Arc::new(StringArray::from(vec![Some("Pending"), None]));
    let kyc = StructArray::from(vec![(
        Arc::new(Field::new("Status", DataType::Utf8, true)),
        status,
    )]);
    let tags =
        ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), Some(2)]), None]);
    let revenue = Decimal128Array::from(vec![Some(1250), Some(-5)])
        .with_precision_and_scale(10, 2)
        .unwrap();
    RecordBatch::try_from_iter([
        (
            "EmailAddress",
            Arc::new(StringArray::from(vec!["a@example.com", "b@example.com"])) as ArrayRef,
        ),
        (
            "FirstName",
            Arc::new(StringArray::from(vec![Some("Zoë \"Z\"\n"), None])),
        ),
        ("mx_Visits", Arc::new(Int64Array::from(vec![7, -8]))),
        ("mx_Score", Arc::new(Float64Array::from(vec![0.1, 1e21]))),
        ("mx_Revenue", Arc::new(revenue)),
        (
            "mx_Subscribed",
            Arc::new(BooleanArray::from(vec![true, false])),
        ),
        ("mx_Born", Arc::new(Date32Array::from(vec![Some(0), None]))),
        (
            "mx_Seen",
            Arc::new(TimestampMicrosecondArray::from(vec![
                1_000_000,
                86_400_000_000,
            ])),
        ),
        ("mx_Tags", Arc::new(tags)),
        ("mx_KYC", Arc::new(kyc)),
    ])
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn parquet_gets_in_field_by_field() {
    let stage = Stage::new().await;
    stage.parquet("leads.parquet", &typed());
    let (run, summary) = stage.load(&["leads.parquet"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("created", 2)]);

    let fields = |email: &str| {
        let lead = stage.leads()[email].clone();
        (lead.fields, lead.field_sets)
    };
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    assert_eq!(
        fields("a@example.com"),
        (
            pairs(&[
                ("EmailAddress", "a@example.com"),
                ("FirstName", "Zoë \"Z\"\n"),
                ("mx_Visits", "7"),
                ("mx_Score", "0.1"),
                ("mx_Revenue", "12.50"),
                ("mx_Subscribed", "true"),
                ("mx_Born", "1970-01-01"),
                ("mx_Seen", "1970-01-01 00:00:01"),
                ("mx_Tags", "1;2"),
                ("mx_KYC", ""),
            ]),
            vec![("mx_KYC".to_owned(), pairs(&[("Status", "Pending")]))],
        )
    );
    assert_eq!(
        fields("b@example.com"),
        (
            pairs(&[
                ("EmailAddress", "b@example.com"),
                ("mx_Visits", "-8"),
                ("mx_Score", "1000000000000000000000"),
                ("mx_Revenue", "-0.05"),
                ("mx_Subscribed", "false"),
                ("mx_Seen", "1970-01-02 00:00:00"),
            ]),
            vec![],
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_filled_with_fifty_leads_across_files() {
    let stage = Stage::new().await;
    stage.parquet("a.parquet", &leads(1..=70));
    stage.write("b.ndjson", lead_lines(71..=110));
    stage.parquet("c.parquet", &leads(111..=120));
    let (run, summary) = stage.load(&["a.parquet", "b.ndjson", "c.parquet"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("created", 120)]);
    assert_eq!(number(&summary, "calls"), 3);

    let mut sizes: Vec<_> = stage
        .emulator
        .calls()
        .iter()
        .map(|call| call.leads)
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [Some(20), Some(50), Some(50)]);
    let stored = stage.leads();
    assert_eq!(stored.len(), 120);
    for n in 1..=120 {
        let lead = &stored[&format!("lead{n}@example.com")];
        assert_eq!(lead.get("FirstName"), Some(format!("First {n}").as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pattern_stands_for_its_files() {
    let stage = Stage::new().await;
    stage.parquet("day-1.parquet", &leads(1..=3));
    stage.parquet("day-2.parquet", &leads(4..=6));
    stage.parquet("other.parquet", &leads(7..=9));
    let (run, summary) = stage.load(&["day-*.parquet"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("created", 6)]);
    assert!(!stage.leads().contains_key("lead7@example.com"));
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_input_is_read_in_either_format() {
    let stage = Stage::new().await;
    let input = lead_lines(1..=60);
    let mut command = stage.command(load_args(&["-", "--results", "results.ndjson"]));
    let run = stage.end_with_input(&mut command, input.as_bytes());
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&run.summary(), &[("created", 60)]);
    assert_eq!(stage.lines("results.ndjson")[0]["file"], "<stdin>");

    stage.parquet("leads.parquet", &leads(61..=100));
    let mut command = stage.command(load_args(&["-"]));
    let run = stage.end(command.stdin(open(stage.path("leads.parquet"))));
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&run.summary(), &[("created", 40)]);
    assert_eq!(stage.leads().len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_input_format_can_be_set() {
    let stage = Stage::new().await;
    // Told from its content, this would be a JSON array; as NDJSON, one line of it is bad.
    stage.write("leads.txt", format!("[1,2]\n{}", lead_lines(1..=2)));
    let (run, summary) = stage.load(&["leads.txt", "--input-format", "ndjson"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_books(&summary, &[("created", 2), ("rejected", 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_renames_drops_and_adds() {
    let stage = Stage::with(
        leadsquared_emulator::Emulator::builder()
            .no_rate_limit()
            .unique_fields(["mx_Id"]),
    )
    .await;
    stage.write(
        "mapping.toml",
        r#"
unique_fields = ["mx_Id"]
drop = ["notes"]
[rename]
id = "mx_Id"
kyc = "mx_KYC"
"kyc.status" = "Status"
[constants]
Source = "Webinar"
Campaign = "Ärger & Co"
"#,
    );
    stage.write(
        "leads.ndjson",
        r#"{"id":17,"notes":"secret","FirstName":"Ada","kyc":{"status":"Open"}}"#,
    );
    let (run, summary) = stage.load(&["leads.ndjson", "--mapping", "mapping.toml"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("created", 1)]);
    let lead = &stage.emulator.leads()[0];
    let mut names: Vec<&str> = lead.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[names.len() - 2..], ["Source", "Campaign"]);
    names.sort_unstable();
    assert_eq!(
        names,
        ["Campaign", "FirstName", "Source", "mx_Id", "mx_KYC"]
    );
    assert_eq!(lead.get("mx_Id"), Some("17"));
    assert_eq!(lead.get("Campaign"), Some("Ärger & Co"));
    assert_eq!(lead.get_in("mx_KYC", "Status"), Some("Open"));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_travel_by_query_or_by_header() {
    for (args, place) in [
        (&[][..], KeyPlace::Query),
        (&["--auth", "query"], KeyPlace::Query),
        (&["--auth", "header"], KeyPlace::Headers),
    ] {
        let stage = Stage::new().await;
        stage.write("leads.ndjson", lead_lines(1..=1));
        let (run, summary) = stage.load(&[&["leads.ndjson"], args].concat());
        assert_eq!(run.code, Some(0), "{run:?}");
        assert_books(&summary, &[("created", 1)]);
        assert_eq!(stage.emulator.calls()[0].keys, place);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_emulator_of_a_load_needs_no_account() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=120));
    let mut command = stage.command(load_args(&["leads.ndjson", "--emulator"]));
    // The account's host in the environment is left alone.
    let run = stage.end(
        command
            .env_remove("LEADSQUARED_ACCESS_KEY")
            .env_remove("LEADSQUARED_SECRET_KEY"),
    );
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&run.summary(), &[("created", 120)]);
    run.assert_said(&["an emulator at http://127.0.0.1:", "1,000 calls in 1 s"]);
    assert_eq!(stage.emulator.call_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_emulator_of_a_load_has_the_limit_of_the_load() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=150));
    let limit = ["--rate-limit", "2/1s"];
    let run = stage.run(
        &[
            &["load", "leads.ndjson", "--emulator", "--format", "json"][..],
            &limit,
        ]
        .concat(),
    );
    let summary = run.summary();
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(
        (number(&summary, "calls"), number(&summary, "throttled")),
        (3, 0)
    );
    run.assert_said(&["2 calls in 1 s"]);
    // Two calls in the first window, and the third a window later.
    assert!(
        summary["elapsed_seconds"].as_f64().unwrap() >= 1.0,
        "{summary:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_without_rows_is_no_failure() {
    let stage = Stage::new().await;
    stage.parquet("none.parquet", &leads(0..0));
    let (run, summary) = stage.load(&["none.parquet"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(number(&summary, "read"), 0);
    run.assert_said(&["no rows"]);
    assert_eq!(stage.emulator.call_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_json_summary_has_its_keys_in_order() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=1));
    let (_, summary) = stage.load(&["leads.ndjson"]);
    let keys: Vec<&str> = summary.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "read",
            "created",
            "created_earlier",
            "duplicate",
            "rejected",
            "unconfirmed",
            "not_sent",
            "calls",
            "throttled",
            "retried",
            "elapsed_seconds",
            "leads_per_second",
            "limit_utilisation",
            "run",
            "next",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_summary_says_what_matters_and_what_to_do_next() {
    let stage = Stage::new().await;
    let emails = ["a@example.com", "A@example.com", ""].map(|email| Some(email.to_owned()));
    stage.parquet(
        "leads.parquet",
        &columns(&[("EmailAddress", emails.to_vec())]),
    );
    let args = ["load", "leads.parquet", "--rate-limit", "1000/1s"];
    let run = stage.run(&args);
    assert_eq!(run.code, Some(3), "{run:?}");
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(
        lines[..5],
        [
            "read             3",
            "created          1",
            "duplicate        1",
            "rejected         1",
            ""
        ]
    );
    // The second has the first one's address, and doesn't go with it.
    assert!(lines[5].starts_with("2 calls in "), "{}", lines[5]);
    assert!(lines[5].ends_with("of the limit of 1,000 calls in 1 s"));
    assert_eq!(lines[7], "2 rows are not in:");
    let text = lines[8..].join("\n");
    for part in [
        "1  duplicate: MXDuplicateEntryException: ",
        "leads.parquet, row 2",
        "1  rejected: no value in any unique field (EmailAddress, Phone)",
        "leads.parquet, row 3",
        "1 row was rejected: leadsquared results 1 --outcome rejected",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert_eq!(run.stderr, "");

    stage.write("new.ndjson", lead_lines(1..=2));
    let run = stage.run(&["load", "new.ndjson"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(run.stdout.lines().count(), 4, "{}", run.stdout);
}
