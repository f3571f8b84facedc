//! `--results` and `--rejects`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use serde_json::{Value, json};

use crate::helpers::{Run, Stage, assert_books, lead_lines, leads, number};

/// Three leads, of which one has no unique field and one no number that can be sent.
fn faulty() -> RecordBatch {
    RecordBatch::try_from_iter([
        (
            "Phone",
            Arc::new(StringArray::from(vec![Some("1"), None, Some("3")])) as ArrayRef,
        ),
        (
            "mx_Score",
            Arc::new(Float64Array::from(vec![1.5, 2.5, f64::NAN])),
        ),
    ])
    .unwrap()
}

/// Loads 60 good rows, three faulty ones, and three lines of which one is bad and one a duplicate.
async fn load_mixed() -> Stage {
    let stage = Stage::new().await;
    stage.write("good.ndjson", lead_lines(1..=60));
    stage.parquet("faulty.parquet", &faulty());
    stage.write("bad.ndjson", format!("\n{{oops\n{}", lead_lines(60..=61)));
    let (run, summary) = stage.load(&[
        "good.ndjson",
        "faulty.parquet",
        "bad.ndjson",
        "--results",
        "results.ndjson",
        "--rejects",
        "rejects.ndjson",
    ]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_books(
        &summary,
        &[("created", 62), ("rejected", 3), ("duplicate", 1)],
    );
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn each_row_is_in_the_results_once_with_what_became_of_it() {
    let stage = load_mixed().await;
    let results = stage.lines("results.ndjson");
    let mut by_row = BTreeMap::new();
    for line in &results {
        let keys: Vec<&String> = line.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            ["file", "row", "outcome", "lead_id", "code", "reason"]
        );
        let row = (
            line["file"].as_str().unwrap(),
            line["row"].as_u64().unwrap(),
        );
        assert_eq!(by_row.insert(row, line), None, "{row:?} comes twice");
    }
    let expected: BTreeSet<(&str, u64)> = (1..=60)
        .map(|row| ("good.ndjson", row))
        .chain((1..=3).map(|row| ("faulty.parquet", row)))
        // Its first line is blank, and no row.
        .chain((2..=4).map(|row| ("bad.ndjson", row)))
        .collect();
    assert_eq!(by_row.keys().copied().collect::<BTreeSet<_>>(), expected);

    let stored: BTreeMap<String, String> = stage
        .emulator
        .leads()
        .into_iter()
        .map(|lead| {
            (
                lead.get("EmailAddress")
                    .or(lead.get("Phone"))
                    .unwrap()
                    .to_owned(),
                lead.id,
            )
        })
        .collect();
    for row in 1..=60 {
        let id = &stored[&format!("lead{row}@example.com")];
        let expected = json!({
            "file": "good.ndjson", "row": row, "outcome": "created",
            "lead_id": id, "code": null, "reason": null,
        });
        assert_eq!(by_row[&("good.ndjson", row)], &expected);
    }
    assert_eq!(by_row[&("faulty.parquet", 1)]["lead_id"], stored["1"]);
    assert_eq!(
        by_row[&("faulty.parquet", 2)],
        &json!({
            "file": "faulty.parquet", "row": 2, "outcome": "rejected", "lead_id": null,
            "code": "no-unique-field",
            "reason": "no value in any unique field (EmailAddress, Phone); a lead needs at least one",
        })
    );
    assert_eq!(by_row[&("faulty.parquet", 3)]["code"], "not-finite");
    assert_eq!(by_row[&("bad.ndjson", 2)]["code"], "unreadable");
    assert_eq!(by_row[&("bad.ndjson", 3)]["outcome"], "duplicate");
    assert_eq!(
        by_row[&("bad.ndjson", 3)]["code"],
        "MXDuplicateEntryException"
    );
    assert_eq!(
        by_row[&("bad.ndjson", 4)]["lead_id"],
        stored["lead61@example.com"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_have_the_reason_and_the_leads_own_fields() {
    let stage = load_mixed().await;
    let rejects = stage.lines("rejects.ndjson");
    let reject = |file: &str, row: u64| -> &Value {
        let mut found = rejects
            .iter()
            .filter(|line| line["file"] == file && line["row"] == row);
        let line = found.next().unwrap();
        assert_eq!(found.next(), None);
        line
    };
    assert_eq!(rejects.len(), 4);
    assert_eq!(
        reject("faulty.parquet", 2),
        &json!({
            "file": "faulty.parquet", "row": 2, "outcome": "rejected", "code": "no-unique-field",
            "reason": "no value in any unique field (EmailAddress, Phone); a lead needs at least one",
            "mx_Score": "2.5",
        })
    );
    assert_eq!(
        reject("faulty.parquet", 3),
        &json!({
            "file": "faulty.parquet", "row": 3, "outcome": "rejected", "code": "not-finite",
            "reason": "column \"mx_Score\" holds NaN, which is not a number that can be sent",
            "Phone": "3", "mx_Score": "NaN",
        })
    );
    assert_eq!(reject("bad.ndjson", 2)["raw"], "{oops");
    assert_eq!(
        reject("bad.ndjson", 3)["EmailAddress"],
        "lead60@example.com"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_can_be_mended_and_loaded_again() {
    let stage = Stage::new().await;
    stage.parquet("faulty.parquet", &faulty());
    stage.write(
        "sets.ndjson",
        "{\"mx_KYC\":{\"Status\":\"Open\"},\"EmailAddress\":null}\n{\"EmailAddress\":\"e@example.com\"}\n",
    );
    let (_, summary) = stage.load(&[
        "faulty.parquet",
        "sets.ndjson",
        "--rejects",
        "rejects.ndjson",
    ]);
    assert_books(&summary, &[("created", 2), ("rejected", 3)]);

    let mended = stage
        .read("rejects.ndjson")
        .replace(
            "\"mx_Score\":\"2.5\"",
            "\"mx_Score\":\"2.5\",\"Phone\":\"2\"",
        )
        .replace("NaN\"}", "0\"}")
        .replace("\"mx_KYC\":", "\"Phone\":\"4\",\"mx_KYC\":");
    stage.write("mended.ndjson", mended);
    stage.write(
        "again.toml",
        r#"drop = ["file", "row", "outcome", "code", "reason"]"#,
    );
    let (run, summary) = stage.load(&["mended.ndjson", "--mapping", "again.toml"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("created", 3)]);
    let stored = stage.emulator.leads();
    let by_phone = |phone| {
        stored
            .iter()
            .find(|lead| lead.get("Phone") == Some(phone))
            .unwrap()
    };
    assert_eq!(by_phone("2").get("mx_Score"), Some("2.5"));
    assert_eq!(by_phone("3").get("mx_Score"), Some("0"));
    assert_eq!(by_phone("4").get_in("mx_KYC", "Status"), Some("Open"));
    assert_eq!(by_phone("4").get("file"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_without_rejects_leaves_an_empty_file() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=2));
    stage.write("rejects.ndjson", "from an earlier run\n");
    let (run, _) = stage.load(&["leads.ndjson", "--rejects", "rejects.ndjson"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(stage.read("rejects.ndjson"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_is_never_written_over() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=2));
    std::fs::hard_link(stage.path("leads.ndjson"), stage.path("other.ndjson")).unwrap();
    for name in ["leads.ndjson", "./leads.ndjson", "other.ndjson"] {
        for option in ["--results", "--rejects"] {
            let run = stage.run(&["load", "leads.ndjson", option, name]);
            run.assert_failed(2, &[option, name, "one of the inputs"]);
        }
    }
    assert_eq!(stage.read("leads.ndjson"), lead_lines(1..=2));
    let args = [
        "load",
        "leads.ndjson",
        "--results",
        "new",
        "--rejects",
        "./new",
    ];
    stage
        .run(&args)
        .assert_failed(2, &["--results and --rejects are the same file"]);
    assert!(!stage.path("new").exists());
    assert_eq!(stage.emulator.call_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_made_is_told_before_anything_is_sent() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=2));
    let run = stage.run(&[
        "load",
        "leads.ndjson",
        "--results",
        "no/such/folder/results.ndjson",
    ]);
    run.assert_failed(
        1,
        &[
            "no/such/folder/results.ndjson",
            "can't be written",
            "caused by",
        ],
    );
    assert_eq!(stage.emulator.call_count(), 0);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_the_load() {
    let stage = Stage::new().await;
    stage.parquet("leads.parquet", &leads(1..=20_000));
    // What the first load creates, the second finds as duplicates, which are rejects.
    for option in ["--results", "--rejects"] {
        let (run, summary) = stage.load(&["leads.parquet", option, "/dev/full", "--restart"]);
        assert_eq!(run.code, Some(1), "{run:?}");
        run.assert_said(&[
            "error: /dev/full: can't be written",
            "No space left on device",
        ]);
        assert!(number(&summary, "calls") > 0, "{summary:?}");
        assert!(number(&summary, "not_sent") > 0, "{summary:?}");
    }

    // A few rows fit into memory, and fail at the end.
    stage.write("few.ndjson", lead_lines(30_001..=30_002));
    let (run, summary) = stage.load(&["few.ndjson", "--results", "/dev/full"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_books(&summary, &[("created", 2)]);
    run.assert_said(&["/dev/full"]);
}

/// A pipe can be read only once: what looks at it for the ledger must not take its rows.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_named_pipe_is_loaded_whole_with_a_ledger() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=40_000));
    assert!(stage.read("leads.ndjson").len() > 1 << 20);
    let mut shell = Command::new("bash");
    let command = format!(
        "mkfifo pipe && (cat leads.ndjson > pipe &) && {:?} load pipe --format json --rate-limit 1000/1s",
        env!("CARGO_BIN_EXE_leadsquared")
    );
    let account = stage.command([]);
    shell
        .args(["-c", &command])
        .current_dir(stage.folder.path())
        .envs(
            account
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    let output = tokio::task::block_in_place(|| shell.output().unwrap());
    let run = Run::of(&output);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&run.summary(), &[("read", 40_000), ("created", 40_000)]);
    assert_eq!(stage.emulator.lead_count(), 40_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_in_the_folder_that_is_loaded_is_no_input() {
    let stage = Stage::new().await;
    stage.write("a.ndjson", lead_lines(1..=60));
    let (run, summary) = stage.load(&["."]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("read", 60), ("created", 60)]);
    assert!(stage.path("leadsquared.db").exists());
    for args in [
        ["load", ".", "--resume"],
        ["check", ".", "--format=json"],
        ["load", "*", "--resume"],
    ] {
        let run = stage.run(&args);
        assert!(matches!(run.code, Some(0 | 3)), "{run:?}");
        assert!(!run.stderr.contains("leadsquared.db"), "{run:?}");
    }
    // By its name it is what it is.
    stage
        .run(&["check", "leadsquared.db"])
        .assert_failed(1, &["leadsquared.db is"]);
}
