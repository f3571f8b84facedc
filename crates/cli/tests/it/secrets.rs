//! Keys stay where they belong. Every run of these tests is looked through for them; here with
//! everything logged, and where libraries like to show an address.

use std::net::TcpListener;

use leadsquared_emulator::Fault;

use crate::helpers::{Run, Stage, bare, lead_lines, load_args};

/// Loads with everything logged.
fn trace(stage: &Stage, args: &[&str]) -> Run {
    let outputs = [
        "--results",
        "results.ndjson",
        "--rejects",
        "rejects.ndjson",
        "--metrics",
        "127.0.0.1:0",
        "--restart",
    ];
    let run = |level: &str, variable: &str| {
        let mut command = stage.command(load_args(&[args, &outputs].concat()));
        stage.end(command.env(variable, level))
    };
    run("trace", "LEADSQUARED_LOG");
    run(
        "trace,hyper=trace,reqwest=trace,rustls=trace,h2=trace",
        "RUST_LOG",
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_is_shown_whatever_happens() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let closed = format!("http://{closed}");
    for auth in ["query", "header"] {
        let stage = Stage::new().await;
        stage.write("leads.ndjson", lead_lines(1..=60));
        let args = |more: &[&'static str]| {
            [&["leads.ndjson", "--auth", auth, "--attempts", "2"], more].concat()
        };

        assert_eq!(trace(&stage, &args(&[])).code, Some(3)); // the second time, all are duplicates
        let faults = [
            Fault::reset(),
            Fault::status(502),
            Fault::garbage(),
            Fault::truncated(),
            Fault::hang(),
            Fault::redirect("http://127.0.0.1:9/elsewhere"),
        ];
        for fault in faults {
            let calls = stage.emulator.call_count();
            stage
                .emulator
                .script_all([fault.clone(), fault.clone(), fault.clone(), fault]);
            trace(&stage, &args(&["--timeout", "500ms"]));
            assert!(stage.emulator.call_count() >= calls + 2);
            assert!(
                stage
                    .emulator
                    .calls()
                    .iter()
                    .all(|call| call.status != Some(401))
            );
            while stage.emulator.faults_left() > 0 {
                trace(&stage, &args(&["--timeout", "500ms"]));
            }
        }
        let run = trace(&stage, &[&args(&[])[..], &["--host", &closed]].concat());
        assert_eq!(run.code, Some(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_the_wrong_place_is_not_repeated() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=1));
    for host in [
        "https://api.leadsquared.com/?secretKey=SecWp4Tv",
        "https://AccQx7Zr:SecWp4Tv@api.leadsquared.com",
        "http://api.leadsquared.com?accessKey=AccQx7Zr",
    ] {
        let run = stage.run(&["load", "leads.ndjson", "--host", host]);
        assert_eq!(run.code, Some(2), "{run:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn help_names_the_variables_and_not_their_values() {
    let stage = Stage::new().await;
    let run = stage.run(&["load", "--help"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    for name in [
        "LEADSQUARED_HOST",
        "LEADSQUARED_ACCESS_KEY",
        "LEADSQUARED_SECRET_KEY",
    ] {
        assert!(run.stdout.contains(name), "{}", run.stdout);
    }
    assert!(
        !run.stdout.contains(&stage.emulator.url()),
        "{}",
        run.stdout
    );
    // There is no option to give a key by, where a list of processes would show it.
    let run = Run::of(&bare(["load", "x", "--secret-key", "k"]).output().unwrap());
    assert_eq!(run.code, Some(2), "{run:?}");
}
