//! A process that is killed while it writes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;

use leadsquared_ledger::{Ledger, RunId, RunState};
use leadsquared_sink::{Journal, Meaning, Outcome, Recall};

use crate::support::{Scene, end, ended, intent, row};

/// Says to the test binary that it is the process to be killed, and where the scene is.
const SCENE: &str = "LEDGER_TEST_KILLED";

#[test]
fn what_was_acknowledged_survives_kill_9_and_the_run_is_free_at_once() {
    let mut acknowledged = 0;
    for lines in [1, 40, 400] {
        let scene = Scene::new();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "killed::the_process_to_be_killed",
                "--nocapture",
                "--ignored",
            ])
            .env(SCENE, scene.folder())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut seen = Vec::new();
        let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut is_dead = false;
        // What it still wrote before it died is in the pipe.
        while let Some(Ok(line)) = told.next() {
            if let Some((_, number)) = line.split_once("safe ") {
                seen.push(number.parse::<u64>().unwrap());
            }
            if seen.len() >= lines && !is_dead {
                assert_eq!(scene.ledger.run(RunId(1)).unwrap().state, RunState::Running);
                child.kill().unwrap();
                child.wait().unwrap();
                is_dead = true;
                let info = scene.ledger.run(RunId(1)).unwrap();
                assert_eq!(info.state, RunState::Interrupted);
            }
        }
        child.wait().unwrap();
        assert!(is_dead && seen.len() >= lines);

        let run = scene.ledger.resume(RunId(1), &scene.spec()).unwrap();
        for number in &seen {
            let recalled = run.recall(&row(*number));
            // A multiple of 4 is settled together with its call's end; the others have none.
            let may_be = [Recall::InDoubt, Recall::Settled];
            assert!(may_be.contains(&recalled), "{number}: {recalled:?}");
            assert!(number % 4 == 0 || recalled == Recall::InDoubt, "{number}");
        }
        acknowledged += seen.len();
    }
    assert!(acknowledged >= 441);
}

/// Not a test: the other half of the one above.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs until it is killed, by the test above"]
async fn the_process_to_be_killed() {
    let Some(folder) = std::env::var_os(SCENE).map(std::path::PathBuf::from) else {
        return;
    };
    let spec = leadsquared_ledger::RunSpec {
        account: "api-in21.leadsquared.com".to_owned(),
        inputs: vec![crate::support::input(&folder.join("leads.ndjson"))],
        options: "mapping = {}".to_owned(),
        mapping_path: None,
    };
    let ledger = Ledger::open(folder.join("ledger.db")).unwrap();
    let run = Arc::new(ledger.begin(&spec).unwrap());
    let tasks: Vec<_> = (0..8)
        .map(|first| {
            let run = Arc::clone(&run);
            tokio::spawn(async move {
                for number in (first..).step_by(8) {
                    let call = run.intend(intent([number])).await.unwrap();
                    // One write, so that no line is torn.
                    let line = format!("safe {number}\n");
                    std::io::stdout().write_all(line.as_bytes()).unwrap();
                    if number % 4 == 0 {
                        let ends = vec![end(number, Outcome::Created)];
                        run.conclude(call, ended(Meaning::Rows), ends)
                            .await
                            .unwrap();
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}
