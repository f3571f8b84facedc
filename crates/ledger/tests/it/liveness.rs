//! Several processes at one file, and who works on which run.

use std::sync::{Arc, Barrier};

use leadsquared_ledger::{Ending, Error, Ledger, RunId, RunState};
use leadsquared_sink::{Journal, Outcome};

use crate::support::{Scene, call, end};

/// The lock files in the scene.
fn locks(scene: &Scene) -> usize {
    let entries = std::fs::read_dir(scene.folder()).unwrap();
    entries
        .filter(|entry| entry.as_ref().unwrap().path().extension() == Some("lock".as_ref()))
        .count()
}

#[tokio::test]
async fn a_run_that_is_worked_on_is_nobody_elses() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    let id = run.id();
    let elsewhere = Ledger::open(scene.ledger.path()).unwrap();
    assert_eq!(elsewhere.run(id).unwrap().state, RunState::Running);
    let unfinished = elsewhere.unfinished(&scene.spec()).unwrap();
    assert_eq!(
        (unfinished.len(), unfinished[0].state),
        (1, RunState::Running)
    );
    let refused = [
        elsewhere.resume(id, &scene.spec()).map(drop),
        elsewhere.replay(id, &scene.spec()).map(drop),
        elsewhere.abandon(id),
    ];
    for result in refused {
        let error = result.unwrap_err();
        assert!(
            matches!(error, Error::StillRunning { run } if run == id),
            "{error:?}"
        );
    }

    drop(run);
    assert_eq!(elsewhere.run(id).unwrap().state, RunState::Interrupted);
    let run = elsewhere.resume(id, &scene.spec()).unwrap();
    assert_eq!(scene.ledger.run(id).unwrap().state, RunState::Running);
    assert_eq!(locks(&scene), 1);
    run.finish(Ending::Finished).await.unwrap();
    assert_eq!(locks(&scene), 0);
    assert_eq!(scene.ledger.run(id).unwrap().state, RunState::Finished);
}

#[test]
fn of_many_who_resume_a_run_at_once_one_gets_it() {
    let scene = Scene::new();
    for _ in 0..5 {
        let id = scene.ledger.begin(&scene.spec()).unwrap().id();
        let start = Barrier::new(4);
        let taken = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let ledger = Ledger::open(scene.ledger.path()).unwrap();
                        start.wait();
                        ledger.resume(id, &scene.spec())
                    })
                })
                .collect();
            // All are joined before any run is dropped.
            let runs: Vec<_> = threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect();
            runs.iter().filter(|run| run.is_ok()).count()
        });
        assert_eq!(taken, 1);
    }
}

#[test]
fn many_who_make_the_file_at_once_make_one() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..10 {
        let path = folder.path().join(format!("ledger-{round}.db"));
        let start = Barrier::new(16);
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    start.wait();
                    let ledger = Ledger::open(&path).unwrap();
                    ledger
                        .begin(&leadsquared_ledger::RunSpec::default())
                        .unwrap();
                });
            }
        });
        let runs = Ledger::open_read_only(&path).unwrap().runs().unwrap();
        let ids: Vec<_> = runs.iter().map(|run| run.id).collect();
        assert_eq!(ids, (1..=16).map(RunId).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_write_one_file_at_once() {
    let scene = Arc::new(Scene::new());
    let tasks = [1, 2].map(|_| {
        let scene = Arc::clone(&scene);
        tokio::spawn(async move {
            let ledger = Ledger::open(scene.ledger.path()).unwrap();
            let run = ledger.begin(&scene.spec()).unwrap();
            for number in 0..100 {
                call(&run, vec![end(number, Outcome::Created)]).await;
            }
            run.finish(Ending::Finished).await.unwrap();
        })
    });
    for task in tasks {
        task.await.unwrap();
    }
    for info in scene.ledger.runs().unwrap() {
        assert_eq!((info.totals.created, info.calls), (100, 100));
    }
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    run.flush().await.unwrap();
}
