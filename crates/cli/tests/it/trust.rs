//! Everything goes wrong at once, and nothing is lost.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use leadsquared_emulator::{Chaos, Emulator, Fault};
use serde_json::Value;

use crate::helpers::{
    ACCESS_KEY, Run, SECRET_KEY, Stage, assert_books, lead_lines, leads, load_args, number,
};

const ROWS: u32 = 10_000;

/// One in twenty calls fails, some are cut before or after they were stored, some hang, some answers
/// are a page, some are shuffled or short.
fn storm(seed: u64) -> Chaos {
    Chaos {
        seed,
        rules: vec![
            (0.05, Fault::status(500)),
            (0.03, Fault::reset()),
            (0.03, Fault::reset().stored()),
            (0.01, Fault::hang()),
            (0.01, Fault::html()),
            (0.03, Fault::reordered_rows()),
            (0.02, Fault::short_rows(3)),
        ],
    }
}

/// What the file of results says of each row, by its number; each row is there once.
fn ends(stage: &Stage, name: &str) -> BTreeMap<u64, Value> {
    let lines = stage.lines(name);
    let count = lines.len();
    let ends: BTreeMap<u64, Value> = lines
        .into_iter()
        .map(|line| (line["row"].as_u64().unwrap(), line))
        .collect();
    assert_eq!(ends.len(), count, "a row has two ends");
    ends
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_leads_get_through_a_storm() {
    let poison = "First 7777";
    for seed in [1, 2] {
        let emulator = Emulator::builder()
            .no_rate_limit()
            .poison("FirstName", poison)
            .chaos(storm(seed));
        let stage = Stage::with(emulator).await;
        stage.parquet("leads.parquet", &leads(1..=ROWS));
        let (run, summary) = stage.load(&[
            "leads.parquet",
            "--timeout",
            "1s",
            "--results",
            "results.ndjson",
            "--concurrency",
            "16",
        ]);
        assert_eq!(run.code, Some(3), "{run:?}");
        assert_eq!(number(&summary, "read"), u64::from(ROWS));
        assert_eq!(number(&summary, "rejected"), 1);
        assert_eq!(number(&summary, "not_sent"), 0);
        assert_eq!(number(&summary, "duplicate"), 0);
        assert!(number(&summary, "created_earlier") > 0, "{summary:?}");

        let ends = ends(&stage, "results.ndjson");
        assert_eq!(ends.len(), ROWS as usize);
        let stored = stage.leads();
        for (row, end) in &ends {
            let lead = stored.get(&format!("lead{row}@example.com"));
            let outcome = end["outcome"].as_str().unwrap();
            match (outcome, lead) {
                ("created", Some(lead)) => assert_eq!(end["lead_id"], lead.id.as_str()),
                ("created_earlier" | "unconfirmed", Some(_)) => {}
                ("rejected", None) => assert_eq!(*row, 7777),
                _ => panic!("row {row}: {end}, {lead:?}"),
            }
            if let Some(lead) = lead {
                assert_eq!(lead.get("FirstName"), Some(format!("First {row}").as_str()));
            }
        }
        assert_eq!(stored.len(), ROWS as usize - 1, "a lead that is no row's");
        // What the ledger exports is what was written as it happened.
        let exported = stage.run(&["results", "1"]);
        let lines = exported.stdout.lines().count();
        assert_eq!(lines, ROWS as usize, "{}", exported.stderr);
        for line in exported.stdout.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(ends[&line["row"].as_u64().unwrap()], line);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn held_answers_that_never_came_are_all_reported() {
    let emulator = Emulator::builder().no_rate_limit().chaos(storm(3));
    let stage = Stage::with(emulator).await;
    stage.parquet("leads.parquet", &leads(1..=3_000));
    let (run, summary) = stage.load(&[
        "leads.parquet",
        "--timeout",
        "1s",
        "--ambiguous",
        "hold",
        "--results",
        "results.ndjson",
    ]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_eq!(number(&summary, "created_earlier"), 0);
    let unconfirmed = number(&summary, "unconfirmed");
    assert!(unconfirmed > 0, "{summary:?}");
    let created = number(&summary, "created");
    assert_books(
        &summary,
        &[("created", created), ("unconfirmed", unconfirmed)],
    );
    let stored = stage.leads();
    for (row, end) in ends(&stage, "results.ndjson") {
        let is_stored = stored.contains_key(&format!("lead{row}@example.com"));
        assert!(
            is_stored || end["outcome"] == "unconfirmed",
            "row {row}: {end}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_down_at_the_start_and_for_half_a_minute_is_waited_for() {
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=2_000));
    let args = [
        "leads.ndjson",
        "--concurrency",
        "2",
        "--results",
        "results.ndjson",
    ];
    let mut command = stage.command(load_args(&args));
    command
        .env("LEADSQUARED_HOST", format!("http://{address}"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();

    let server = || {
        Emulator::builder()
            .no_rate_limit()
            .listen(address)
            .keys(ACCESS_KEY, SECRET_KEY)
            .start()
    };
    tokio::time::sleep(Duration::from_secs(2)).await;
    let first = server().await.unwrap();
    first.wait_for_calls(10).await;
    first.shutdown().await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    let second = server().await.unwrap();

    let output = tokio::task::block_in_place(|| child.wait_with_output().unwrap());
    let run: Run = stage.checked(&output);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&run.summary(), &[("created", 2_000)]);
    let mut stored: Vec<String> = first
        .leads()
        .iter()
        .chain(&second.leads())
        .map(|lead| lead.get("EmailAddress").unwrap().to_owned())
        .collect();
    stored.sort_unstable();
    stored.dedup();
    assert_eq!(stored.len(), 2_000);
    run.assert_said(&["a call failed and goes again"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_keys_cost_one_call_and_leave_everything_to_be_resumed() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=1_000));
    let mut command = stage.command(load_args(&["leads.ndjson"]));
    let run = stage.end(command.env("LEADSQUARED_SECRET_KEY", "wrong"));
    assert_eq!(run.code, Some(1), "{run:?}");
    let summary = run.summary();
    assert_books(&summary, &[("not_sent", number(&summary, "read"))]);
    assert_eq!(stage.emulator.call_count(), 1);
    run.assert_said(&["--resume"]);

    let (run, summary) = stage.load(&["leads.ndjson", "--resume"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("created", 1_000)]);
    assert_eq!(stage.leads().len(), 1_000);
}
