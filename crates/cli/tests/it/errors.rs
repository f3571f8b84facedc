//! What is said when something is wrong: what happened, where, and what to do, for one situation after
//! another, as a newcomer reads it.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use leadsquared_emulator::Fault;

use crate::helpers::{ACCESS_KEY, SECRET_KEY, Stage, bare, lead_lines};

/// A situation: the command, and what is in its environment besides the account.
type Situation<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);

/// The command's words, with nothing in them that differs from run to run.
fn said(stage: &Stage, command: &mut Command) -> String {
    let run = stage.end(command);
    assert!(matches!(run.code, Some(1 | 2)), "{run:?}");
    let folder = fs::canonicalize(stage.folder.path()).unwrap();
    let emulator = stage.emulator.url();
    let (_, own_port) = emulator.rsplit_once(':').unwrap();
    let text = run
        .stderr
        .replace(folder.to_str().unwrap(), "FOLDER")
        .replace(env!("CARGO_TARGET_TMPDIR"), "CONFIG")
        .replace(&format!(":{own_port}"), ":EMULATOR");

    format!("{text}exit code {}\n", run.code.unwrap())
}

fn files(stage: &Stage) {
    stage.write("leads.ndjson", lead_lines(1..=3));
    stage.write("odd.ndjson", "{\"mail\":\"a@example.com\"}\n");
    stage.write("empty.ndjson", "");
    stage.write("text.txt", "Dear all,\n");
    stage.write("broken.parquet", "PAR1aaaaaaaaaaaaaaaaaaaa");
    stage.write("mapping.toml", "[rename]\nEmailAdress = \"EmailAddress\"\n");
    stage.write("unclosed.toml", "drop = [\n");
    stage.write("unknown.toml", "[renames]\n");
    stage.write("not-a-ledger.db", "a diary");
    stage.write(
        "config.toml",
        "[accounts.main]\nhost = \"h\"\nkeys_file = \"no.keys\"\n",
    );
    stage.write("typo.toml", "[accounts.main]\nhots = \"h\"\n");
    stage.write("key.toml", "[accounts.main]\naccess_key = \"k\"\n");
}

/// What is said in one situation after another.
fn table(stage: &Stage, situations: &[Situation<'_>]) -> String {
    files(stage);
    let host = stage.emulator.url();
    let mut text = String::new();
    for (args, environment) in situations {
        let mut command = bare(args.iter().copied());
        command
            .current_dir(stage.folder.path())
            .env("LEADSQUARED_HOST", &host)
            .env("LEADSQUARED_ACCESS_KEY", ACCESS_KEY)
            .env("LEADSQUARED_SECRET_KEY", SECRET_KEY)
            .envs(environment.iter().copied());
        let said = said(stage, &mut command);
        // Each starts from nothing.
        for file in ["leadsquared.db", "leadsquared.db-wal", "leadsquared.db-shm"] {
            let _ = fs::remove_file(stage.path(file));
        }
        let _ = write!(text, "$ leadsquared {}\n{said}\n", args.join(" "));
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn how_it_is_used() {
    let stage = Stage::new().await;
    let none = ("LEADSQUARED_ACCESS_KEY", "");
    insta::assert_snapshot!(table(
        &stage,
        &[
            (&["laod", "leads.ndjson"], &[]),
            (&["load"], &[]),
            (&["load", "leads.ndjson", "--rate-limt", "5/1s"], &[]),
            (&["load", "leads.ndjson", "--rate-limit", "25"], &[]),
            (&["load", "leads.ndjson", "--timeout", "5"], &[]),
            (&["load", "leads.ndjson", "--timeout", "0s"], &[]),
            (&["load", "leads.ndjson", "--max-rejects", "few"], &[]),
            (&["load", "leads.ndjson", "--auth", "basic"], &[]),
            (&["load", "leads.ndjson", "--reserve", "25"], &[]),
            (&["load", "leads.ndjson", "--metrics", "localhost"], &[]),
            (&["load", "leads.ndjson", "--processes", "2"], &[]),
            (&["load", "leads.ndjson", "--host", "two words"], &[]),
            (
                &["load", "leads.ndjson", "--host", "http://example.com"],
                &[],
            ),
            (&["load", "leads.ndjson"], &[none]),
        ]
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_and_written() {
    let stage = Stage::new().await;
    insta::assert_snapshot!(table(
        &stage,
        &[
            (&["load", "no-such.ndjson"], &[]),
            (&["load", "no-such-*.parquet"], &[]),
            (&["load", "text.txt"], &[]),
            (&["load", "empty.ndjson"], &[]),
            (&["load", "broken.parquet"], &[]),
            (&["load", "odd.ndjson"], &[]),
            (&["load", "leads.ndjson", "--mapping", "no-such.toml"], &[]),
            (&["load", "leads.ndjson", "--mapping", "mapping.toml"], &[]),
            (&["load", "leads.ndjson", "--mapping", "unclosed.toml"], &[]),
            (&["load", "leads.ndjson", "--mapping", "unknown.toml"], &[]),
            (&["load", "leads.ndjson", "--results", "leads.ndjson"], &[]),
            (
                &[
                    "load",
                    "leads.ndjson",
                    "--results",
                    "no-such/results.ndjson",
                ],
                &[],
            ),
            (&["load", "leads.ndjson", "--results", "/dev/full/x"], &[]),
            (
                &["load", "leads.ndjson", "--ledger", "not-a-ledger.db"],
                &[],
            ),
            (
                &["load", "leads.ndjson", "--ledger", "no-such/runs.db"],
                &[],
            ),
        ]
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_and_addresses() {
    let stage = Stage::new().await;
    // Nobody listens at this port, and somebody does at that one.
    let (closed, taken) = ports();
    let closed = format!("127.0.0.1:{closed}");
    let closed_host = format!("http://{closed}");
    let taken = taken
        .local_addr()
        .map(|address| (taken, address.to_string()));
    let (_listener, taken_at) = taken.unwrap();
    let text = table(
        &stage,
        &[
            (&["load", "leads.ndjson", "--metrics", &taken_at], &[]),
            (
                &[
                    "load",
                    "leads.ndjson",
                    "--host",
                    &closed_host,
                    "--attempts",
                    "1",
                ],
                &[],
            ),
            (
                &["load", "leads.ndjson"],
                &[("LEADSQUARED_SECRET_KEY", "wrong")],
            ),
            (&["load", "leads.ndjson", "--account", "main"], &[]),
            (
                &[
                    "load",
                    "leads.ndjson",
                    "--config",
                    "config.toml",
                    "--account",
                    "mian",
                ],
                &[],
            ),
            (
                &[
                    "load",
                    "leads.ndjson",
                    "--config",
                    "config.toml",
                    "--account",
                    "main",
                ],
                &[],
            ),
            (&["accounts", "--config", "typo.toml"], &[]),
            (&["accounts", "--config", "key.toml"], &[]),
            (&["runs", "--ledger", "no-such.db"], &[]),
            (&["results", "last"], &[]),
            (&["emulate", "--listen", "localhost"], &[]),
            (&["emulate", "--listen", &taken_at], &[]),
            (&["completions", "tcsh"], &[]),
        ],
    );
    let text = text.replace(&closed, "127.0.0.1:CLOSED");
    insta::assert_snapshot!(text.replace(&taken_at, "127.0.0.1:TAKEN"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_not_over_is_told_with_both_ways_out() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=120));
    let faults = [Fault::delay(Duration::ZERO), Fault::status(401)];
    stage.emulator.script_all(faults);
    let load = || {
        let pace = ["--rate-limit", "1000/1s", "--concurrency", "1"];
        stage.command([&["load", "leads.ndjson"][..], &pace].concat())
    };
    let mut text = said(&stage, &mut load());
    text += &said(&stage, &mut load());
    text += &said(&stage, &mut stage.command(["results", "9"]));
    text += &said(&stage, &mut stage.command(["replay", "9"]));
    insta::assert_snapshot!(text);
}

/// A port that nobody listens at, and a listener at another.
fn ports() -> (u16, TcpListener) {
    let (closed, taken) = (
        TcpListener::bind("127.0.0.1:0").unwrap(),
        TcpListener::bind("127.0.0.1:0").unwrap(),
    );
    (closed.local_addr().unwrap().port(), taken)
}
