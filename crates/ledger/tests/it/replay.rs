//! Opening a run again for the rows that didn't get in.

use leadsquared_ledger::{Ending, Error, RunState};
use leadsquared_sink::{Journal, Outcome, Recall};

use crate::support::{Scene, call, end, intent, row, stopped};

#[tokio::test]
async fn rejected_rows_are_new_and_unconfirmed_ones_in_doubt() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    let id = run.id();
    let ends = vec![
        end(1, Outcome::Created),
        end(2, Outcome::Rejected),
        end(3, Outcome::Unconfirmed),
        end(4, Outcome::Duplicate),
    ];
    call(&run, ends).await;
    run.finish(Ending::Finished).await.unwrap();
    drop(run);

    let mut spec = scene.spec();
    spec.options = "a mended mapping".to_owned();
    let run = scene.ledger.replay(id, &spec).unwrap();
    let recalled: Vec<_> = (1..=5).map(|number| run.recall(&row(number))).collect();
    let settled = Recall::Settled;
    assert_eq!(
        recalled,
        [settled, Recall::New, Recall::InDoubt, settled, settled]
    );
    assert_eq!(run.earlier().rows(), 2);
    call(&run, vec![end(2, Outcome::Created)]).await;
    run.finish(Ending::Finished).await.unwrap();
    drop(run);

    let info = scene.ledger.run(id).unwrap();
    assert_eq!(info.state, RunState::Finished);
    assert_eq!((info.totals.created, info.totals.rejected), (2, 0));
    let run = scene.ledger.replay(id, &spec).unwrap();
    assert_eq!(run.recall(&row(2)), Recall::Settled);
}

#[tokio::test]
async fn an_interrupted_replay_goes_on_as_one() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    let id = run.id();
    call(
        &run,
        (1..=5)
            .map(|number| end(number, Outcome::Rejected))
            .collect(),
    )
    .await;
    run.finish(Ending::Finished).await.unwrap();
    drop(run);

    let run = scene.ledger.replay(id, &scene.spec()).unwrap();
    call(
        &run,
        vec![end(1, Outcome::Created), end(2, Outcome::Rejected)],
    )
    .await;
    run.intend(intent([3])).await.unwrap();
    run.settle(vec![stopped(4, Outcome::NotSent)])
        .await
        .unwrap();
    drop(run);

    let run = scene.ledger.resume(id, &scene.spec()).unwrap();
    let recalled: Vec<_> = (1..=6).map(|number| run.recall(&row(number))).collect();
    let settled = Recall::Settled;
    assert_eq!(
        recalled,
        [
            settled,
            settled,
            Recall::InDoubt,
            Recall::New,
            Recall::New,
            settled
        ]
    );
    // That it was not sent this time doesn't hide that it was rejected.
    assert_eq!(scene.ledger.run(id).unwrap().totals.not_sent, 0);
    run.finish(Ending::Finished).await.unwrap();
    assert_eq!(scene.ledger.run(id).unwrap().state, RunState::Finished);
}

#[tokio::test]
async fn a_replay_leaves_an_interrupted_run_to_be_resumed() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    let id = run.id();
    call(&run, vec![end(1, Outcome::Rejected)]).await;
    run.settle(vec![stopped(2, Outcome::NotSent)])
        .await
        .unwrap();
    drop(run);

    let run = scene.ledger.replay(id, &scene.spec()).unwrap();
    assert_eq!(run.recall(&row(2)), Recall::New);
    // What was never reached is for the run to go on with, and no matter of the replay's.
    assert_eq!(run.recall(&row(3)), Recall::Settled);
    call(&run, vec![end(1, Outcome::Created)]).await;
    run.finish(Ending::Finished).await.unwrap();
    drop(run);

    assert_eq!(scene.ledger.run(id).unwrap().state, RunState::Interrupted);
    let run = scene.ledger.resume(id, &scene.spec()).unwrap();
    assert_eq!(run.recall(&row(1)), Recall::Settled);
    assert_eq!(run.recall(&row(2)), Recall::New);
    assert_eq!(run.recall(&row(3)), Recall::New);
}

#[tokio::test]
async fn a_replay_of_changed_inputs_is_refused() {
    let scene = Scene::new();
    let id = scene.ledger.begin(&scene.spec()).unwrap().id();
    std::fs::write(scene.path("leads.ndjson"), "other").unwrap();
    let error = scene.ledger.replay(id, &scene.spec()).unwrap_err();
    assert!(matches!(error, Error::InputChanged { .. }), "{error:?}");
}

#[tokio::test]
async fn rows_that_a_replay_sends_are_not_settled_in_any_range() {
    let scene = Scene::new();
    let spec = scene.spec();
    let run = scene.ledger.begin(&spec).unwrap();
    call(
        &run,
        vec![end(1, Outcome::Created), end(2, Outcome::Rejected)],
    )
    .await;
    // In flight when the process dies.
    run.intend(intent([5])).await.unwrap();
    let id = run.id();
    drop(run);

    let run = scene.ledger.replay(id, &spec).unwrap();
    let are_settled = |rows| run.are_settled("leads.ndjson", &rows);
    assert!(are_settled(1..=1) && are_settled(3..=4) && are_settled(6..=9));
    assert!(!are_settled(1..=2), "it was rejected");
    assert!(!are_settled(4..=6), "it is in doubt");
    assert!(run.are_settled("other.ndjson", &(1..=9)));
}
