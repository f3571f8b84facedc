//! What the ledger is asked afterwards: lists, exports, replays.

use std::collections::BTreeMap;

use arrow::array::AsArray as _;
use arrow::datatypes::UInt64Type;
use leadsquared_emulator::{Emulator, Fault};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::helpers::{Run, Stage, assert_books, lead_lines, open};

fn json_lines(run: &Run) -> Vec<Value> {
    assert_eq!(run.code, Some(0), "{run:?}");
    let lines = run.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// An account that refuses row 7 and has row 9 already; a load of 120 rows into it.
async fn loaded() -> Stage {
    let stage = Stage::with(
        Emulator::builder()
            .no_rate_limit()
            .poison("FirstName", "First 7"),
    )
    .await;
    stage.write("before.ndjson", lead_lines(9..=9));
    stage.load(&["before.ndjson", "--no-ledger"]);
    stage.write("leads.ndjson", lead_lines(1..=120));
    let (run, summary) = stage.load(&["leads.ndjson"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_books(
        &summary,
        &[("created", 118), ("duplicate", 1), ("rejected", 1)],
    );
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_listed_with_their_books() {
    let stage = loaded().await;
    let runs = json_lines(&stage.run(&["runs", "--format", "json"]));
    assert_eq!(runs.len(), 1);
    let run = &runs[0];
    assert_eq!(
        (&run["run"], &run["state"]),
        (&1.into(), &"finished".into())
    );
    assert_eq!(run["inputs"], serde_json::json!(["leads.ndjson"]));
    for (outcome, rows) in [
        ("created", 118),
        ("duplicate", 1),
        ("rejected", 1),
        ("not_sent", 0),
    ] {
        assert_eq!(run[outcome], rows, "{outcome}");
    }
    let text = stage.run(&["runs"]).stdout;
    for part in [
        "finished",
        "leads.ndjson",
        "118 created, 1 duplicate, 1 rejected",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_exported_in_three_formats_with_the_ids_of_the_account() {
    let stage = loaded().await;
    let ids: BTreeMap<String, String> = stage
        .leads()
        .into_iter()
        .map(|(email, lead)| (email, lead.id))
        .collect();
    let lines = json_lines(&stage.run(&["results", "1"]));
    assert_eq!(lines.len(), 120);
    for (number, line) in (1_u64..).zip(&lines) {
        assert_eq!(
            (&line["file"], &line["row"]),
            (&"leads.ndjson".into(), &number.into())
        );
        let id = &ids.get(&format!("lead{number}@example.com"));
        match line["outcome"].as_str().unwrap() {
            "created" => assert_eq!(line["lead_id"].as_str(), id.map(String::as_str)),
            "rejected" => assert_eq!((number, line["reason"].as_str()), (7, Some("Invalid data"))),
            "duplicate" => assert_eq!(number, 9),
            other => panic!("{other}"),
        }
    }

    let rejected = json_lines(&stage.run(&["results", "1", "--outcome", "rejected"]));
    assert_eq!(rejected.len(), 1);
    let two = [
        "results",
        "1",
        "--outcome",
        "rejected",
        "--outcome",
        "duplicate",
    ];
    assert_eq!(json_lines(&stage.run(&two)).len(), 2);

    let csv = stage.run(&["results", "1", "--format", "csv"]).stdout;
    let csv: Vec<&str> = csv.lines().collect();
    assert_eq!(csv[0], "file,row,outcome,lead_id,code,reason");
    assert_eq!(csv.len(), 121);
    let id = &ids["lead1@example.com"];
    assert_eq!(csv[1], format!("leads.ndjson,1,created,{id},,"));

    let args = [
        "results",
        "1",
        "--format",
        "parquet",
        "--output",
        "results.parquet",
    ];
    let run = stage.run(&args);
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{run:?}");
    let file = open(stage.path("results.parquet"));
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .unwrap()
        .build()
        .unwrap();
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    let rows: Vec<u64> = batches
        .iter()
        .flat_map(|batch| batch["row"].as_primitive::<UInt64Type>().values().to_vec())
        .collect();
    assert_eq!(rows, (1..=120).collect::<Vec<_>>());
    assert_eq!(batches[0]["lead_id"].as_string::<i32>().value(0), id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_sends_what_was_rejected_after_a_fix() {
    let stage = loaded().await;
    // The fix: the name that the account refuses is not sent any more.
    stage.write("mapping.toml", "drop = [\"FirstName\"]\n");
    let calls = stage.emulator.call_count();
    let run = stage.run(&[
        "replay",
        "1",
        "--mapping",
        "mapping.toml",
        "--format",
        "json",
    ]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_books(&run.summary(), &[("created", 119), ("duplicate", 1)]);
    assert_eq!(stage.emulator.call_count(), calls + 1);
    let leads = stage.leads();
    assert_eq!(leads["lead7@example.com"].get("FirstName"), None);
    assert_eq!(leads.len(), 120);
    assert_eq!(
        json_lines(&stage.run(&["results", "1", "--outcome", "rejected"])).len(),
        0
    );

    // Nothing is left to replay.
    let run = stage.run(&[
        "replay",
        "1",
        "--mapping",
        "mapping.toml",
        "--format",
        "json",
    ]);
    assert_books(&run.summary(), &[("created", 119), ("duplicate", 1)]);
    assert_eq!(stage.emulator.call_count(), calls + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_sends_what_was_unconfirmed_and_knows_that_it_may_be_in() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=100));
    stage
        .emulator
        .script_all([Fault::reset().stored(), Fault::reset()]);
    let args = ["leads.ndjson", "--ambiguous", "hold", "--concurrency", "1"];
    let (run, summary) = stage.load(&args);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_books(&summary, &[("unconfirmed", 100)]);
    let run = stage.run(&["replay", "1", "--format", "json"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&run.summary(), &[("created", 50), ("created_earlier", 50)]);
    assert_eq!(stage.leads().len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_of_a_changed_source_is_refused() {
    let stage = loaded().await;
    stage.write(
        "leads.ndjson",
        lead_lines(1..=120).replace("First 7\"", "Mended\""),
    );
    let run = stage.run(&["replay", "1"]);
    run.assert_failed(1, &["leads.ndjson", "changed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_told() {
    let stage = loaded().await;
    let run = stage.run(&["results", "2"]);
    run.assert_failed(1, &["leadsquared.db", "no run 2"]);
    let run = stage.run(&["replay", "2"]);
    run.assert_failed(1, &["leadsquared.db", "no run 2"]);
    let run = stage.run(&["runs", "--ledger", "nowhere.db"]);
    run.assert_failed(1, &["nowhere.db"]);
    assert!(!stage.path("nowhere.db").exists());
    let run = stage.run(&["runs", "--ledger", "leads.ndjson"]);
    run.assert_failed(1, &["leads.ndjson is not a ledger"]);
    let run = stage.run(&["results", "1", "--outcome", "lost"]);
    run.assert_failed(2, &["created_earlier"]);
    stage.write("other.ndjson", lead_lines(1..=2));
    let run = stage.run(&["load", "other.ndjson", "--ledger", "leads.ndjson"]);
    run.assert_failed(1, &["leads.ndjson is not a ledger"]);
    let run = stage.run(&["load", "other.ndjson", "--rejects", "leadsquared.db"]);
    run.assert_failed(2, &["is the ledger"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_kept_or_read_is_written_over() {
    let stage = loaded().await;
    stage.write("mapping.toml", "");
    let kept = ["leadsquared.db", "leads.ndjson"]
        .map(|name| (name, std::fs::read(stage.path(name)).unwrap()));
    for output in ["leadsquared.db", "leadsquared.db-wal", "leads.ndjson"] {
        let run = stage.run(&["results", "1", "--output", output]);
        run.assert_failed(2, &["--output", output, "name another file"]);
    }
    for output in ["mapping.toml", "leadsquared.db-wal", "leadsquared.db-shm"] {
        let args = [
            "load",
            "leads.ndjson",
            "--mapping",
            "mapping.toml",
            "--rejects",
            output,
        ];
        let run = stage.run(&args);
        run.assert_failed(2, &["--rejects", output, "name another file"]);
    }
    for (name, content) in kept {
        assert_eq!(std::fs::read(stage.path(name)).unwrap(), content, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_cant_begin_leaves_the_run_finished() {
    let stage = loaded().await;
    let address = stage.emulator.addr().to_string();
    let run = stage.run(&["replay", "1", "--metrics", &address]);
    run.assert_failed(1, &["name another address"]);
    let runs = json_lines(&stage.run(&["runs", "--format", "json"]));
    assert_eq!(runs[0]["state"], "finished");
}
