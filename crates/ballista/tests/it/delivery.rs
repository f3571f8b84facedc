//! Statements that nothing disturbs.

use std::collections::BTreeSet;
use std::time::Duration;

use leadsquared_emulator::{Emulator, KeyPlace, Latency};

use crate::cluster::{assert_balanced, cluster_or_skip, count, objects};
use crate::data;

const WINDOW: Duration = Duration::from_secs(5);
const LIMIT: usize = 25;

/// An account with the usual limit, which takes its time.
async fn account() -> Emulator {
    let emulator = Emulator::builder()
        .rate_limit(25, WINDOW)
        .latency(Latency::one_way(Duration::from_millis(20)))
        .start();
    emulator.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_statements_at_once_deliver_every_lead_once_inside_the_accounts_limit() {
    let emulator = account().await;
    let cluster = cluster_or_skip!("main": &emulator);
    let people = 3_000;
    data::write(cluster.folder.path(), people);

    let halves = ["p.id % 2 = 0", "p.id % 2 = 1"].map(|half| {
        let sql = data::table("leads", "main") + &data::insert("leads", half);
        cluster.submitting(&format!("submit {}", &half[11..]), &[], &sql)
    });
    for mut submit in halves {
        assert_eq!(submit.end().await.code(), Some(0), "{}", submit.said());
        let reports = objects(&submit.said());
        assert_eq!(reports.len(), 1, "{}", submit.said());
        assert_balanced(&reports[0]);
        assert_eq!(count(&reports[0], "created"), 1_500);
    }
    assert_eq!(data::stored(&emulator), data::expected(people, |_| true));

    assert!(emulator.max_calls_in_window(WINDOW) <= LIMIT);
    assert!(emulator.calls().iter().all(|call| !call.throttled));
    // The limit was shared, and not just never reached.
    assert_eq!(emulator.max_calls_in_window(WINDOW), LIMIT);
    // Both ran at once: before the first was done with its calls, the second had begun.
    let is_even = |lead: &leadsquared_emulator::Lead| {
        let email = lead.get("EmailAddress").unwrap();
        let id = email
            .trim_start_matches("person-")
            .trim_end_matches("@example.com");
        id.parse::<u64>().unwrap() % 2 == 0
    };
    let (even, odd): (Vec<_>, Vec<_>) = emulator.leads().into_iter().partition(is_even);
    let [even, odd] = [even, odd].map(|leads| {
        let calls: BTreeSet<usize> = leads.iter().map(|lead| lead.call).collect();
        (*calls.first().unwrap(), *calls.last().unwrap())
    });
    assert!(even.0 < odd.1 && odd.0 < even.1, "{even:?} and {odd:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_for_each_part_scales_past_the_limit_of_one() {
    let (north, south) = (account().await, account().await);
    let cluster = cluster_or_skip!("north": &north, "south": &south);
    let people = 5_000;
    data::write(cluster.folder.path(), people);

    let parts = [("north", "r.name = 'North'"), ("south", "r.name = 'South'")];
    let parts = parts.map(|(account, region)| {
        let sql = data::table("leads", account) + &data::insert("leads", region);
        cluster.submitting(&format!("submit {account}"), &[], &sql)
    });
    for mut submit in parts {
        assert_eq!(submit.end().await.code(), Some(0), "{}", submit.said());
    }
    assert_eq!(
        data::stored(&north),
        data::expected(people, |id| id % 4 == 0)
    );
    assert_eq!(
        data::stored(&south),
        data::expected(people, |id| id % 4 == 1)
    );
    for emulator in [&north, &south] {
        assert_eq!(emulator.max_calls_in_window(WINDOW), LIMIT);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_run_in_order_and_its_outcomes_are_a_table() {
    let emulator = account().await;
    let cluster = cluster_or_skip!("main": &emulator);
    data::write(cluster.folder.path(), 120);
    let script = [
        data::table("leads", "main"),
        // A semicolon in a text, and in a comment; a row without a unique value.
        "CREATE VIEW everyone AS SELECT *, ';' AS odd FROM 'people/*.parquet'; -- one; two"
            .to_owned(),
        "SELECT count(*) AS people FROM everyone;".to_owned(),
        "SET leadsquared.statement = 'first';".to_owned(),
        "INSERT INTO leads SELECT CASE WHEN id >= 100 THEN email END, name, odd, id FROM everyone;"
            .to_owned(),
        "SELECT statement, outcome, count(*) AS n FROM leads_outcomes GROUP BY 1, 2 ORDER BY 2;"
            .to_owned(),
    ];
    let output = cluster.submit(&["--format", "json"], &script.join("\n"));
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let printed = objects(&said);
    assert_eq!(printed[0]["rows"][0]["people"], 120);
    assert_balanced(&printed[1]);
    assert_eq!(printed[1]["statement"], "first");
    assert_eq!(
        (
            count(&printed[1], "created"),
            count(&printed[1], "rejected")
        ),
        (20, 100)
    );
    assert_eq!(
        printed[2]["rows"],
        serde_json::json!([
            {"statement": "first", "outcome": "created", "n": 20},
            {"statement": "first", "outcome": "rejected", "n": 100},
        ])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insert_of_nothing_is_complete() {
    let emulator = account().await;
    let cluster = cluster_or_skip!("main": &emulator);
    data::write(cluster.folder.path(), 40);
    let sql = data::table("leads", "main") + &data::insert("leads", "p.id < 0");
    let output = cluster.submit(&["--format", "json"], &sql);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let reports = objects(&String::from_utf8_lossy(&output.stdout));
    assert_eq!(count(&reports[0], "read"), 0);
    assert_eq!(emulator.call_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_sends_nothing() {
    let emulator = account().await;
    let cluster = cluster_or_skip!("main": &emulator);
    data::write(cluster.folder.path(), 40);
    let insert = data::insert("leads", "true");

    let sql = data::table("leads", "main") + "EXPLAIN " + &insert;
    let output = cluster.submit(&[], &sql);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("LeadsInsert(account=main"), "{said}");

    let sql = data::table("leads", "main") + "EXPLAIN ANALYZE " + &insert;
    let output = cluster.submit(&[], &sql);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("would deliver"),
        "{output:?}"
    );
    assert_eq!(emulator.call_count(), 0);
}

/// The control of the tests that ask who delivers.
#[tokio::test(flavor = "multi_thread")]
async fn the_keys_tell_which_executor_called() {
    let emulator = account().await;
    let cluster = cluster_or_skip!("main": &emulator);
    data::write(cluster.folder.path(), 8);
    let sql = data::table("leads", "main") + &data::insert("leads", "true");
    let output = cluster.submit(&[], &sql);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let keys = emulator.calls()[0].keys;
    assert!(matches!(keys, KeyPlace::Query | KeyPlace::Headers));
    let delivering = crate::cluster::delivering(&emulator);
    assert!(
        cluster.executors[delivering]
            .said()
            .contains("a statement ended")
    );
    assert!(
        !cluster.executors[1 - delivering]
            .said()
            .contains("a statement ended")
    );
}
