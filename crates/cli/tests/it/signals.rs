//! Ctrl-C and SIGTERM in the middle of a load.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use leadsquared_emulator::{Emulator, Fault, Latency};

use crate::helpers::{Stage, assert_books, lead_lines, leads, load_args, number};

/// Sends a signal, such as `TERM`.
pub(crate) fn send(child: &Child, signal: &str) {
    let id = child.id().to_string();
    let sent = Command::new("kill")
        .args(["-s", signal, &id])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// Interrupts a load, and waits until it says so.
pub(crate) fn interrupt(child: &mut Child) {
    send(child, "INT");
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    tokio::task::block_in_place(|| stderr.read_line(&mut line).unwrap());
    assert!(line.contains("SIGINT: stopping"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_in_flight_finish_and_the_books_are_printed() {
    let latency = Latency {
        service: Duration::from_millis(100),
        ..Latency::default()
    };
    for signal in ["INT", "TERM"] {
        let stage = Stage::with(Emulator::builder().no_rate_limit().latency(latency)).await;
        stage.parquet("leads.parquet", &leads(1..=5000));
        let args = [
            "leads.parquet",
            "--concurrency",
            "2",
            "--results",
            "results.ndjson",
        ];
        let child = stage.start(&args);
        stage.emulator.wait_for_calls(4).await;
        send(&child, signal);
        let output = tokio::task::block_in_place(|| child.wait_with_output().unwrap());
        let run = stage.checked(&output);
        assert_eq!(run.code, Some(1), "{run:?}");
        let summary = run.summary();
        let created = number(&summary, "created");
        assert!(created >= 100, "{summary:?}");
        // What was called was answered.
        assert_eq!(created, 50 * number(&summary, "calls"));
        assert_eq!(created, stage.emulator.lead_count() as u64);
        let not_sent = number(&summary, "not_sent");
        assert!(not_sent > 0, "{summary:?}");
        assert_books(&summary, &[("created", created), ("not_sent", not_sent)]);
        assert_eq!(
            stage.lines("results.ndjson").len() as u64,
            created + not_sent
        );
        run.assert_said(&[
            &format!("SIG{signal}: stopping after the calls in flight"),
            &format!("error: stopped by SIG{signal}"),
        ]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once() {
    let stage = Stage::new().await;
    stage.emulator.script(Fault::hang());
    stage.write("leads.ndjson", lead_lines(1..=10));
    let mut child = stage.start(&["leads.ndjson", "--timeout", "1h"]);
    stage.emulator.wait_for_calls(1).await;
    interrupt(&mut child);
    send(&child, "INT");
    let output = tokio::task::block_in_place(|| child.wait_with_output().unwrap());
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_standard_input_does_not_hold_up_the_end() {
    let stage = Stage::new().await;
    let mut child = stage.start(&["-"]);
    // Far more than is looked at for the schema, and then no end.
    let mut stdin = child.stdin.take().unwrap();
    let lines = lead_lines(1..=20_000);
    tokio::task::block_in_place(|| stdin.write_all(lines.as_bytes()).unwrap());
    stage.emulator.wait_for_calls(1).await;
    send(&child, "TERM");
    let mut printed = String::new();
    let status = tokio::task::block_in_place(|| {
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut printed)
            .unwrap();
        child.wait().unwrap()
    });
    assert_eq!(status.code(), Some(1));
    let summary: crate::helpers::Summary = serde_json::from_str(&printed).unwrap();
    let (created, not_sent) = (number(&summary, "created"), number(&summary, "not_sent"));
    assert_eq!(number(&summary, "read"), created + not_sent, "{summary:?}");
    assert_eq!(created, stage.emulator.lead_count() as u64);
    drop(stdin);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_keys_end_it_while_standard_input_is_open() {
    let stage = Stage::new().await;
    let mut command = stage.command(load_args(&["-"]));
    command
        .env("LEADSQUARED_SECRET_KEY", "wrong")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It may have ended before it took all of this.
    let _ = tokio::task::block_in_place(|| stdin.write_all(lead_lines(1..=20_000).as_bytes()));
    let output = tokio::task::block_in_place(|| child.wait_with_output().unwrap());
    drop(stdin);
    let run = stage.checked(&output);
    assert_eq!(run.code, Some(1), "{run:?}");
    let summary = run.summary();
    assert_books(&summary, &[("not_sent", number(&summary, "read"))]);
    assert_eq!(stage.emulator.call_count(), 1);
}
