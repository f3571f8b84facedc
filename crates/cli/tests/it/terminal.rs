//! What a person sees: colours and progress on a terminal, neither elsewhere; as little or as much as
//! was asked for.

use std::process::Command;
use std::time::Duration;

use leadsquared_emulator::{Emulator, Fault, Latency};
use serde_json::json;

use crate::helpers::{ACCESS_KEY, Run, SECRET_KEY, Stage, bare, lead_lines, leads, load_args};
use crate::pty::{self, On, Shown};

const GREEN: &str = "\x1b[32m";
const RED: &str = "\x1b[31m";
const YELLOW: &str = "\x1b[33m";
const RESET: &str = "\x1b[0m";

/// Three good rows, one that is no lead, and a duplicate.
async fn stage() -> Stage {
    let stage = Stage::new().await;
    let lines = lead_lines(1..=3) + "{\"FirstName\":\"None\"}\n" + &lead_lines(1..=1);
    stage.write("leads.ndjson", lines);
    stage
}

/// A load with these variables of a terminal.
fn load(stage: &Stage, args: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = stage.command([&["load", "leads.ndjson", "--no-ledger"], args].concat());
    command.envs(environment.iter().copied());
    command
}

/// Without the line that tells times.
fn without_times(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.contains(" leads/s, "));
    lines.map(|line| line.to_owned() + "\n").collect()
}

fn without_colours(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

const XTERM: (&str, &str) = ("TERM", "xterm-256color");

#[tokio::test(flavor = "multi_thread")]
async fn a_summary_has_colours_on_a_terminal_where_nothing_says_otherwise() {
    let stage = stage().await;
    // The first load creates the leads; each later one has the same answers.
    stage.end(&mut load(&stage, &[], &[]));
    let plain = stage.end(&mut load(&stage, &[], &[]));
    assert!(!plain.stdout.contains('\x1b'), "{plain:?}");
    for (args, environment, has_colours) in [
        (&[][..], &[XTERM][..], true),
        (&[], &[XTERM, ("NO_COLOR", "")], true),
        (&[], &[XTERM, ("NO_COLOR", "1")], false),
        (&["--color", "always"], &[XTERM, ("NO_COLOR", "1")], true),
        (&["--color", "never"], &[XTERM], false),
        (&[], &[("TERM", "dumb")], false),
        (&[], &[], false),
    ] {
        let shown = pty::run(&mut load(&stage, args, environment), On::Stdout);
        assert_eq!(shown.code, Some(3), "{shown:?}");
        assert_eq!(
            shown
                .terminal
                .contains(&format!("{RED}rejected        {RESET} 1\n")),
            has_colours,
            "{environment:?}: {shown:?}"
        );
        assert_eq!(shown.terminal.contains('\x1b'), has_colours, "{shown:?}");
        assert_eq!(
            without_times(&without_colours(&shown.terminal)),
            without_times(&plain.stdout)
        );
    }
    for (args, environment, has_colours) in [
        (&[][..], &[XTERM][..], false),
        (&["--color=always"], &[XTERM], true),
        (&[], &[XTERM, ("CLICOLOR_FORCE", "1")], true),
        (
            &[],
            &[XTERM, ("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")],
            false,
        ),
    ] {
        let run = stage.end(&mut load(&stage, args, environment));
        assert_eq!(
            run.stdout.contains(RED),
            has_colours,
            "{environment:?}: {run:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_outcome_has_its_colour() {
    let stage = stage().await;
    stage.emulator.script_all([Fault::hang()]);
    let mut command = load(
        &stage,
        &[
            "--color",
            "always",
            "--ambiguous",
            "hold",
            "--timeout",
            "300ms",
        ],
        &[],
    );
    let run = stage.end(&mut command);
    assert!(
        run.stdout
            .contains(&format!("{YELLOW}unconfirmed     {RESET} 3\n")),
        "{run:?}"
    );
    let stage = self::stage().await;
    let run = stage.end(&mut load(&stage, &["--color", "always"], &[]));
    assert!(
        run.stdout
            .contains(&format!("{GREEN}created         {RESET} 3\n")),
        "{run:?}"
    );
    assert!(
        run.stdout
            .contains(&format!("{RED}rejected{RESET}: no value")),
        "{run:?}"
    );
    assert!(run.stdout.contains("duplicate        1\n"), "{run:?}");
    // What programs read has none.
    let run = stage.end(&mut load(
        &stage,
        &["--color", "always", "--format", "json"],
        &[],
    ));
    assert!(!run.stdout.contains('\x1b'), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_and_help_have_colours_too() {
    let stage = stage().await;
    let shown = |args: &[&str], on| {
        let mut command = bare(args.iter().copied());
        command
            .current_dir(stage.folder.path())
            .env("TERM", "xterm");
        pty::run(&mut command, on)
    };
    let error = "\x1b[1m\x1b[31merror:\x1b[0m";
    let failed = shown(&["load", "no.ndjson", "--emulator"], On::Stderr);
    assert!(
        failed
            .terminal
            .starts_with(&format!("leadsquared: {error} ")),
        "{failed:?}"
    );
    let usage = shown(&["load"], On::Stderr);
    assert!(usage.terminal.contains(error), "{usage:?}");
    assert!(
        shown(&["--help"], On::Stdout)
            .terminal
            .contains("\x1b[1m\x1b[32mUsage:")
    );
    for args in [
        &["load", "no.ndjson", "--emulator", "--color", "never"][..],
        &["load", "--color=never"],
        &["--help", "--color", "never"],
    ] {
        let shown = shown(args, On::Both);
        assert!(!shown.terminal.contains('\x1b'), "{shown:?}");
    }
    let run = Run::of(&bare(["--color", "always", "load"]).output().unwrap());
    assert!(run.stderr.contains(error), "{run:?}");
    let run = Run::of(&bare(["load", "x", "--color", "blue"]).output().unwrap());
    run.assert_failed(2, &["auto, always, never"]);
}

/// 30 calls of 50 leads at 20 calls a second.
async fn slow_stage() -> Stage {
    let emulator = Emulator::builder()
        .rate_limit(10, Duration::from_millis(500))
        .latency(Latency {
            service: Duration::from_millis(20),
            ..Latency::default()
        });
    let stage = Stage::with(emulator).await;
    // A file that knows how many rows it has.
    stage.parquet("leads.parquet", &leads(1..1501));
    stage
}

fn slow_load(stage: &Stage, args: &[&str]) -> Shown {
    let load = [
        "load",
        "leads.parquet",
        "--no-ledger",
        "--rate-limit",
        "10/500ms",
    ];
    let mut command = stage.command([&load, args].concat());
    command.envs([XTERM]);
    pty::run(&mut command, On::Both)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bar_shows_rows_speed_limit_and_time_left_and_is_gone_at_the_end() {
    let stage = slow_stage().await;
    let shown = slow_load(&stage, &[]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    let frames: Vec<String> = shown.terminal.split('\r').map(without_colours).collect();
    let frame = frames
        .iter()
        .find(|frame| frame.contains(" rows/s, ") && frame.contains("% "))
        .unwrap_or_else(|| panic!("{shown:?}"));
    for word in [
        "[",
        "]",
        "% ",
        " of 1,500 rows, ",
        " of 1000 rows/s, about ",
        " left",
    ] {
        assert!(frame.contains(word), "{word:?} is not in {frame:?}");
    }
    // The last is cleared, and the summary stands alone.
    let (_, rest) = shown.terminal.rsplit_once("\x1b[2K").unwrap();
    assert!(
        without_colours(rest).trim_start().starts_with("read"),
        "{rest:?}"
    );
    assert_eq!(stage.emulator.lead_count(), 1500);
}

#[tokio::test(flavor = "multi_thread")]
async fn log_lines_stand_above_the_bar() {
    let stage = slow_stage().await;
    let shown = slow_load(&stage, &["-vv", "--color", "never"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    let lines: Vec<&str> = shown
        .terminal
        .lines()
        .filter(|line| line.contains("DEBUG"))
        .collect();
    assert!(lines.len() >= 30, "{shown:?}");
    for line in lines {
        // A bar that stood there was cleared first.
        let before = line.split("DEBUG").next().unwrap();
        let before = before.rsplit("\x1b[2K").next().unwrap();
        assert!(!before.contains('%'), "{line:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_load_says_nothing_but_errors() {
    let stage = slow_stage().await;
    let shown = slow_load(&stage, &["--quiet"]);
    assert_eq!((shown.code, shown.terminal.as_str()), (Some(0), ""));

    let stage = self::stage().await;
    // Notices: the emulator's address, the page of metrics.
    let args = [
        "load",
        "leads.ndjson",
        "-q",
        "--emulator",
        "--metrics",
        "127.0.0.1:0",
    ];
    let run = stage.run(&args);
    assert_eq!(
        (run.code, run.stdout.as_str(), run.stderr.as_str()),
        (Some(3), "", "")
    );
    // Data that was asked for is no talk.
    let run = stage.run(&["load", "leads.ndjson", "--quiet", "--format", "json"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(3), ""));
    assert_eq!(run.summary()["created"], 3);
    for args in [
        &["runs", "-q"][..],
        &["results", "1", "-q"],
        &["check", "leads.ndjson", "-q"],
    ] {
        let run = stage.run(args);
        assert!(!run.stdout.is_empty() && run.stderr.is_empty(), "{run:?}");
    }
    let run = stage.run(&["-q", "load", "no.ndjson"]);
    run.assert_failed(1, &["leadsquared: error: "]);
    stage
        .run(&["load", "leads.ndjson", "-q", "-v"])
        .assert_failed(2, &["--quiet", "--verbose"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_is_logged_for_each_v() {
    let stage = stage().await;
    let log = |args: &[&str], level: Option<&str>| {
        let mut command = stage.command([&["load", "leads.ndjson", "--restart"], args].concat());
        if let Some(level) = level {
            command.env("LEADSQUARED_LOG", level);
        }
        stage.end(&mut command).stderr
    };
    assert_eq!(log(&[], None), "");
    let info = log(&["-v"], None);
    for word in [
        " INFO ",
        "the environment's account",
        "leads.ndjson",
        "leadsquared.db",
    ] {
        assert!(info.contains(word), "{word:?} is not in {info}");
    }
    assert!(!info.contains("DEBUG"), "{info}");
    let debug = log(&["-vv"], None);
    assert!(
        debug.contains("DEBUG") && debug.contains("status=200"),
        "{debug}"
    );
    assert!(!debug.contains('\x1b'), "{debug}");
    // The variable goes before the option.
    assert_eq!(log(&["-vv"], Some("error")), "");
    assert!(log(&["-q"], Some("info")).contains(" INFO "));
    let mut command = stage.command(["load", "leads.ndjson", "-v"]);
    let run = stage.end(command.env("RUST_LOG", "error"));
    assert!(run.stderr.contains(" INFO "), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_summary_says_what_to_do_next() {
    let stage = stage().await;
    let rows = lead_lines(1..=3) + "{\"FirstName\":\"None\"}\n" + &lead_lines(1..=1);
    stage.write("other leads.ndjson", rows);
    let run = stage.run(&["load", "leads.ndjson"]);
    let end = "\n1 row was rejected: leadsquared results 1 --outcome rejected\n\
        1 row is a duplicate: leadsquared results 1 --outcome duplicate\n\
        to send it again, after a fix: leadsquared replay 1\n";
    assert!(run.stdout.ends_with(end), "{run:?}");
    // Each can be typed as it stands.
    let run = stage.run(&["results", "1", "--outcome", "rejected"]);
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");

    let ledger = "it's here.db";
    let host = stage.emulator.url();
    let args = [
        "other leads.ndjson",
        "--ledger",
        ledger,
        "--host",
        &host,
        "--auth",
        "query",
    ];
    let (_, summary) = stage.load(&args);
    assert_eq!(summary["run"], 1);
    let option = "--ledger \"it's here.db\"";
    assert_eq!(
        summary["next"],
        json!([
            format!("leadsquared results 1 --outcome rejected {option}"),
            format!("leadsquared results 1 --outcome duplicate {option}"),
            format!("leadsquared replay 1 {option} --host {host} --auth query"),
        ])
    );
    // A shell reads them back.
    let line = summary["next"][2].as_str().unwrap();
    let mut shell = Command::new("sh");
    shell
        .args([
            "-c",
            &line.replacen("leadsquared", env!("CARGO_BIN_EXE_leadsquared"), 1),
        ])
        .current_dir(stage.folder.path())
        .env("LEADSQUARED_ACCESS_KEY", ACCESS_KEY)
        .env("LEADSQUARED_SECRET_KEY", SECRET_KEY);
    let run = stage.end(&mut shell);
    assert_eq!(run.code, Some(3), "{run:?}");

    // A run that is not over goes on first; an emulator's is gone; a complete one needs nothing.
    stage.write(
        "bad.ndjson",
        "{\"FirstName\":\"None\"}\n".to_owned() + &lead_lines(20..=20),
    );
    stage.emulator.script_all([Fault::status(401)]);
    let (_, summary) = stage.load(&["bad.ndjson"]);
    let results = "leadsquared results 2 --outcome rejected";
    assert_eq!(summary["next"], json!([results]));
    stage.write("leads.ndjson", lead_lines(10..=12));
    let (_, summary) = stage.load(&["leads.ndjson"]);
    assert_eq!(summary["next"], json!([]));
    let run = stage.run(&load_args(&["leads.ndjson", "--no-ledger"]));
    let summary = run.summary();
    assert_eq!(
        (&summary["run"], &summary["next"]),
        (&json!(null), &json!([]))
    );
    let run = stage.run(&["load", "leads.ndjson", "--no-ledger"]);
    assert!(
        run.stdout.ends_with("load with --rejects FILE.\n"),
        "{run:?}"
    );
}
