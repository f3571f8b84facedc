//! Loads from object stores and web addresses: a real S3 server, and the real command.

use std::process::{Command, Stdio};
use std::time::Duration;

use leadsquared_emulator::{Emulator, Fault, Latency};

use crate::helpers::{
    Run, Stage, Summary, assert_books, lead_lines, leads, load_args, number, parquet,
};
use crate::s3::{KEY, S3, SECRET};
use crate::signals::send;

/// The command, with the store's keys in its environment.
fn command(stage: &Stage, s3: &S3, args: &[&str]) -> Command {
    with_keys(stage, &s3.url(), KEY, SECRET, args)
}

fn with_keys(stage: &Stage, url: &str, key: &str, secret: &str, args: &[&str]) -> Command {
    let mut command = stage.command(args.iter().copied());
    command
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", key)
        .env("AWS_SECRET_ACCESS_KEY", secret)
        // Whatever is asked to be logged has no key in it.
        .env("LEADSQUARED_LOG", "trace");
    command
}

/// Runs the command to its end; nothing that it wrote has a key of the store in it.
fn end(stage: &Stage, command: &mut Command) -> Run {
    let run = stage.end(command);
    checked(stage, &run);
    run
}

fn checked(stage: &Stage, run: &Run) {
    let mut written = vec![run.stdout.clone(), run.stderr.clone()];
    for file in std::fs::read_dir(stage.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        written.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    for text in written {
        for secret in [KEY, SECRET, "Scrt", "s3cr3t", "X-Amz-Signature"] {
            assert!(!text.contains(secret), "{secret} is in: {text}");
        }
    }
}

/// Loads with these arguments; the books balance.
fn load(stage: &Stage, s3: &S3, args: &[&str]) -> (Run, Summary) {
    let run = end(stage, &mut command(stage, s3, &load_args(args)));
    let summary = run.summary();
    (run, summary)
}

/// The account has the leads of rows 1 to `rows`, each once and whole.
fn assert_stored(stage: &Stage, rows: u32) {
    let stored = stage.leads();
    assert_eq!(stored.len(), rows as usize);
    for row in 1..=rows {
        let lead = &stored[&format!("lead{row}@example.com")];
        assert_eq!(lead.get("FirstName"), Some(format!("First {row}").as_str()));
    }
}

fn slow() -> leadsquared_emulator::EmulatorBuilder {
    let latency = Latency {
        service: Duration::from_millis(10),
        ..Latency::default()
    };
    Emulator::builder().no_rate_limit().latency(latency)
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_become_leads_whatever_their_format() {
    let (stage, s3) = (Stage::new().await, S3::start().await);
    s3.put("in/a.parquet", parquet(&leads(1..=120), 50));
    s3.put("in/b.ndjson", lead_lines(121..=200));
    s3.put("in/day=1/c.parquet", parquet(&leads(201..=260), 1000));
    s3.put("in/_SUCCESS", "");
    let results = ["--results", "results.ndjson"];
    let (run, summary) = load(&stage, &s3, &[&["s3://exports/in/"][..], &results].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("created", 260)]);
    assert_eq!(number(&summary, "read"), 260);
    assert_stored(&stage, 260);
    let results = stage.lines("results.ndjson");
    assert_eq!(results.len(), 260);
    let of = |file: &str| results.iter().filter(|line| line["file"] == file).count();
    assert_eq!(of("s3://exports/in/a.parquet"), 120);
    assert_eq!(of("s3://exports/in/b.ndjson"), 80);
    assert_eq!(of("s3://exports/in/day=1/c.parquet"), 60);

    // One object, and a pattern that it is also of.
    let (run, summary) = load(
        &stage,
        &s3,
        &["s3://exports/in/a.parquet", "s3://exports/in/*"],
    );
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_books(&summary, &[("duplicate", 200)]);
    let args = ["check", "s3://exports/in/**/*.parquet", "--format", "json"];
    let run = end(&stage, &mut command(&stage, &s3, &args));
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(
        run.stdout.contains("s3://exports/in/day=1/c.parquet"),
        "{run:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_off_loses_no_row_and_repeats_none() {
    let (stage, s3) = (Stage::new().await, S3::start().await);
    s3.put("leads.ndjson", lead_lines(1..=20_000));
    s3.put("leads.parquet", parquet(&leads(20_001..=40_000), 5_000));
    s3.cut([50_000, 200_000, 100_000, 30_000]);
    let (run, summary) = load(
        &stage,
        &s3,
        &["s3://exports/leads.ndjson", "s3://exports/leads.parquet"],
    );
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(s3.cuts_left(), 0);
    assert_books(&summary, &[("created", 40_000)]);
    assert_stored(&stage, 40_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_read_is_told_before_anything_is_sent() {
    let (stage, s3) = (Stage::new().await, S3::start().await);
    s3.put("leads.parquet", parquet(&leads(1..=10), 10));
    let failed = |mut command: Command, words: &[&str]| {
        let run = end(&stage, &mut command);
        run.assert_failed(1, words);
        assert_eq!(stage.emulator.call_count(), 0);
    };
    let of = |url| command(&stage, &s3, &load_args(&[url]));
    failed(
        of("s3://exports/nothing/"),
        &["s3://exports/nothing/", "no object in this folder"],
    );
    failed(
        of("s3://exports/*.csv"),
        &["s3://exports/*.csv", "no file matches"],
    );
    failed(
        of("s3://exports/no.parquet"),
        &["there is no object \"no.parquet\" in the bucket \"exports\""],
    );
    failed(of("s3://nobucket/"), &["there is no bucket \"nobucket\""]);
    failed(of("ftp://h/a"), &["ftp://h/a", "s3://"]);
    failed(
        of(&format!("s3://{KEY}:{SECRET}@exports/a")),
        &["keys belong into the environment"],
    );

    let leads = load_args(&["s3://exports/leads.parquet"]);
    let url = s3.url();
    failed(
        with_keys(&stage, &url, KEY, "wrong", &leads),
        &[
            "access to the object \"leads.parquet\"",
            "SignatureDoesNotMatch",
            "check the keys",
        ],
    );
    failed(
        with_keys(&stage, &url, "nobody", SECRET, &leads),
        &["access to the object", "was denied", "check the keys"],
    );
    let mut half = with_keys(&stage, &url, KEY, SECRET, &leads);
    half.env_remove("AWS_SECRET_ACCESS_KEY");
    failed(half, &["AWS_SECRET_ACCESS_KEY"]);
    let mut none = stage.command(leads.iter().copied());
    none.env("AWS_EC2_METADATA_DISABLED", "true");
    failed(
        none,
        &["no credentials for S3", "AWS_ACCESS_KEY_ID", "profiles"],
    );
    let plain = with_keys(&stage, "http://s3.example", KEY, SECRET, &leads);
    failed(plain, &["not encrypted", "AWS_ALLOW_HTTP"]);

    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    failed(
        with_keys(&stage, &url, KEY, SECRET, &leads),
        &["s3://exports/leads.parquet", "can't be reached", "refused"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_over_objects_goes_on_if_they_are_the_same() {
    let (stage, s3) = (Stage::with(slow()).await, S3::start().await);
    let objects = [
        ("in/a.parquet", parquet(&leads(1..=5_000), 1_000)),
        ("in/b.ndjson", lead_lines(5_001..=6_000).into_bytes()),
    ];
    for (key, content) in &objects {
        s3.put(key, content);
    }
    let args = ["s3://exports/in/", "--concurrency", "2"];
    let mut child = command(&stage, &s3, &load_args(&args))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    stage.emulator.wait_for_calls(20).await;
    child.kill().unwrap();
    tokio::task::block_in_place(|| child.wait().unwrap());
    let calls = stage.emulator.call_count();

    let resume = ["s3://exports/in/", "--resume"];
    // Of the same size, and another content.
    let mut other = objects[0].1.clone();
    let at = other
        .windows(9)
        .position(|text| text == b"First 170")
        .unwrap();
    other[at..at + 5].copy_from_slice(b"Frist");
    s3.put("in/a.parquet", &other);
    let run = end(&stage, &mut command(&stage, &s3, &load_args(&resume)));
    run.assert_failed(
        1,
        &[
            "s3://exports/in/a.parquet has changed since run 1",
            "--restart",
        ],
    );
    s3.put("in/a.parquet", &objects[0].1);
    s3.put("in/c.ndjson", lead_lines(6_001..=6_001));
    let run = end(&stage, &mut command(&stage, &s3, &load_args(&resume)));
    run.assert_failed(1, &["s3://exports/in/c.ndjson"]);
    std::fs::remove_file(s3.path("in/c.ndjson")).unwrap();
    assert_eq!(stage.emulator.call_count(), calls, "nothing was sent");

    let (run, summary) = load(&stage, &s3, &resume);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(number(&summary, "read"), 6_000);
    let created = number(&summary, "created");
    assert_books(
        &summary,
        &[("created", created), ("created_earlier", 6_000 - created)],
    );
    assert!(created >= 6_000 - 2 * 50, "{summary:?}");
    assert_stored(&stage, 6_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_over_objects_can_be_replayed() {
    let (stage, s3) = (Stage::new().await, S3::start().await);
    s3.put("leads.parquet", parquet(&leads(1..=120), 50));
    stage.emulator.script_all([
        Fault::delay(Duration::ZERO),
        Fault::html(),
        Fault::delay(Duration::ZERO),
    ]);
    let args = [
        "s3://exports/leads.parquet",
        "--ambiguous",
        "hold",
        "--concurrency",
        "1",
    ];
    let (run, summary) = load(&stage, &s3, &args);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_books(&summary, &[("created", 70), ("unconfirmed", 50)]);
    let args = ["replay", "1", "--format", "json", "--rate-limit", "1000/1s"];
    let run = end(&stage, &mut command(&stage, &s3, &args));
    assert_eq!(run.code, Some(0), "{run:?}");
    let summary = run.summary();
    assert_eq!(number(&summary, "read"), 120);
    assert_eq!(
        number(&summary, "created") + number(&summary, "created_earlier"),
        120
    );
    assert_stored(&stage, 120);

    s3.put("leads.parquet", parquet(&leads(2..=121), 50));
    let run = end(&stage, &mut command(&stage, &s3, &args));
    run.assert_failed(1, &["s3://exports/leads.parquet has changed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_replaced_during_a_load_ends_it_with_its_books() {
    let (stage, s3) = (Stage::with(slow()).await, S3::start().await);
    // More than is read ahead.
    s3.put("leads.ndjson", lead_lines(1..=100_000));
    let args = ["s3://exports/leads.ndjson", "--concurrency", "2"];
    let child = command(&stage, &s3, &load_args(&args))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    stage.emulator.wait_for_calls(5).await;
    s3.put("leads.ndjson", lead_lines(1..=100_001));
    let output = tokio::task::block_in_place(|| child.wait_with_output().unwrap());
    let run = stage.checked(&output);
    checked(&stage, &run);
    assert_eq!(run.code, Some(1), "{run:?}");
    run.assert_said(&[
        "s3://exports/leads.ndjson: can't be read after row",
        "was replaced",
    ]);
    let created = number(&run.summary(), "created");
    assert!(created > 0 && created < 100_000, "{created}");
    let created = u32::try_from(created).unwrap();
    assert_stored(&stage, created);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_behind_a_web_address_is_loaded_and_its_query_kept_secret() {
    let stage = Stage::with(slow()).await;
    let content = lead_lines(1..=3_000);
    let server = axum::Router::new().route(
        "/exports/{name}",
        axum::routing::get(
            |query: axum::extract::RawQuery, headers: axum::http::HeaderMap| async move {
                if query.0.as_deref() != Some("sig=s3cr3t%2Fx&e=1") {
                    return Err(axum::http::StatusCode::FORBIDDEN);
                }
                let range = headers["range"]
                    .to_str()
                    .unwrap()
                    .strip_prefix("bytes=")
                    .unwrap();
                let (from, to) = range.split_once('-').unwrap();
                let from: usize = from.parse().unwrap();
                let to = content.len().min(to.parse::<usize>().unwrap() + 1);
                let headers = [
                    (
                        "content-range",
                        format!("bytes {from}-{}/{}", to - 1, content.len()),
                    ),
                    ("last-modified", "Thu, 26 Nov 2026 12:00:00 GMT".to_owned()),
                ];
                let body = content[from..to].to_owned();
                Ok((axum::http::StatusCode::PARTIAL_CONTENT, headers, body))
            },
        ),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let shown = format!(
        "http://{}/exports/leads.ndjson",
        listener.local_addr().unwrap()
    );
    tokio::spawn(async move { axum::serve(listener, server).await });

    let url = format!("{shown}?sig=s3cr3t%2Fx&e=1");
    let args = [&*url, "--results", "results.ndjson", "--concurrency", "2"];
    let mut command = stage.command(load_args(&args));
    let child = command
        .env("LEADSQUARED_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    stage.emulator.wait_for_calls(10).await;
    send(&child, "INT");
    let output = tokio::task::block_in_place(|| child.wait_with_output().unwrap());
    let run = stage.checked(&output);
    checked(&stage, &run);
    assert_eq!(run.code, Some(1), "{run:?}");
    // A new signature is the same file.
    let run = end(&stage, &mut stage.command(load_args(&[&*url, "--resume"])));
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&run.summary(), &[("created", 3_000)]);
    assert_stored(&stage, 3_000);
    assert_eq!(stage.lines("results.ndjson")[0]["file"], shown);

    let expired = end(
        &stage,
        &mut stage.command(load_args(&[&*format!("{shown}?sig=s3cr3t")])),
    );
    expired.assert_failed(1, &[&shown, "403 Forbidden", "signed URL"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_settled_is_not_fetched_again() {
    const ROWS: u32 = 20_000;
    let (stage, s3) = (Stage::with(slow()).await, S3::start().await);
    let content = parquet(&leads(1..=ROWS), 1_000);
    s3.put("leads.parquet", &content);
    let args = ["s3://exports/leads.parquet", "--concurrency", "2"];
    let mut child = command(&stage, &s3, &load_args(&args))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Three quarters of all calls.
    stage.emulator.wait_for_calls(300).await;
    child.kill().unwrap();
    tokio::task::block_in_place(|| child.wait().unwrap());
    let before = s3.given("leads.parquet");

    s3.take_asked();
    let (run, summary) = load(&stage, &s3, &["s3://exports/leads.parquet", "--resume"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(number(&summary, "read"), u64::from(ROWS));
    let created = number(&summary, "created");
    let earlier = u64::from(ROWS) - created;
    assert_books(
        &summary,
        &[("created", created), ("created_earlier", earlier)],
    );
    assert!(earlier <= 100, "{summary:?}");
    assert_stored(&stage, ROWS);
    // Twice what it takes to open it, and of the row groups a quarter, not all.
    let again = s3.given("leads.parquet");
    let to_open = 2 * (64 + 64) * 1024;
    assert!(before > content.len(), "{before} of {}", content.len());
    assert!(
        again < content.len() / 2 + to_open,
        "{again} of {}",
        content.len()
    );

    // A run that is over has nothing to read but what a replay is for.
    s3.take_asked();
    let args = ["replay", "1", "--format", "json", "--rate-limit", "1000/1s"];
    let run = end(&stage, &mut command(&stage, &s3, &args));
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(number(&run.summary(), "read"), u64::from(ROWS));
    assert!(
        s3.given("leads.parquet") <= to_open,
        "{}",
        s3.given("leads.parquet")
    );
}
