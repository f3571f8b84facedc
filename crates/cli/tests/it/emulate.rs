//! `emulate` as a process that others call.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::helpers::{Run, Stage, assert_books, bare, lead_lines, load_args, number};
use crate::signals::send;

/// A running `emulate`, and the environment that it printed.
struct Running {
    child: Child,
    exports: Vec<(String, String)>,
}

impl Running {
    fn start(args: &[&str]) -> Self {
        let all = [&["emulate", "--listen", "127.0.0.1:0"], args].concat();
        let mut child = bare(all)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let exports = stdout
            .lines()
            .take(3)
            .map(|line| {
                let line = line.unwrap();
                let (name, value) = line
                    .strip_prefix("export ")
                    .unwrap()
                    .split_once('=')
                    .unwrap();
                (name.to_owned(), value.to_owned())
            })
            .collect();
        Self { child, exports }
    }

    /// Stops it with a signal.
    fn stop(self, signal: &str) -> Run {
        send(&self.child, signal);
        Run::of(&tokio::task::block_in_place(|| {
            self.child.wait_with_output().unwrap()
        }))
    }

    /// Loads into it.
    fn load(&self, stage: &Stage, args: &[&str]) -> Run {
        let mut command: Command = bare(load_args(args));
        command
            .current_dir(stage.folder.path())
            .envs(self.exports.iter().cloned());
        stage.end(&mut command)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_until_it_is_asked_to_stop() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=120));
    for signal in ["TERM", "INT"] {
        let emulate = Running::start(&["--no-rate-limit"]);
        let names: Vec<&str> = emulate
            .exports
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(
            names,
            [
                "LEADSQUARED_HOST",
                "LEADSQUARED_ACCESS_KEY",
                "LEADSQUARED_SECRET_KEY"
            ]
        );
        let run = emulate.load(&stage, &["leads.ndjson"]);
        assert_eq!(run.code, Some(0), "{run:?}");
        assert_books(&run.summary(), &[("created", 120)]);

        let end = emulate.stop(signal);
        assert_eq!(end.code, Some(0), "{end:?}");
        end.assert_said(&[
            "listens at http://127.0.0.1:",
            "it took 3 calls and created 120 leads",
        ]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_switches_change_the_account() {
    let stage = Stage::new().await;
    stage.write(
        "leads.ndjson",
        [1, 2, 1]
            .map(|id| format!("{{\"FirstName\":\"A\",\"mx_Id\":{id}}}\n"))
            .concat(),
    );
    stage.write("mapping.toml", "unique_fields = [\"mx_Id\"]");
    let emulate = Running::start(&[
        "--rate-limit",
        "1/1s",
        "--throttle-shape",
        "403",
        "--algorithm",
        "token-bucket",
        "--access-key",
        "another",
        "--unique-field",
        "mx_Id",
    ]);
    assert_eq!(emulate.exports[1].1, "another");
    let args = ["leads.ndjson", "--mapping", "mapping.toml"];
    let run = emulate.load(&stage, &args);
    let summary = run.summary();
    assert_books(&summary, &[("created", 2), ("duplicate", 1)]);
    // The second call within the second is one too many.
    let run = emulate.load(&stage, &args);
    let summary = run.summary();
    assert_books(&summary, &[("duplicate", 3)]);
    assert!(number(&summary, "throttled") > 0, "{summary:?}");
    run.assert_said(&["the account allows 1 call in 1 s"]);
    assert_eq!(emulate.stop("TERM").code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn its_fields_come_from_a_file_and_leads_are_held_against_them() {
    let stage = Stage::new().await;
    stage.write(
        "fields.json",
        r#"[{"SchemaName":"EmailAddress","IsUnique":true},{"SchemaName":"FirstName","MaxLength":"7"}]"#,
    );
    stage.write("leads.ndjson", lead_lines(9..=10));
    let file = stage.path("fields.json");
    let fields = ["--fields", file.to_str().unwrap(), "--no-rate-limit"];
    for (strict, expected) in [
        (&[][..], [("created", 2)].to_vec()),
        (&["--strict-fields"], vec![("created", 1), ("rejected", 1)]),
    ] {
        let emulate = Running::start(&[&fields[..], strict].concat());
        // "First 10" has eight characters.
        let run = emulate.load(&stage, &["leads.ndjson", "--no-ledger"]);
        assert_books(&run.summary(), &expected);
        assert_eq!(emulate.stop("TERM").code, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken_is_told() {
    let stage = Stage::new().await;
    let address = stage.emulator.addr().to_string();
    let run = stage.run(&["emulate", "--listen", &address]);
    run.assert_failed(1, &["can't listen on", &address, "caused by"]);
}
