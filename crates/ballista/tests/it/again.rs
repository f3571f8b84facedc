//! The same statement once more.

use std::time::Duration;

use leadsquared_emulator::Emulator;

use crate::cluster::{assert_balanced, cluster_or_skip, count, objects};
use crate::data;

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_succeeded_sends_nothing_again() {
    let emulator = Emulator::start().await.unwrap();
    let cluster = cluster_or_skip!("main": &emulator);
    data::write(cluster.folder.path(), 300);
    let sql = data::table("leads", "main") + &data::insert("leads", "true");
    let arguments = ["--format", "json", "--statement", "nightly-1"];
    assert_eq!(cluster.submit(&arguments, &sql).status.code(), Some(0));
    let calls = emulator.call_count();

    let output = cluster.submit(&arguments, &sql);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = &objects(&String::from_utf8_lossy(&output.stdout))[0];
    assert_balanced(report);
    assert_eq!(count(report, "delivered_before"), 300);
    assert_eq!(emulator.call_count(), calls);

    // The control: another statement does send, and the server knows the leads.
    let output = cluster.submit(&["--format", "json", "--statement", "nightly-2"], &sql);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let report = &objects(&String::from_utf8_lossy(&output.stdout))[0];
    assert_eq!(count(report, "duplicate"), 300);
    assert!(emulator.call_count() > calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_was_cancelled_is_taken_over_by_the_next() {
    let emulator = Emulator::builder()
        .rate_limit(25, Duration::from_secs(5))
        .start();
    let emulator = emulator.await.unwrap();
    let cluster = cluster_or_skip!("main": &emulator);
    let people = 2_000;
    data::write(cluster.folder.path(), people);
    let sql = data::table("leads", "main") + &data::insert("leads", "true");
    let mut submit = cluster.submitting("first.log", &["--statement", "nightly"], &sql);
    emulator.wait_for_calls(25).await;
    submit.interrupt();
    assert_eq!(submit.end().await.code(), Some(1), "{}", submit.said());
    assert!(submit.said().contains("is cancelled"), "{}", submit.said());
    assert!(
        submit.said().contains("--statement nightly"),
        "{}",
        submit.said()
    );

    let mut submit = cluster.submitting("second.log", &["--statement", "nightly"], &sql);
    assert_eq!(submit.end().await.code(), Some(0), "{}", submit.said());
    assert_eq!(data::stored(&emulator), data::expected(people, |_| true));
    let report = &objects(&submit.said())[0];
    assert_balanced(report);
    assert!(count(report, "delivered_before") > 0, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_killed_leaves_its_statement_to_the_cluster() {
    let emulator = Emulator::builder()
        .rate_limit(25, Duration::from_secs(5))
        .start();
    let emulator = emulator.await.unwrap();
    let cluster = cluster_or_skip!("main": &emulator);
    let people = 1_500;
    data::write(cluster.folder.path(), people);
    let sql = data::table("leads", "main") + &data::insert("leads", "true");
    let mut submit = cluster.submitting("first.log", &["--statement", "nightly"], &sql);
    emulator.wait_for_calls(5).await;
    submit.kill();
    // It goes on without its client; the file of outcomes is there when it has ended.
    let outcomes = cluster.outcomes().join("nightly@main.parquet");
    let there = async {
        while !outcomes.exists() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(2), there)
        .await
        .unwrap();
    assert_eq!(data::stored(&emulator), data::expected(people, |_| true));

    let calls = emulator.call_count();
    let output = cluster.submit(&["--format", "json", "--statement", "nightly"], &sql);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(emulator.call_count(), calls);
}
