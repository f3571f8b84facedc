//! How the command is used, and how it says that it was not.

use std::process::Stdio;

use crate::helpers::{Run, Stage, bare, lead_lines};

#[tokio::test(flavor = "multi_thread")]
async fn a_load_without_an_account_names_the_variables_and_the_emulator() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=1));
    let load = |names: &[&str]| {
        let mut command = stage.command(["load", "leads.ndjson"]);
        for name in names {
            command.env_remove(name);
        }
        stage.end(&mut command)
    };
    let all = [
        "LEADSQUARED_HOST",
        "LEADSQUARED_ACCESS_KEY",
        "LEADSQUARED_SECRET_KEY",
    ];
    load(&all).assert_failed(2, &[all[0], all[1], all[2], "--emulator"]);
    for missing in all {
        let run = load(&[missing]);
        run.assert_failed(2, &[missing, "--emulator"]);
        for other in all.iter().filter(|name| **name != missing) {
            assert!(!run.stderr.contains(other), "{}", run.stderr);
        }
    }
    let mut command = stage.command(["load", "leads.ndjson"]);
    stage
        .end(command.env("LEADSQUARED_SECRET_KEY", " "))
        .assert_failed(2, &["LEADSQUARED_SECRET_KEY"]);
    assert_eq!(stage.emulator.call_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_meant_is_a_usage_error() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=1));
    let cases: [(&[&str], &str); 10] = [
        (&[], "Usage"),
        (&["unload"], "unload"),
        (&["load"], "<INPUT>"),
        (&["load", "leads.ndjson", "--rate-limit", "0/5s"], "0/5s"),
        (&["load", "leads.ndjson", "--timeout", "30"], "such as 30s"),
        (&["load", "leads.ndjson", "--timeout", "0s"], "--timeout"),
        (
            &["load", "leads.ndjson", "--concurrency", "0"],
            "--concurrency",
        ),
        (
            &["load", "leads.ndjson", "--emulator", "--host", "h"],
            "--host",
        ),
        (
            &[
                "load",
                "leads.ndjson",
                "--host",
                "http://api.leadsquared.com",
            ],
            "use https",
        ),
        (&["load", "leads.ndjson", "--host", "a b"], "is not a host"),
    ];
    for (args, word) in cases {
        stage.run(args).assert_failed(2, &[word]);
    }
    assert_eq!(stage.emulator.call_count(), 0);
}

#[test]
fn help_and_version_are_data() {
    for args in [
        &["--help"][..],
        &["--version"],
        &["check", "--help"],
        &["emulate", "--help"],
    ] {
        let run = Run::of(&bare(args.iter().copied()).output().unwrap());
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{args:?}");
        assert!(!run.stdout.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_to_read_standard_output() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=1));
    for args in [
        &["check", "leads.ndjson"][..],
        &["load", "leads.ndjson"],
        &["load", "--help"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = stage.command(args.iter().copied());
        let child = command
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = tokio::task::block_in_place(|| child.wait_with_output().unwrap());
        let run = stage.checked(&output);
        assert_eq!(run.code, Some(0), "{run:?}");
        assert_eq!(run.stderr, "");
    }
    assert_eq!(stage.emulator.lead_count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_to_listen_to_standard_error() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=1));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = stage.command(["load", "leads.ndjson", "--emulator"]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(writer)
        .spawn()
        .unwrap();
    let output = tokio::task::block_in_place(|| child.wait_with_output().unwrap());
    assert_eq!(stage.checked(&output).code, Some(0));
}
