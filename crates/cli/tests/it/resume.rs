//! Whatever ended a load, it goes on: no row twice, none left out.

use std::process::{Child, Stdio};
use std::time::Duration;

use leadsquared_emulator::{Emulator, Fault, Latency};
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::helpers::{Stage, assert_books, lead_lines, leads, load_args, number};
use crate::signals::{interrupt, send};

fn slow() -> leadsquared_emulator::EmulatorBuilder {
    let latency = Latency {
        service: Duration::from_millis(10),
        jitter: Duration::from_millis(10),
        ..Latency::default()
    };
    Emulator::builder().no_rate_limit().latency(latency)
}

/// Kills a load, as a crash would.
fn kill(child: &mut Child) {
    child.kill().unwrap();
    tokio::task::block_in_place(|| child.wait().unwrap());
}

/// The account has the leads of rows 1 to `rows`, each once and whole.
fn assert_stored(stage: &Stage, rows: u32) {
    let stored = stage.leads();
    assert_eq!(stored.len(), rows as usize);
    for row in 1..=rows {
        let lead = &stored[&format!("lead{row}@example.com")];
        assert_eq!(lead.get("FirstName"), Some(format!("First {row}").as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_kills_at_random_moments_lose_nothing_and_repeat_nothing() {
    const ROWS: u32 = 40_000;
    let seed = std::env::var("LEADSQUARED_SEED")
        .map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    eprintln!("LEADSQUARED_SEED={seed}");
    let mut random = SmallRng::seed_from_u64(seed);
    let stage = Stage::with(slow()).await;
    stage.parquet("leads.parquet", &leads(1..=ROWS));
    let args = [
        "leads.parquet",
        "--resume",
        "--concurrency",
        "4",
        "--timeout",
        "2s",
    ];
    for kill in 0..20 {
        let mut child = stage.start(&args);
        // Some before the first call, most in the middle of several.
        let calls = stage.emulator.call_count() + random.random_range(0..16_usize);
        let pause = Duration::from_millis(random.random_range(0..30));
        let called = tokio::time::timeout(Duration::from_secs(30), async {
            stage.emulator.wait_for_calls(calls).await;
            tokio::time::sleep(pause).await;
        });
        called.await.unwrap();
        child.kill().unwrap();
        let output = tokio::task::block_in_place(|| child.wait_with_output().unwrap());
        assert_eq!(output.status.code(), None, "kill {kill} came too late");
    }
    let before = stage.emulator.lead_count() as u64;
    assert!(before < u64::from(ROWS) && before > 0, "{before}");

    let (run, summary) = stage.load(&args);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(number(&summary, "read"), u64::from(ROWS));
    let (created, earlier) = (
        number(&summary, "created"),
        number(&summary, "created_earlier"),
    );
    assert_books(
        &summary,
        &[("created", created), ("created_earlier", earlier)],
    );
    // No more than the calls that were on their way at a kill.
    assert!(earlier <= 20 * 4 * 50, "{earlier}");
    assert_stored(&stage, ROWS);

    // The ledger has each row once, with the id of its lead.
    let results = stage.run(&["results", "1"]);
    let stored = stage.leads();
    let mut rows = Vec::new();
    for line in results.stdout.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let row = line["row"].as_u64().unwrap();
        if line["outcome"] == "created" {
            let lead = &stored[&format!("lead{row}@example.com")];
            assert_eq!(line["lead_id"], lead.id.as_str());
        }
        rows.push(row);
    }
    assert_eq!(rows, (1..=u64::from(ROWS)).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_run_is_not_started_over_in_silence() {
    let stage = Stage::with(slow()).await;
    stage.parquet("leads.parquet", &leads(1..=5_000));
    let child = stage.start(&["leads.parquet", "--concurrency", "2"]);
    stage.emulator.wait_for_calls(5).await;
    send(&child, "INT");
    let output = tokio::task::block_in_place(|| child.wait_with_output().unwrap());
    let run = stage.checked(&output);
    assert_eq!(run.code, Some(1), "{run:?}");
    run.assert_said(&["run 1 is kept in leadsquared.db", "--resume"]);
    let first = run.summary();

    let calls = stage.emulator.call_count();
    let run = stage.run(&load_args(&["leads.parquet"]));
    run.assert_failed(
        2,
        &[
            "run 1 of leads.parquet is not finished",
            "--resume",
            "--restart",
        ],
    );
    // However the account's host is written.
    let host = format!("{}/", stage.emulator.url().replace("http", "HTTP"));
    let run = stage.run(&load_args(&["leads.parquet", "--host", &host]));
    run.assert_failed(2, &["run 1 of leads.parquet is not finished"]);
    assert_eq!(stage.emulator.call_count(), calls, "nothing was sent");

    let (run, summary) = stage.load(&["leads.parquet", "--resume"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("created", 5_000)]);
    assert!(number(&summary, "calls") <= 100 - number(&first, "calls") + 1);
    assert_stored(&stage, 5_000);

    // It is finished, and both words just load: everything is a duplicate now.
    for word in ["--resume", "--restart"] {
        let (run, summary) = stage.load(&["leads.parquet", word]);
        assert_eq!(run.code, Some(3), "{run:?}");
        assert_books(&summary, &[("duplicate", 5_000)]);
    }
    assert_stored(&stage, 5_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn restart_starts_over() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=300));
    stage.emulator.script_all([
        Fault::delay(Duration::ZERO),
        Fault::delay(Duration::ZERO),
        Fault::status(401),
    ]);
    let args = ["leads.ndjson", "--concurrency", "1"];
    let (run, _) = stage.load(&args);
    assert_eq!(run.code, Some(1), "{run:?}");
    let (run, summary) = stage.load(&["leads.ndjson", "--restart"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_books(&summary, &[("created", 200), ("duplicate", 100)]);
    let runs = stage.run(&["runs", "--format", "json"]);
    let states: Vec<serde_json::Value> = runs
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["state"].clone())
        .collect();
    assert_eq!(states, ["abandoned", "finished"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_inputs_mappings_and_accounts_are_not_gone_on_with() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=300));
    stage
        .emulator
        .script_all([Fault::delay(Duration::ZERO), Fault::status(401)]);
    let (run, _) = stage.load(&["leads.ndjson", "--concurrency", "1"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let calls = stage.emulator.call_count();

    // One letter, and the same size.
    let changed = lead_lines(1..=300).replace("First 299", "Frist 299");
    stage.write("leads.ndjson", changed);
    let run = stage.run(&load_args(&["leads.ndjson", "--resume"]));
    run.assert_failed(1, &["leads.ndjson", "changed", "--restart"]);
    stage.write("leads.ndjson", lead_lines(1..=301));
    let run = stage.run(&load_args(&["leads.ndjson", "--resume"]));
    run.assert_failed(1, &["leads.ndjson", "changed", "--restart"]);
    stage.write("leads.ndjson", lead_lines(1..=300));

    stage.write("mapping.toml", "[constants]\nSource = \"Web\"\n");
    let args = ["leads.ndjson", "--resume", "--mapping", "mapping.toml"];
    let run = stage.run(&load_args(&args));
    run.assert_failed(1, &["mapping", "--restart"]);

    stage.write("more.ndjson", lead_lines(301..=310));
    let run = stage.run(&load_args(&["leads.ndjson", "more.ndjson", "--resume"]));
    run.assert_failed(1, &["more.ndjson", "--restart"]);
    assert_eq!(stage.emulator.call_count(), calls, "nothing was sent");

    // Another account has no unfinished run.
    let mut command = stage.command(load_args(&["leads.ndjson"]));
    let run = stage.end(command.env("LEADSQUARED_ACCESS_KEY", "another"));
    assert_eq!(run.code, Some(1), "{run:?}");
    run.assert_said(&["401"]);

    let (run, summary) = stage.load(&["leads.ndjson", "--resume"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("created", 300)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_leaves_at_once_and_the_run_goes_on() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=200));
    // The second call is stored, and its answer never comes.
    stage
        .emulator
        .script_all([Fault::delay(Duration::ZERO), Fault::hang()]);
    let mut child = stage.start(&["leads.ndjson", "--timeout", "1h", "--concurrency", "1"]);
    stage.emulator.wait_for_calls(2).await;
    interrupt(&mut child);
    send(&child, "INT");
    let status = tokio::task::block_in_place(|| child.wait().unwrap());
    assert_eq!(status.code(), Some(1));

    let (run, summary) = stage.load(&["leads.ndjson", "--resume"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("created", 150), ("created_earlier", 50)]);
    assert_stored(&stage, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_in_doubt_at_a_kill_are_held_if_that_is_the_policy() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=200));
    stage
        .emulator
        .script_all([Fault::delay(Duration::ZERO), Fault::hang()]);
    let mut child = stage.start(&["leads.ndjson", "--timeout", "1h", "--concurrency", "1"]);
    stage.emulator.wait_for_calls(2).await;
    kill(&mut child);

    let (run, summary) = stage.load(&["leads.ndjson", "--resume", "--ambiguous", "hold"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_books(&summary, &[("created", 150), ("unconfirmed", 50)]);
    assert_eq!(stage.emulator.call_count(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_input_is_kept_and_cant_be_gone_on_with() {
    let stage = Stage::new().await;
    stage.emulator.script(Fault::status(401));
    let lines = lead_lines(1..=100);
    let run = stage.end_with_input(&mut stage.command(load_args(&["-"])), lines.as_bytes());
    assert_eq!(run.code, Some(1), "{run:?}");
    run.assert_said(&["can't be read again"]);
    // There is nothing to ask about.
    let run = stage.end_with_input(&mut stage.command(load_args(&["-"])), lines.as_bytes());
    assert_eq!(run.code, Some(0), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_ledger_nothing_is_kept() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=100));
    stage.emulator.script(Fault::status(401));
    let (run, _) = stage.load(&["leads.ndjson", "--no-ledger"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(!stage.path("leadsquared.db").exists());
    let (run, _) = stage.load(&["leads.ndjson", "--no-ledger"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let emulated = ["load", "leads.ndjson", "--emulator"];
    assert_eq!(stage.run(&emulated).code, Some(0));
    assert!(!stage.path("leadsquared.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_being_worked_on_is_left_alone() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=200));
    stage.emulator.script(Fault::hang());
    let mut child = stage.start(&["leads.ndjson", "--timeout", "1h"]);
    stage.emulator.wait_for_calls(1).await;
    let run = stage.run(&load_args(&["leads.ndjson"]));
    run.assert_failed(2, &["run 1", "another process"]);
    for word in ["--resume", "--restart"] {
        let run = stage.run(&load_args(&["leads.ndjson", word]));
        run.assert_failed(1, &["run 1", "another process"]);
    }
    kill(&mut child);
    let (run, _) = stage.load(&["leads.ndjson", "--resume"]);
    assert_eq!(run.code, Some(0), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_a_load_go_on_with_it() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", "{oops\n".to_owned() + &lead_lines(2..=200));
    stage
        .emulator
        .script_all([Fault::delay(Duration::ZERO), Fault::status(401)]);
    let args = [
        "leads.ndjson",
        "--concurrency",
        "1",
        "--results",
        "results.ndjson",
        "--rejects",
        "rejects.ndjson",
    ];
    let (run, _) = stage.load(&args);
    assert_eq!(run.code, Some(1), "{run:?}");
    // As if it had been killed in the middle of a line.
    let cut = stage.read("results.ndjson") + "{\"file\":\"lea";
    stage.write("results.ndjson", cut);
    let (run, summary) = stage.load(&[&args[..], &["--resume"]].concat());
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_books(&summary, &[("created", 199), ("rejected", 1)]);
    let whole = stage
        .read("results.ndjson")
        .replace("{\"file\":\"lea\n", "");
    stage.write("results.ndjson", whole);
    // The reject of the first part is there still, and each row's last line is its end.
    let rejects = stage.lines("rejects.ndjson");
    assert_eq!(rejects[0]["raw"], "{oops");
    let mut ends = std::collections::BTreeMap::new();
    for line in stage.lines("results.ndjson") {
        ends.insert(line["row"].as_u64().unwrap(), line["outcome"].clone());
    }
    assert_eq!(ends.len(), 200);
    let created = ends
        .values()
        .filter(|outcome| **outcome == "created")
        .count();
    assert_eq!(created, 199);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_in_doubt_at_a_kill_is_asked_about() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=50));
    stage.emulator.script(Fault::hang());
    let mut child = stage.start(&["leads.ndjson", "--timeout", "1h"]);
    stage.emulator.wait_for_calls(1).await;
    kill(&mut child);
    let run = stage.run(&load_args(&["leads.ndjson"]));
    run.assert_failed(2, &["run 1", "--resume"]);
    let (run, summary) = stage.load(&["leads.ndjson", "--resume"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("created_earlier", 50)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_within_a_window_keeps_to_the_limit() {
    let window = Duration::from_secs(3);
    let stage = Stage::with(Emulator::builder().rate_limit(5, window)).await;
    stage.parquet("leads.parquet", &leads(1..=1_000));
    let args = [
        "load",
        "leads.parquet",
        "--rate-limit",
        "5/3s",
        "--format",
        "json",
    ];
    let mut command = stage.command(args);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    stage.emulator.wait_for_calls(5).await;
    kill(&mut child);
    let run = stage.run(&[&args[..], &["--resume"]].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(stage.emulator.max_calls_in_window(window) <= 5);
    assert!(stage.emulator.calls().iter().all(|call| !call.throttled));
    assert_stored(&stage, 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_mapping_was_refused_says_what_to_do() {
    let stage = Stage::with(
        Emulator::builder()
            .no_rate_limit()
            .known_attributes(["EmailAddress"]),
    )
    .await;
    stage.write("leads.ndjson", lead_lines(1..=300));
    let (run, summary) = stage.load(&["leads.ndjson"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(number(&summary, "rejected"), 50);
    run.assert_said(&["not the rows", "--restart", "--resume"]);
    // The mapping is mended.
    stage.write("mapping.toml", "drop = [\"FirstName\"]\n");
    let (run, summary) = stage.load(&["leads.ndjson", "--mapping", "mapping.toml", "--restart"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("created", 300)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn doubt_outlives_a_part_that_sent_nothing() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=50));
    stage.emulator.script(Fault::hang());
    let mut child = stage.start(&["leads.ndjson", "--timeout", "1h"]);
    stage.emulator.wait_for_calls(1).await;
    kill(&mut child);
    // The keys are wrong now: one more call, and nothing comes of it.
    let mut command = stage.command(load_args(&["leads.ndjson", "--resume"]));
    let run = stage.end(command.env("LEADSQUARED_SECRET_KEY", "wrong"));
    assert_eq!(run.code, Some(1), "{run:?}");
    let run = stage.run(&load_args(&["leads.ndjson"]));
    run.assert_failed(2, &["run 1", "--resume"]);
    let (_, summary) = stage.load(&["leads.ndjson", "--resume"]);
    assert_books(&summary, &[("created_earlier", 50)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_summary_tells_its_part_from_the_whole_run() {
    let poison = Emulator::builder().poison("FirstName", "First 150");
    let stage = Stage::with(poison.no_rate_limit()).await;
    stage.write("leads.ndjson", "{oops\n".to_owned() + &lead_lines(2..=200));
    stage
        .emulator
        .script_all([Fault::delay(Duration::ZERO), Fault::status(401)]);
    let args = [
        "load",
        "leads.ndjson",
        "--rate-limit",
        "1000/1s",
        "--concurrency",
        "1",
    ];
    let run = stage.run(&args);
    assert_eq!(run.code, Some(1), "{run:?}");
    let run = stage.run(&[&args[..], &["--resume"]].concat());
    assert_eq!(run.code, Some(3), "{run:?}");
    for part in [
        "created          198\n",
        "rejected           2\n",
        "had come to their end in an earlier part of the run",
        "2 rows are not in; of this part of the run, 1:\n",
        "leadsquared results 1 --outcome ",
    ] {
        assert!(
            run.stdout.contains(part),
            "{part:?} is not in {}",
            run.stdout
        );
    }
}
