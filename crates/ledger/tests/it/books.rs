//! What a ledger says of its runs.

use leadsquared_ledger::{Ending, Error, Ledger, RunState};
use leadsquared_sink::{Journal, Meaning, Outcome};

use crate::support::{Scene, call, end, ended, intent};

#[tokio::test]
async fn a_run_is_listed_with_its_books() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    let id = run.id();
    call(
        &run,
        vec![end(1, Outcome::Created), end(2, Outcome::Rejected)],
    )
    .await;
    let again = run.intend(intent([3])).await.unwrap();
    let ends = vec![end(3, Outcome::CreatedEarlier)];
    run.conclude(again, ended(Meaning::Rows), ends)
        .await
        .unwrap();
    run.flush().await.unwrap();
    let info = scene.ledger.run(id).unwrap();
    assert_eq!((info.state, info.ended_at), (RunState::Running, None));
    run.finish(Ending::Finished).await.unwrap();

    let reader = Ledger::open_read_only(scene.ledger.path()).unwrap();
    let runs = reader.runs().unwrap();
    assert_eq!(runs.len(), 1);
    let info = &runs[0];
    assert_eq!(
        (info.id, info.state, info.calls),
        (id, RunState::Finished, 2)
    );
    assert_eq!(
        (
            info.totals.created,
            info.totals.created_earlier,
            info.totals.rejected
        ),
        (1, 1, 1)
    );
    assert_eq!(info.totals.rows(), 3);
    assert!(info.ended_at.unwrap() >= info.started_at);
    assert_eq!(info.account, scene.spec().account);
    assert_eq!(info.inputs[0].path, Some(scene.path("leads.ndjson")));
    assert_eq!(
        info.inputs[0].fingerprint,
        scene.spec().inputs[0].fingerprint
    );
}

#[tokio::test]
async fn results_come_in_the_order_of_the_rows() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    let ends = [30, 2, 7].map(|number| end(number, Outcome::Rejected));
    run.settle(ends.to_vec()).await.unwrap();
    run.settle(vec![end(5, Outcome::Created)]).await.unwrap();
    // The later end of a row is its end.
    run.settle(vec![end(7, Outcome::Duplicate)]).await.unwrap();
    run.flush().await.unwrap();

    let mut seen = Vec::new();
    let shown: Result<(), Error> = scene.ledger.results(run.id(), None, |row| {
        seen.push((row.row, row.outcome));
        assert_eq!(row.source, "leads.ndjson");
        assert_eq!(row.lead_id, (row.row == 5).then_some("lead-5"));
        let is_rejected = row.outcome == Outcome::Rejected;
        assert_eq!(row.code, is_rejected.then_some("no-unique-field"));
        assert!(row.is_final);
        Ok(())
    });
    shown.unwrap();
    let (rejected, created) = (Outcome::Rejected, Outcome::Created);
    assert_eq!(
        seen,
        [
            (2, rejected),
            (5, created),
            (7, Outcome::Duplicate),
            (30, rejected)
        ]
    );

    let mut rows = Vec::new();
    let shown: Result<(), Error> = scene.ledger.results(run.id(), Some(rejected), |row| {
        rows.push(row.row);
        Ok(())
    });
    shown.unwrap();
    assert_eq!(rows, [2, 30]);
}

#[tokio::test]
async fn a_reader_that_stops_is_heard() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    run.settle(
        (1..10)
            .map(|number| end(number, Outcome::Created))
            .collect(),
    )
    .await
    .unwrap();
    run.flush().await.unwrap();
    let mut seen = 0;
    let shown: Result<(), Box<dyn std::error::Error>> =
        scene.ledger.results(run.id(), None, |_| {
            seen += 1;
            if seen < 3 {
                Ok(())
            } else {
                Err("enough".into())
            }
        });
    assert_eq!(
        (shown.unwrap_err().to_string().as_str(), seen),
        ("enough", 3)
    );
}
