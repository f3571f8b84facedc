//! Statements that can't be, and arguments that aren't right.

use leadsquared_emulator::Emulator;

use crate::cluster::cluster_or_skip;
use crate::data;
use crate::process::command;

#[tokio::test(flavor = "multi_thread")]
async fn wrong_sql_is_told_before_anything_is_sent() {
    let emulator = Emulator::start().await.unwrap();
    let cluster = cluster_or_skip!("main": &emulator);
    data::write(cluster.folder.path(), 40);
    let table = data::table("leads", "main");
    let good = data::insert("leads", "true");
    let elsewhere = data::table("others", "nobody");
    // Each stands behind a good INSERT, which isn't run either.
    let wrong = [
        ("SELEC 1", "SELEC"),
        ("INSERT INTO leads (\"EmailAddress\") SELECT mail FROM 'people/*.parquet'", "mail"),
        ("INSERT INTO leads (\"EmailAddress\", \"mx_Pages\") SELECT email, name FROM 'people/*.parquet'", "mx_Pages"),
        ("INSERT INTO leads (\"EmailAddress\", \"mx_Page\") SELECT email, id FROM 'people/*.parquet'", "mx_Page"),
        ("INSERT OVERWRITE leads SELECT email, name, name AS region, id FROM 'people/*.parquet'", "OVERWRITE"),
        ("SELECT * FROM leads", "neither read"),
        ("INSERT INTO leads SELECT * FROM 'nowhere/*.parquet'", "nowhere"),
        (
            "CREATE EXTERNAL TABLE t (\"Phone\" VARCHAR) STORED AS LEADSQUARED LOCATION 'leadsquared://main'
             OPTIONS ('access_key' 'sql-s3cret')",
            "access_key",
        ),
        (
            "CREATE EXTERNAL TABLE t (\"Phone\" VARCHAR) STORED AS LEADSQUARED LOCATION 'https://sql-s3cret@host'",
            "LOCATION",
        ),
    ];
    for (statement, words) in wrong {
        let output = cluster.submit(&[], &format!("{table} {good} {statement};"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{statement}: {said}");
        assert!(said.contains(words), "{statement}: {said}");
        assert!(!said.contains("s3cret"), "{statement}: {said}");
        assert_eq!(emulator.call_count(), 0, "{statement}");
    }
    // Which accounts there are is known on the executors alone.
    let output = cluster.submit(&[], &(elsewhere + &data::insert("others", "true")));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("nobody") && said.contains("main"), "{said}");
    assert_eq!(emulator.call_count(), 0);

    // The control: without the wrong one, it is sent.
    let output = cluster.submit(&[], &format!("{table} {good}"));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(emulator.lead_count(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_inserts_never_share_an_id() {
    let emulator = Emulator::start().await.unwrap();
    let cluster = cluster_or_skip!("main": &emulator);
    data::write(cluster.folder.path(), 40);
    let (table, insert) = (data::table("leads", "main"), data::insert("leads", "true"));
    let output = cluster.submit(
        &["--statement", "both"],
        &format!("{table} {insert} {insert}"),
    );
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("SET leadsquared.statement"));
    assert_eq!(emulator.call_count(), 0);

    let set = "SET leadsquared.statement = 'both';";
    let output = cluster.submit(&[], &format!("{table} {set} {insert} {insert}"));
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("two INSERTs"));
    assert_eq!(emulator.call_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_outcomes_that_is_not_the_executors_is_no_success() {
    let emulator = Emulator::start().await.unwrap();
    let cluster = cluster_or_skip!("main": &emulator);
    data::write(cluster.folder.path(), 40);
    let sql = data::table("leads", "main") + &data::insert("leads", "true");
    let output = cluster.submit(&["--statement", "nightly"], &sql);
    assert_eq!(output.status.code(), Some(0), "{output:?}");

    // Another folder, with what an earlier statement of this name left.
    let other = cluster.folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    let file = "nightly@main.parquet";
    std::fs::copy(cluster.outcomes().join(file), other.join(file)).unwrap();
    let output = cluster.submit_into(&other, &["--statement", "nightly"], &sql);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("is --outcomes the folder of the executors?")
    );
}

#[test]
fn arguments_that_are_not_right_are_told_with_a_remedy() {
    let scheduler = ["--scheduler", "127.0.0.1:1"];
    let executor = [
        "executor",
        "--outcomes",
        "/tmp/leadsquared-outcomes-that-are-not-made",
    ];
    let insert = "CREATE EXTERNAL TABLE leads (\"Phone\" VARCHAR) STORED AS LEADSQUARED
                  LOCATION 'leadsquared://main'; INSERT INTO leads VALUES ('1')";
    let wrong: [(&[&str], &[&str], &str); 7] = [
        (&executor, &[], "--alone"),
        (
            &executor,
            &["--processes", "2", "--alone"],
            "cannot be used with",
        ),
        (&executor, &["--processes", "2"], "LEADSQUARED_REDIS_URL"),
        (&executor, &["--processes", "0"], "--processes"),
        (&["submit"], &[], "--execute"),
        (&["submit"], &["-e", " -- nothing"], "no statement"),
        (&["submit"], &["-e", insert], "--outcomes"),
    ];
    for (command_words, more, words) in wrong {
        let output = command()
            .args(command_words)
            .args(scheduler)
            .args(more)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            output.status.code(),
            Some(2),
            "{command_words:?} {more:?}: {said}"
        );
        assert!(said.contains(words), "{command_words:?} {more:?}: {said}");
    }
}

#[test]
fn without_a_scheduler_a_statement_fails_and_says_so() {
    let mut submit = command();
    submit.args([
        "submit",
        "--scheduler",
        "127.0.0.1:1",
        "-e",
        "SELECT 1 AS one",
    ]);
    let output = submit.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("127.0.0.1:1"),
        "{output:?}"
    );
}
