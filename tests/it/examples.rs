//! Each example runs, and does what its first lines say.

use std::fs::File;
use std::process::{Command, Output};
use std::time::Duration;

use leadsquared_emulator::{Emulator, Fault, Lead};

use crate::helpers::{example, example_data};

/// Runs a program that reads the keys from its environment, away from the emulator's threads.
async fn run(mut program: Command, emulator: Option<&Emulator>) -> Output {
    match emulator {
        Some(emulator) => program
            .env("LEADSQUARED_HOST", emulator.url())
            .env("LEADSQUARED_ACCESS_KEY", emulator.access_key())
            .env("LEADSQUARED_SECRET_KEY", emulator.secret_key()),
        None => program.env_remove("LEADSQUARED_HOST"),
    };
    tokio::task::spawn_blocking(move || program.output().unwrap())
        .await
        .unwrap()
}

fn printed(output: &Output) -> Vec<&str> {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    str::from_utf8(&output.stdout).unwrap().lines().collect()
}

fn find<'a>(leads: &'a [Lead], email: &str) -> &'a Lead {
    leads
        .iter()
        .find(|lead| lead.get("EmailAddress") == Some(email))
        .unwrap()
}

#[tokio::test]
async fn stream_of_batches_delivers_and_prints_each_row_that_did_not_get_in() {
    let emulator = Emulator::start().await.unwrap();
    let output = run(example("stream_of_batches"), Some(&emulator)).await;

    let lines = printed(&output);
    assert!(lines.contains(&"a call of 50 leads was answered with 200"));
    assert!(lines.contains(&"a call of 19 leads was answered with 200"));
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("stream, row 55: rejected: no value in any unique field"))
    );
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("stream, row 120: duplicate: "))
    );
    assert_eq!(
        lines.last(),
        Some(&"read 120, created 118, duplicate 1, rejected 1, in 3 calls")
    );

    let leads = emulator.leads();
    assert_eq!(leads.len(), 118);
    let expected = [
        ("EmailAddress", "person37@example.com"),
        ("mx_Score", "7"),
        ("Source", "stream_of_batches"),
    ];
    assert_eq!(
        find(&leads, "person37@example.com").fields,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}

#[tokio::test]
async fn ndjson_from_stdin_delivers_every_line_that_can_be_read() {
    let emulator = Emulator::start().await.unwrap();
    let mut program = example("ndjson_from_stdin");
    program.stdin(File::open(example_data("leads.ndjson")).unwrap());
    let output = run(program, Some(&emulator)).await;

    assert_eq!(
        printed(&output),
        ["read 1000, created 980, duplicate 12, rejected 8, in 20 calls"]
    );
    assert_eq!(emulator.lead_count(), 980);
    let lead = find(&emulator.leads(), "ettie_dolores2@example.com").clone();
    assert_eq!(lead.get("mx_Score"), Some("97.125"));
    assert_eq!(lead.get("mx_Interests"), Some("Support 24/7;विपणन"));
    assert_eq!(lead.get("mx_KYC"), None);
}

#[tokio::test]
async fn without_an_account_the_examples_bring_their_own_emulator() {
    let output = run(example("stream_of_batches"), None).await;
    assert_eq!(
        printed(&output).last(),
        Some(&"read 120, created 118, duplicate 1, rejected 1, in 3 calls")
    );
}

#[tokio::test]
async fn wrong_keys_end_an_example_with_the_servers_words() {
    let emulator = Emulator::builder()
        .keys("other", "keys")
        .start()
        .await
        .unwrap();
    let mut program = example("stream_of_batches");
    program
        .env("LEADSQUARED_HOST", emulator.url())
        .env("LEADSQUARED_ACCESS_KEY", "access")
        .env("LEADSQUARED_SECRET_KEY", "s3cret");
    let output = tokio::task::spawn_blocking(move || program.output().unwrap())
        .await
        .unwrap();

    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("401"), "{error}");
    assert!(!error.contains("s3cret"), "{error}");
    assert_eq!(emulator.lead_count(), 0);
}

#[tokio::test]
async fn resumable_goes_on_where_it_was_stopped() {
    let emulator = Emulator::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let program = || {
        let mut program = example("resumable");
        program
            .arg(example_data("leads.parquet"))
            .arg(folder.path().join("pipeline.db"));
        program
    };
    emulator.script_all([
        Fault::delay(Duration::ZERO),
        Fault::delay(Duration::ZERO),
        Fault::status(401),
    ]);
    let output = run(program(), Some(&emulator)).await;
    assert!(!output.status.success());
    let created = emulator.lead_count();
    assert!((50..980).contains(&created), "{created}");

    let output = run(program(), Some(&emulator)).await;
    let lines = printed(&output);
    assert!(lines[0].ends_with("created 980, not sent 0"), "{lines:?}");
    assert_eq!(emulator.lead_count(), 980);
}
