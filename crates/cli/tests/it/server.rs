//! Servers that refuse, throttle, fail, or aren't there.

use std::net::TcpListener;
use std::time::Duration;

use leadsquared_emulator::{Emulator, Fault, ThrottleShape};

use crate::helpers::{Stage, assert_books, lead_lines, leads, load_args, number};

#[tokio::test(flavor = "multi_thread")]
async fn wrong_keys_cost_one_call() {
    let stage = Stage::new().await;
    stage.parquet("leads.parquet", &leads(1..=500));
    for auth in ["query", "header"] {
        let calls = stage.emulator.call_count();
        let args = [
            "leads.parquet",
            "--auth",
            auth,
            "--results",
            "results.ndjson",
        ];
        let mut command = stage.command(load_args(&args));
        let run = stage.end(command.env("LEADSQUARED_SECRET_KEY", "wrong-SecWp4Tv"));
        assert_eq!(run.code, Some(1), "{run:?}");
        let summary = run.summary();
        assert_books(&summary, &[("not_sent", number(&summary, "read"))]);
        assert_eq!(number(&summary, "calls"), 1);
        assert_eq!(stage.emulator.call_count(), calls + 1);
        run.assert_said(&[
            "error: the server answered 401",
            "check the host and the two keys",
        ]);
        assert!(!run.stderr.contains("rows that were not read"), "{run:?}");
        let results = stage.lines("results.ndjson");
        assert_eq!(results.len() as u64, number(&summary, "read"));
        assert!(results.iter().all(|line| line["outcome"] == "not_sent"));
    }
    assert_eq!(stage.emulator.lead_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_without_the_endpoint_costs_one_call() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=120));
    let host = format!("{}/another/service", stage.emulator.url());
    let (run, summary) = stage.load(&["leads.ndjson", "--host", &host]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_books(&summary, &[("not_sent", 120)]);
    assert_eq!(stage.emulator.call_count(), 1);
    run.assert_said(&["the server answered 404", "check the host"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_given_up() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=120));
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let host = format!("http://127.0.0.1:{port}");
    let (run, summary) = stage.load(&["leads.ndjson", "--host", &host, "--attempts", "2"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_books(&summary, &[("not_sent", 120)]);
    assert_eq!(
        (number(&summary, "calls"), number(&summary, "retried")),
        (2, 1)
    );
    run.assert_said(&[
        "a call failed and goes again in",
        "error: gave up after 2 attempts",
        "127.0.0.1",
    ]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lower_limit_than_believed_is_learned() {
    let shapes = [
        ThrottleShape::Status429,
        ThrottleShape::Status403,
        ThrottleShape::Status200,
    ];
    for shape in shapes {
        let builder = Emulator::builder()
            .rate_limit(4, Duration::from_secs(1))
            .throttle_shape(shape);
        let stage = Stage::with(builder).await;
        stage.parquet("leads.parquet", &leads(1..=400));
        let (run, summary) = stage.load(&["leads.parquet"]);
        assert_eq!(run.code, Some(0), "{run:?}");
        assert_books(&summary, &[("created", 400)]);
        let throttled = number(&summary, "throttled");
        assert!(throttled > 0, "{summary:?}");
        assert_eq!(number(&summary, "calls"), 8 + throttled);
        run.assert_said(&["the account allows 4 calls in 1 s, not 1000\n"]);
        assert_eq!(run.stderr.matches("the account allows").count(), 1);
        assert_eq!(stage.leads().len(), 400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttle_that_teaches_nothing_is_told_once() {
    let stage = Stage::new().await;
    let higher = Fault::throttle_naming(ThrottleShape::Status429, 5000, Duration::from_secs(1));
    stage.emulator.script_all([higher.clone(), higher]);
    stage.write("leads.ndjson", lead_lines(1..=120));
    let (run, summary) = stage.load(&["leads.ndjson"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("created", 120)]);
    assert_eq!(number(&summary, "throttled"), 2);
    assert_eq!(
        run.stderr.matches("throttled a call").count(),
        1,
        "{}",
        run.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_that_pass_are_tried_again() {
    let stage = Stage::new().await;
    stage
        .emulator
        .script_all([Fault::status(503), Fault::reset(), Fault::status(500)]);
    stage.write("leads.ndjson", lead_lines(1..=120));
    let (run, summary) = stage.load(&["leads.ndjson"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("created", 120)]);
    assert_eq!(
        (number(&summary, "calls"), number(&summary, "retried")),
        (6, 3)
    );
    assert_eq!(stage.emulator.faults_left(), 0);
    run.assert_said(&["a call failed and goes again in", "503"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_came_is_asked_for_again() {
    let stage = Stage::new().await;
    // Three ways to lose an answer to a call whose leads are stored.
    stage
        .emulator
        .script_all([Fault::html(), Fault::reset().stored(), Fault::hang()]);
    stage.write("leads.ndjson", lead_lines(1..=120));
    let (run, summary) = stage.load(&["leads.ndjson", "--concurrency", "1", "--timeout", "500ms"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    // The first call meets html, then the reset, then the hang.
    assert_books(&summary, &[("created", 70), ("created_earlier", 50)]);
    assert_eq!(
        (number(&summary, "calls"), number(&summary, "retried")),
        (6, 3)
    );
    assert_eq!(stage.leads().len(), 120);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_came_can_be_left_to_a_person() {
    let stage = Stage::new().await;
    stage.emulator.script(Fault::html());
    stage.write("leads.ndjson", lead_lines(1..=120));
    let (run, summary) = stage.load(&[
        "leads.ndjson",
        "--ambiguous",
        "hold",
        "--rejects",
        "rejects.ndjson",
    ]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_books(&summary, &[("created", 70), ("unconfirmed", 50)]);
    assert_eq!(number(&summary, "calls"), 3);
    let rejects = stage.lines("rejects.ndjson");
    assert_eq!(rejects.len(), 50);
    assert!(rejects.iter().all(|line| line["outcome"] == "unconfirmed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_call_is_told_in_the_servers_words() {
    let stage = Stage::new().await;
    let refusal = || {
        Fault::exception(
            500,
            "MXUnknownAttributeException",
            "Attribute(s) does not exist - mx_Nope",
        )
    };
    // The first call, and its first row alone.
    stage.emulator.script_all([refusal(), refusal()]);
    stage.write("leads.ndjson", lead_lines(1..=120));
    let run = stage.run(&[
        "load",
        "leads.ndjson",
        "--rejects",
        "rejects.ndjson",
        "--concurrency",
        "1",
    ]);
    assert_eq!(run.code, Some(3), "{run:?}");
    let words = "MXUnknownAttributeException: Attribute(s) does not exist - mx_Nope";
    assert_eq!(run.stderr.matches(words).count(), 1, "{}", run.stderr);
    assert!(run.stdout.contains(words), "{}", run.stdout);
    assert!(
        run.stdout
            .contains("created          119\nrejected           1\n"),
        "{}",
        run.stdout
    );
    let rejects = stage.lines("rejects.ndjson");
    assert_eq!(rejects.len(), 1);
    assert_eq!(rejects[0]["code"], "MXUnknownAttributeException");
    assert_eq!(
        rejects[0]["reason"],
        "Attribute(s) does not exist - mx_Nope"
    );
    assert_eq!(stage.emulator.lead_count(), 119);
}

#[tokio::test(flavor = "multi_thread")]
async fn leads_that_are_there_already_are_duplicates() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=60));
    let (run, _) = stage.load(&["leads.ndjson"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let (run, summary) = stage.load(&["leads.ndjson"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_books(&summary, &[("duplicate", 60)]);
    assert_eq!(stage.emulator.lead_count(), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_calls_are_in_flight_than_asked_for() {
    let latency = leadsquared_emulator::Latency {
        service: Duration::from_millis(100),
        ..Default::default()
    };
    let stage = Stage::with(Emulator::builder().no_rate_limit().latency(latency)).await;
    stage.write("leads.ndjson", lead_lines(1..=200));
    let (run, _) = stage.load(&["leads.ndjson", "--concurrency", "1"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let arrivals: Vec<Duration> = stage.emulator.calls().iter().map(|call| call.at).collect();
    assert_eq!(arrivals.len(), 4);
    // Each waited for the answer to the one before.
    assert!(
        arrivals
            .windows(2)
            .all(|pair| pair[1] >= pair[0] + latency.service),
        "{arrivals:?}"
    );
}
