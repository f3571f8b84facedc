//! `check`, and `load --dry-run`.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use serde_json::{Value, json};

use crate::helpers::{Stage, bare, columns, lead_lines, leads};

fn emails(emails: &[&str]) -> Vec<Option<String>> {
    emails
        .iter()
        .map(|email| Some((*email).to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_shows_what_a_load_would_do_and_sends_nothing() {
    let stage = Stage::new().await;
    let batch = columns(&[
        ("email", emails(&["a@example.com", "b@example.com"])),
        ("notes", vec![None, None]),
    ]);
    stage.parquet("leads.parquet", &batch);
    stage.write(
        "sets.ndjson",
        "{\"email\":\"c@example.com\",\"kyc\":{\"status\":\"Open\"},\"notes\":1}\n",
    );
    stage.write(
        "mapping.toml",
        "drop = [\"notes\"]\n[rename]\nemail = \"EmailAddress\"\n[constants]\nSource = \"Webinar\"\n",
    );
    // No account, and no environment at all.
    let args = [
        "check",
        "leads.parquet",
        "sets.ndjson",
        "--mapping",
        "mapping.toml",
    ];
    let run = stage.end(bare(args).current_dir(stage.folder.path()));
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(run.stderr, "");
    assert_eq!(
        run.stdout,
        r#"leads.parquet: Parquet, 2 rows
  COLUMN      ATTRIBUTE       TEXT
  email       EmailAddress *  as it is
  notes       (dropped)
  (constant)  Source          "Webinar"
  * unique: a lead needs a value in at least one of EmailAddress, Phone

sets.ndjson: NDJSON, 1 row
  COLUMN        ATTRIBUTE       TEXT
  email         EmailAddress *  as it is
  kyc           kyc             custom field set
    kyc.status    status        as it is
  notes         (dropped)
  (constant)    Source          "Webinar"
  * unique: a lead needs a value in at least one of EmailAddress, Phone

The first lead:
[
  {"Attribute":"EmailAddress","Value":"a@example.com"},
  {"Attribute":"Source","Value":"Webinar"}
]

3 leads of 3 rows make 1 call: no waiting at 25 calls in 5 s.
"#
    );
    let dry = stage.run(&[&["load", "--dry-run"], &args[1..]].concat());
    assert_eq!((dry.code, &dry.stdout), (Some(0), &run.stdout));
    assert_eq!(stage.emulator.call_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_with_the_same_columns_share_a_table() {
    let stage = Stage::new().await;
    stage.parquet("a.parquet", &leads(1..=60));
    stage.parquet("b.parquet", &leads(61..=101));
    let run = stage.run(&["check", "a.parquet", "b.parquet", "--rate-limit", "1/5s"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(
        run.stdout
            .starts_with("a.parquet: Parquet, 60 rows\nb.parquet: Parquet, 41 rows\n  COLUMN"),
        "{}",
        run.stdout
    );
    assert_eq!(run.stdout.matches("COLUMN").count(), 1);
    let last = "101 leads of 101 rows make 3 calls: at least 10 s at 1 call in 5 s.\n";
    assert!(run.stdout.ends_with(last), "{}", run.stdout);
}

/// A file with rows that must be rejected, for two reasons, and how many.
fn faulty(stage: &Stage) {
    let batch = RecordBatch::try_from_iter([
        (
            "Phone",
            Arc::new(StringArray::from(vec![
                Some("1"),
                None,
                Some(" "),
                Some("4"),
                None,
                None,
            ])) as ArrayRef,
        ),
        (
            "mx_Score",
            Arc::new(Float64Array::from(vec![f64::NAN, 1.0, 1.0, 0.5, 1.0, 1.0])),
        ),
    ]);
    stage.parquet("faulty.parquet", &batch.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_would_be_rejected_are_grouped_by_reason() {
    let stage = Stage::new().await;
    faulty(&stage);
    stage.write("bad.ndjson", format!("{}{{oops\n", lead_lines(1..=1)));
    let run = stage.run(&["check", "faulty.parquet", "bad.ndjson"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    let start = run.stdout.find("6 rows would be rejected").unwrap();
    let text = &run.stdout[start..];
    assert!(
        text.starts_with(
            "6 rows would be rejected:
  4  no value in any unique field (EmailAddress, Phone); a lead needs at least one
     faulty.parquet, rows 2, 3, 5 …
  1  column \"mx_Score\" holds NaN, which is not a number that can be sent
     faulty.parquet, row 1
  1  "
        ),
        "{text}"
    );
    assert!(text.contains("     bad.ndjson, row 2\n"), "{text}");
    assert!(text.contains("\n2 leads of 8 rows make 1 call: "), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn json_says_the_same() {
    let stage = Stage::new().await;
    faulty(&stage);
    stage.write("mapping.toml", "[constants]\nSource = \"Webinar\"\n");
    let args = [
        "faulty.parquet",
        "--mapping",
        "mapping.toml",
        "--format",
        "json",
    ];
    let run = stage.run(&[&["check"], &args[..]].concat());
    assert_eq!(run.code, Some(3), "{run:?}");
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        report,
        json!({
            "read": 6, "leads": 1, "rejected": 5, "calls": 1,
            "rate_limit": "25/5s", "seconds_at_limit": 0.0,
            "unique_fields": ["EmailAddress", "Phone"],
            "inputs": [{
                "file": "faulty.parquet", "format": "parquet", "rows": 6,
                "columns": [
                    {"column": "Phone", "type": "Utf8", "attribute": "Phone", "text": "as it is", "unique": true},
                    {"column": "mx_Score", "type": "Float64", "attribute": "mx_Score", "text": "shortest decimal", "unique": false},
                ],
            }],
            "constants": [{"attribute": "Source", "value": "Webinar"}],
            "first_lead": [
                {"Attribute": "Phone", "Value": "4"},
                {"Attribute": "mx_Score", "Value": "0.5"},
                {"Attribute": "Source", "Value": "Webinar"},
            ],
            "reasons": [
                {
                    "code": "no-unique-field",
                    "reason": "no value in any unique field (EmailAddress, Phone); a lead needs at least one",
                    "rows": 4,
                    "first": [
                        {"file": "faulty.parquet", "row": 2},
                        {"file": "faulty.parquet", "row": 3},
                        {"file": "faulty.parquet", "row": 5},
                    ],
                },
                {
                    "code": "not-finite",
                    "reason": "column \"mx_Score\" holds NaN, which is not a number that can be sent",
                    "rows": 1,
                    "first": [{"file": "faulty.parquet", "row": 1}],
                },
            ],
        })
    );
    let dry = stage.run(&[&["load", "--dry-run"], &args[..]].concat());
    assert_eq!((dry.code, dry.stdout), (Some(3), run.stdout));
    assert_eq!(stage.emulator.call_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_promises_is_what_a_load_does() {
    let stage = Stage::new().await;
    faulty(&stage);
    stage.write("leads.ndjson", lead_lines(1..=120));
    let inputs = ["leads.ndjson", "faulty.parquet"];
    let run = stage.run(&[&["check", "--format", "json"], &inputs[..]].concat());
    let promised: Value = serde_json::from_str(&run.stdout).unwrap();
    let (_, summary) = stage.load(&inputs);
    for (promise, kept) in [
        ("read", "read"),
        ("leads", "created"),
        ("rejected", "rejected"),
        ("calls", "calls"),
    ] {
        assert_eq!(promised[promise], summary[kept], "{promise}");
    }
}
