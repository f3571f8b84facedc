//! Executors that are killed.

use std::time::Duration;

use leadsquared_emulator::{Emulator, Latency};

use crate::cluster::{Cluster, Size, assert_balanced, cluster_or_skip, count, delivering, objects};
use crate::data;
use crate::process::Process;

const PEOPLE: i64 = 2_500;
/// More than the first burst has, so that the statement is in its middle.
const CALLS: usize = 27;

/// An account that takes its time, so that calls are underway whenever its caller dies.
async fn account() -> Emulator {
    let emulator = Emulator::builder()
        .rate_limit(25, Duration::from_secs(5))
        .latency(Latency {
            service: Duration::from_millis(200),
            ..Latency::one_way(Duration::from_millis(100))
        })
        .start();
    emulator.await.unwrap()
}

/// A statement of all people that is being delivered.
async fn in_mid_statement(cluster: &Cluster, emulator: &Emulator) -> Process {
    data::write(cluster.folder.path(), PEOPLE);
    let sql = data::table("leads", "main") + &data::insert("leads", "true");
    let submit = cluster.submitting("submit.log", &[], &sql);
    emulator.wait_for_calls(CALLS).await;
    submit
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_delivering_executor_is_killed_another_goes_on_and_no_lead_is_created_twice() {
    let emulator = account().await;
    // One slot each: none may be lost with the statement that is ended.
    let mut cluster = cluster_or_skip!(Size { slots: 1, ..Size::default() }; "main": &emulator);
    let mut submit = in_mid_statement(&cluster, &emulator).await;
    let first = delivering(&emulator);
    let stored = emulator.lead_count();
    assert!(
        stored < usize::try_from(PEOPLE).unwrap(),
        "it was not in mid-statement"
    );
    cluster.executors[first].kill();

    assert_eq!(submit.end().await.code(), Some(0), "{}", submit.said());
    assert_eq!(delivering(&emulator), 1 - first);
    assert_eq!(data::stored(&emulator), data::expected(PEOPLE, |_| true));
    let report = &objects(&submit.said())[0];
    assert_balanced(report);
    assert_eq!(count(report, "read"), PEOPLE.unsigned_abs());
    assert_eq!(
        count(report, "created") + count(report, "created_earlier"),
        PEOPLE.unsigned_abs()
    );
    // What was answered before the death was not sent again: a call more for what was underway.
    assert!(count(report, "delivered_before") > 0, "{report}");
    let leads: usize = emulator.calls().iter().filter_map(|call| call.leads).sum();
    let again = leads - usize::try_from(PEOPLE).unwrap();
    assert!(
        again < stored,
        "{again} leads were sent again, and {stored} were there"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn when_an_executor_with_shuffle_files_is_killed_the_statement_ends_all_the_same() {
    let emulator = account().await;
    // One slot each: none may be lost with the statement that is ended.
    let mut cluster = cluster_or_skip!(Size { slots: 1, ..Size::default() }; "main": &emulator);
    let mut submit = in_mid_statement(&cluster, &emulator).await;
    let other = 1 - delivering(&emulator);
    let shuffled = cluster.folder.path().join(format!("work-{other}"));
    assert!(
        shuffled.read_dir().unwrap().next().is_some(),
        "it holds nothing"
    );
    cluster.executors[other].kill();

    assert_eq!(submit.end().await.code(), Some(0), "{}", submit.said());
    assert_eq!(data::stored(&emulator), data::expected(PEOPLE, |_| true));
    let report = &objects(&submit.said())[0];
    assert_balanced(report);
    assert_eq!(
        count(report, "created") + count(report, "created_earlier"),
        PEOPLE.unsigned_abs()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn when_what_an_executor_had_cant_be_fetched_the_sums_are_right_all_the_same() {
    let emulator = account().await;
    // The scheduler takes it for alive until long after the others have missed it.
    let size = Size {
        executor_timeout: "1m",
        ..Size::default()
    };
    let mut cluster = cluster_or_skip!(size; "main": &emulator);
    data::write(cluster.folder.path(), PEOPLE);
    let sql = data::table("leads", "main") + &data::insert_grouped("leads");
    let mut submit = cluster.submitting("submit.log", &[], &sql);
    let work = cluster.folder.path().join("work-0");
    let begun = async {
        while work.read_dir().unwrap().next().is_none() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), begun)
        .await
        .unwrap();
    cluster.executors[0].kill();
    // As on another machine: nobody reads them.
    std::fs::remove_dir_all(&work).unwrap();

    assert_eq!(submit.end().await.code(), Some(0), "{}", submit.said());
    assert_eq!(data::stored(&emulator), data::expected(PEOPLE, |_| true));
    assert_balanced(&objects(&submit.said())[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_executor_that_is_asked_to_end_finishes_its_delivery() {
    let emulator = account().await;
    let mut cluster = cluster_or_skip!("main": &emulator);
    let mut submit = in_mid_statement(&cluster, &emulator).await;
    let delivering = delivering(&emulator);
    cluster.executors[delivering].terminate();
    assert_eq!(submit.end().await.code(), Some(0), "{}", submit.said());
    assert_eq!(cluster.executors[delivering].end().await.code(), Some(0));
    assert_eq!(data::stored(&emulator), data::expected(PEOPLE, |_| true));
    let report = &objects(&submit.said())[0];
    assert_balanced(report);
    // It may be gone before its client has the count, which then asks for it anew: nothing is sent for that.
    let in_account = count(report, "created") + count(report, "created_earlier");
    assert_eq!(in_account, PEOPLE.unsigned_abs());
    let leads: usize = emulator.calls().iter().filter_map(|call| call.leads).sum();
    assert_eq!(leads, usize::try_from(PEOPLE).unwrap());
}
