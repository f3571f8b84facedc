//! A run that can't be written any more.

use std::time::Duration;

use leadsquared_ledger::{Ending, Error};
use leadsquared_sink::{CallId, Journal, Meaning, Outcome};

use crate::support::{Scene, end, ended, intent};

#[tokio::test]
async fn after_a_failed_write_every_call_says_so() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    let call = run.intend(intent([1])).await.unwrap();
    scene.sql().execute_batch("DROP TABLE outcomes").unwrap();

    // It is queued, and fails afterwards.
    let ends = vec![end(1, Outcome::Created)];
    run.conclude(call, ended(Meaning::Rows), ends.clone())
        .await
        .unwrap();
    let error = run.flush().await.unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("ledger.db") && message.contains("outcomes"),
        "{message}"
    );
    assert_eq!(run.intend(intent([2])).await, Err(error.clone()));
    assert_eq!(run.settle(ends.clone()).await, Err(error.clone()));
    assert_eq!(
        run.conclude(call, ended(Meaning::Rows), ends).await,
        Err(error)
    );
    let error = run.finish(Ending::Finished).await.unwrap_err();
    assert!(matches!(error, Error::Journal(_)), "{error:?}");
}

#[tokio::test]
async fn a_conclusion_and_its_rows_are_written_both_or_neither() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    let call = run.intend(intent([1, 2])).await.unwrap();
    let mut beyond = end(2, Outcome::Created);
    beyond.row.number = u64::MAX;
    let ends = vec![end(1, Outcome::Created), beyond];
    run.conclude(call, ended(Meaning::Rows), ends)
        .await
        .unwrap();
    run.flush().await.unwrap_err();

    let sql = scene.sql();
    let count = |query| {
        sql.query_row(query, (), |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(count("SELECT count(*) FROM outcomes"), 0);
    assert_eq!(
        count("SELECT count(*) FROM calls WHERE ended_at IS NULL"),
        1
    );
}

#[tokio::test]
async fn what_waited_behind_a_failed_write_is_not_written() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    let other = scene.sql();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut beyond = end(1, Outcome::Created);
    beyond.row.number = u64::MAX;
    run.settle(vec![beyond]).await.unwrap();
    // The writer has taken the first and waits for the other process; the second waits in the queue.
    tokio::time::sleep(Duration::from_millis(100)).await;
    run.settle(vec![end(2, Outcome::Created)]).await.unwrap();
    other.execute_batch("COMMIT").unwrap();
    run.flush().await.unwrap_err();
    drop(run);
    let count = "SELECT count(*) FROM outcomes";
    let rows: i64 = other.query_row(count, (), |row| row.get(0)).unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn a_call_of_another_run_is_refused() {
    let scene = Scene::new();
    let other = scene.ledger.begin(&scene.spec()).unwrap();
    let call = other.intend(intent([1])).await.unwrap();
    for call in [call, CallId(u64::MAX)] {
        let run = scene.ledger.begin(&scene.spec()).unwrap();
        run.conclude(call, ended(Meaning::Rows), vec![])
            .await
            .unwrap();
        run.flush().await.unwrap_err();
    }
    other.flush().await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_went_away_takes_no_more() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    std::fs::remove_file(scene.ledger.path()).unwrap();
    let error = run.intend(intent([1])).await.unwrap_err();
    assert!(error.to_string().contains("moved or deleted"), "{error}");
    let error = scene.ledger.runs().unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
}

#[tokio::test]
async fn a_finished_run_takes_no_more() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    run.finish(Ending::Interrupted).await.unwrap();
    let error = run.intend(intent([1])).await.unwrap_err();
    assert!(error.to_string().contains("finished"), "{error}");
    run.finish(Ending::Finished).await.unwrap_err();
}
