//! Leads held against the account's fields, before any is sent.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use leadsquared_emulator::{Emulator, EmulatorBuilder, Fault, LeadField, ThrottleShape};

use crate::helpers::{
    ACCESS_KEY, Run, SECRET_KEY, Stage, Summary, assert_books, lead_lines, leads, load_args, number,
};

/// The fields of an account in which much can go wrong.
fn fields() -> Vec<LeadField> {
    vec![
        LeadField::new("EmailAddress", "Email").unique(),
        LeadField::new("Phone", "Phone").unique(),
        LeadField::new("FirstName", "Text"),
        LeadField::new("LastName", "Text")
            .display_name("Last Name")
            .mandatory(),
        LeadField::new("mx_City", "Text").max_length(6),
        LeadField::new("mx_Size", "Select").options(["S", "M", "L"]),
        LeadField::new("mx_Tags", "MultiSelect").options(["a", "b"]),
        LeadField::new("LeadType", "Select")
            .options(["OT_0"])
            .mandatory()
            .default_value("OT_0"),
    ]
}

/// An account that holds leads against its fields.
fn strict() -> EmulatorBuilder {
    Emulator::builder()
        .no_rate_limit()
        .fields(fields())
        .strict_fields(true)
}

/// An account in which nothing is mandatory.
fn lenient() -> EmulatorBuilder {
    let fields = fields().into_iter();
    let fields = fields.filter(|field| field.schema_name() != "LastName");
    Emulator::builder()
        .no_rate_limit()
        .fields(fields.collect())
        .strict_fields(true)
}

/// The command with a preflight, which the other tests do without.
fn command(stage: &Stage, args: &[&str]) -> Command {
    let mut command = stage.command(args.iter().copied());
    command.env_remove("LEADSQUARED_NO_PREFLIGHT");
    command
}

fn run(stage: &Stage, args: &[&str]) -> Run {
    stage.end(&mut command(stage, args))
}

fn load(stage: &Stage, args: &[&str]) -> (Run, Summary) {
    let run = run(stage, &load_args(args));
    let summary = run.summary();
    (run, summary)
}

/// Lines of NDJSON, each with an e-mail address of its own.
fn lines(lines: &[&str]) -> String {
    let line = |(at, rest): (usize, &&str)| {
        format!(
            "{{\"EmailAddress\":\"lead{}@example.com\"{rest}}}\n",
            at + 1
        )
    };
    lines.iter().enumerate().map(line).collect()
}

/// The methods of all calls so far.
fn methods(stage: &Stage) -> Vec<String> {
    let calls = stage.emulator.calls();
    calls.into_iter().map(|call| call.method).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn attributes_that_the_account_lacks_are_told_before_it_refuses_them() {
    let stage = Stage::with(strict()).await;
    stage.write(
        "leads.ndjson",
        lines(&[r#","City":"Rome","LastName":"A","mx_Size":"S""#]),
    );
    stage.write("constants.toml", "[constants]\nSauce = \"Web\"\n");
    let args = ["leads.ndjson", "--mapping", "constants.toml"];
    let (refused, summary) = load(&stage, &args);
    assert_eq!(refused.code, Some(3));
    assert_books(&summary, &[("rejected", 1)]);
    refused.assert_said(
        &[
            "column \"City\" sets \"City\", which the account doesn't have (did you mean \"mx_City\"?)\n",
            "the constant \"Web\" sets \"Sauce\", which the account doesn't have\n",
            "the account would refuse calls with these; if it does, mend the mapping",
        ],
    );
    assert_eq!(methods(&stage), ["GET", "POST"]);
    assert_eq!(stage.emulator.lead_count(), 0);

    stage.write("mended.toml", "[rename]\nCity = \"mx_City\"\n");
    let args = ["leads.ndjson", "--mapping", "mended.toml"];
    let (run, summary) = load(&stage, &args);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("created", 1)]);
    assert_eq!(run.stderr, "");
    assert_eq!(
        stage.leads()["lead1@example.com"].get("mx_City"),
        Some("Rome")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandatory_field_that_nothing_sets_ends_the_load_before_it_begins() {
    let stage = Stage::with(strict()).await;
    stage.parquet("leads.parquet", &leads(1..=60));
    let missing = "nothing sets \"LastName\" (Last Name), which is mandatory in the account";
    run(&stage, &load_args(&["leads.parquet"])).assert_failed(1, &[missing, "error: "]);
    assert_eq!(methods(&stage), ["GET"]);
    let csv = b"EmailAddress\na@example.com\n";
    let mut command = command(&stage, &load_args(&["-", "--input-format", "csv"]));
    stage
        .end_with_input(&mut command, csv)
        .assert_failed(1, &[missing]);
    assert_eq!(stage.emulator.lead_count(), 0);
    // Of NDJSON, lines that nobody has seen yet may set it.
    let mut late = vec![""; 1_500];
    late.push(r#","LastName":"A""#);
    let mut command = self::command(&stage, &load_args(&["-", "--no-ledger"]));
    let run = stage.end_with_input(&mut command, lines(&late).as_bytes());
    assert_books(&run.summary(), &[("created", 1), ("rejected", 1_500)]);

    stage.write("constants.toml", "[constants]\nLastName = \"Unknown\"\n");
    let (run, summary) = load(&stage, &["leads.parquet", "--mapping", "constants.toml"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert_books(&summary, &[("created", 60)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_the_account_rejects_are_told_and_the_others_get_in() {
    let stage = Stage::with(strict()).await;
    stage.write(
        "leads.ndjson",
        lines(&[
            r#","LastName":"A","mx_City":"Mölnda""#,
            r#","LastName":"B","mx_City":"Göteborg""#,
            r#","LastName":"C","mx_Size":"XL""#,
            r#","LastName":" ","mx_City":"Stockholm""#,
            r#","LastName":"E","mx_Tags":["a","b"]"#,
            r#","LastName":"F","mx_Tags":["a","c"]"#,
            r#","mx_Size":"s""#,
        ]),
    );
    let (run, summary) = load(&stage, &["leads.ndjson", "--rejects", "rejects.ndjson"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_books(&summary, &[("created", 2), ("rejected", 5)]);
    assert_eq!(
        run.stderr,
        "leadsquared: the account will likely reject 5 rows; the others go in:
leadsquared: 2 rows: mx_City has more than 6 characters (\"Stockholm\" has 9): leads.ndjson, rows 2, 4
leadsquared: 2 rows: mx_Size has \"XL\", which is not among its options: leads.ndjson, rows 3, 7
leadsquared: 2 rows: LastName is empty, and mandatory in the account: leads.ndjson, rows 4, 7
leadsquared: 1 row: mx_Tags has \"c\", which is not among its options: leads.ndjson, row 6
"
    );
    // What was told is what the server did.
    let rejected = stage.lines("rejects.ndjson");
    let mut rows: Vec<u64> = rejected
        .iter()
        .map(|line| line["row"].as_u64().unwrap())
        .collect();
    rows.sort_unstable();
    assert_eq!(rows, [2, 3, 4, 6, 7]);
    assert_eq!(
        stage.leads()["lead5@example.com"].get("mx_Tags"),
        Some("a;b")
    );
    assert_eq!(methods(&stage), ["GET", "POST"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_cannot_be_read_cost_a_warning() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=60));
    let faults = [
        (Fault::status(404), "404: The API could not be found"),
        (Fault::status(403), "403"),
        (Fault::status(405), "MXMethodNotAllowedException"),
        (Fault::status(500), "500"),
        (
            Fault::exception(500, "MXSomeException", "no"),
            "MXSomeException: no",
        ),
        (Fault::garbage(), "can't be read"),
        (Fault::html(), "can't be read"),
        (
            Fault::answer(200, "application/json", "[]"),
            "without any field",
        ),
        (Fault::redirect("http://127.0.0.1:9/"), "a redirect"),
        (Fault::reset(), "127.0.0.1"),
        (Fault::truncated(), "broke"),
    ];
    for (fault, words) in faults {
        stage.emulator.script_fields(fault);
        let (run, summary) = load(&stage, &["leads.ndjson", "--no-ledger"]);
        let outcome = if stage.emulator.call_count() > 3 {
            "duplicate"
        } else {
            "created"
        };
        assert_books(&summary, &[(outcome, 60)]);
        run.assert_said(&[
            "the account's fields can't be read, so the leads go out unchecked: ",
            words,
        ]);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    }
    assert_eq!(stage.emulator.lead_count(), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_does_not_come_is_not_waited_for() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=60));
    stage.emulator.script_fields(Fault::hang());
    let (run, summary) = load(&stage, &["leads.ndjson", "--timeout", "3s"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("created", 60)]);
    run.assert_said(&["the leads go out unchecked: no answer from 127.0.0.1 within 3s"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_keys_still_cost_one_call() {
    let stage = Stage::with(strict()).await;
    stage.write("leads.ndjson", lines(&[r#","LastName":"A""#; 120]));
    for auth in ["query", "header"] {
        let calls = stage.emulator.call_count();
        let args = [
            "leads.ndjson",
            "--auth",
            auth,
            "--rejects",
            "rejects.ndjson",
        ];
        let mut command = command(&stage, &load_args(&args));
        let run = stage.end(command.env("LEADSQUARED_SECRET_KEY", "wrong-SecWp4Tv"));
        run.assert_failed(
            1,
            &[
                "error: the server answered 401: The API call was made with invalid access",
                "check the host and the two keys",
            ],
        );
        assert_eq!(stage.emulator.call_count(), calls + 1);
        assert!(!stage.path("rejects.ndjson").exists());
    }
    let (run, summary) = load(&stage, &["leads.ndjson"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert_books(&summary, &[("created", 120)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_call_counts_against_the_limit_as_any_other() {
    let window = Duration::from_secs(1);
    let stage = Stage::with(lenient().rate_limit(2, window)).await;
    stage.write("leads.ndjson", lead_lines(1..=150));
    let args = [
        "load",
        "leads.ndjson",
        "--format",
        "json",
        "--rate-limit",
        "2/1s",
    ];
    let run = run(&stage, &args);
    assert_eq!(run.code, Some(0), "{run:?}");
    let summary = run.summary();
    assert_eq!(
        (number(&summary, "calls"), number(&summary, "throttled")),
        (3, 0)
    );
    assert_eq!(stage.emulator.max_calls_in_window(window), 2);
    assert_eq!(methods(&stage), ["GET", "POST", "POST", "POST"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttle_is_waited_out_and_what_it_teaches_is_told_once() {
    for shape in [
        ThrottleShape::Status429,
        ThrottleShape::Status403,
        ThrottleShape::Status200,
    ] {
        let stage = Stage::with(lenient()).await;
        let limit = Duration::from_secs(1);
        stage
            .emulator
            .script_fields(Fault::throttle_naming(shape, 10, limit));
        stage.write("leads.ndjson", lead_lines(1..=60));
        let (run, summary) = load(&stage, &["leads.ndjson"]);
        assert_eq!(run.code, Some(0), "{run:?}");
        assert_books(&summary, &[("created", 60)]);
        assert_eq!(
            run.stderr,
            "leadsquared: the account allows 10 calls in 1 s, not 1000\n"
        );
        assert_eq!(methods(&stage)[..3], ["GET", "GET", "POST"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_call_counts_against_the_calls_of_a_day() {
    let stage = Stage::with(lenient()).await;
    stage.write("leads.ndjson", lead_lines(1..=120));
    let args = ["leads.ndjson", "--daily-calls", "3", "--concurrency", "1"];
    let (run, summary) = load(&stage, &args);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_books(&summary, &[("created", 100), ("not_sent", 20)]);
    assert_eq!(methods(&stage), ["GET", "POST", "POST"]);
    run.assert_said(&["the daily budget of 3 calls is used up"]);
    // The ledger knows of it too.
    let (run, _) = load(&stage, &["leads.ndjson", "--daily-calls", "3", "--resume"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(stage.emulator.call_count(), 3);
}

/// A server that knows how to create leads and nothing else: to anything else it gives `other`, or
/// hangs up. Answers so many calls.
fn knows_one_call(other: &'static str, calls: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().take(calls) {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut chunk = [0; 8 * 1024];
            let text = loop {
                let read = stream.read(&mut chunk).unwrap();
                request.extend_from_slice(&chunk[..read]);
                let text = String::from_utf8_lossy(&request).into_owned();
                let is_whole =
                    text.ends_with("]]") || text.starts_with("GET") && text.ends_with("\r\n\r\n");
                if read == 0 || is_whole {
                    break text;
                }
            };
            let answer = if text.starts_with("POST /v2/LeadManagement.svc/Lead/Bulk/Create") {
                let leads = text.matches("EmailAddress").count();
                let row = |number| {
                    format!(r#"{{"RowNumber":{number},"LeadId":"id-{number}","LeadCreated":true}}"#)
                };
                let rows: Vec<String> = (1..=leads).map(row).collect();
                let body = format!("[{}]", rows.join(","));
                format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\
                     Content-Length: {}\r\n\r\n{body}",
                    body.len()
                )
            } else {
                other.to_owned()
            };
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    host
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_knows_nothing_of_fields_gets_its_leads() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=20));
    let others = [
        "",
        "what?\r\n",
        "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 418 I'm a teapot\r\nConnection: close\r\nContent-Length: 5\r\n\r\nshort",
        "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 301 Moved\r\nConnection: close\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nnull",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 44\r\n\r\n[{\"RowNumber\":1,\"LeadId\":\"\",\"LeadCreated\":1}]",
    ];
    for other in others {
        let host = knows_one_call(other, 2);
        let (run, summary) = load(&stage, &["leads.ndjson", "--no-ledger", "--host", &host]);
        assert_eq!(run.code, Some(0), "{other:?}: {run:?}");
        assert_books(&summary, &[("created", 20)]);
        assert_eq!(run.stderr.lines().count(), 1, "{other:?}: {}", run.stderr);
        run.assert_said(&["the account's fields can't be read"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_held_against_the_fields_by_its_columns() {
    let stage = Stage::with(strict()).await;
    let end = |input: &str| {
        let mut command = command(&stage, &load_args(&["-"]));
        stage.end_with_input(&mut command, input.as_bytes())
    };
    let unknown = lines(&[r#","LastName":"A","Town":"Rome""#]);
    let refused = end(&unknown);
    assert_books(&refused.summary(), &[("rejected", 1)]);
    refused.assert_said(&["column \"Town\" sets \"Town\", which the account doesn't have"]);
    assert_eq!(stage.emulator.lead_count(), 0);

    let long = lines(&[
        r#","LastName":"A","mx_City":"Stockholm""#,
        r#","LastName":"B""#,
    ]);
    let run = end(&long);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_books(&run.summary(), &[("created", 1), ("rejected", 1)]);
    run.assert_said(&["the values of <stdin> were not checked, as it can be read only once"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_that_only_later_rows_have_are_held_against_the_fields_too() {
    let stage = Stage::with(strict()).await;
    let many = |first: &str, last: &str| {
        let mut all = vec![first; 20_000];
        all.push(last);
        lines(&all)
    };
    stage.write(
        "late.ndjson",
        many(r#","LastName":"A""#, r#","LastName":"A","Town":"Rome""#),
    );
    let (told, summary) = load(&stage, &["late.ndjson", "--no-ledger"]);
    assert_eq!(told.code, Some(3), "{told:?}");
    told.assert_said(&["\"Town\" is set, which the account doesn't have"]);
    // One row has it, and the others are in.
    assert_books(&summary, &[("created", 20_000), ("rejected", 1)]);

    // A mandatory field that some row has is a matter of the others.
    let stage = Stage::with(strict()).await;
    stage.write("given.ndjson", many("", r#","LastName":"A""#));
    let (run, summary) = load(&stage, &["given.ndjson", "--daily-calls", "4"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(number(&summary, "rejected") > 0, "{summary:?}");
    let told = run;
    let (run, summary) = load(&stage, &["given.ndjson", "--resume"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(!run.stderr.contains("LastName"), "{}", run.stderr);
    assert_books(&summary, &[("created", 1), ("rejected", 20_000)]);
    told.assert_said(&[
        "20,000 rows: LastName is empty, and mandatory in the account: given.ndjson, rows 1, 2, 3 …",
    ]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_ends_as_it_does_without() {
    let stage = Stage::with(lenient()).await;
    stage.parquet("good.parquet", &leads(1..=120));
    let whole = crate::helpers::parquet(&leads(121..=320), 50);
    let mut broken = whole.clone();
    // In the last row group's data.
    let place = whole.len() * 4 / 5;
    broken[place..place + 40].fill(0xff);
    stage.write("broken.parquet", broken);
    let args = ["good.parquet", "broken.parquet", "--no-ledger"];
    let (with, summary) = load(&stage, &args);
    assert_eq!(with.code, Some(1), "{with:?}");
    with.assert_said(&["error: ", "broken.parquet"]);
    assert!(number(&summary, "created") > 0, "{summary:?}");
    let (without, _) = stage.load(&args);
    let error = |run: &Run| run.stderr[run.stderr.find("error: ").unwrap()..].to_owned();
    assert_eq!(error(&with), error(&without));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_goes_on_is_held_against_the_fields_by_its_columns() {
    let stage = Stage::with(strict()).await;
    let city = |city: &str| format!(r#","LastName":"A","mx_City":"{city}""#);
    let (short, long) = (city("Rome"), city("Stockholm"));
    let mut all = vec![short.as_str(); 100];
    all.push(&long);
    stage.write("leads.ndjson", lines(&all));
    let args = ["leads.ndjson", "--daily-calls", "2", "--concurrency", "1"];
    let (first, summary) = load(&stage, &args);
    assert_books(&summary, &[("created", 50), ("not_sent", 51)]);
    first.assert_said(&["1 row: mx_City has more than 6 characters"]);

    let (resumed, summary) = load(&stage, &["leads.ndjson", "--resume"]);
    assert_eq!(resumed.code, Some(3), "{resumed:?}");
    assert_books(&summary, &[("created", 100), ("rejected", 1)]);
    assert_eq!(resumed.stderr, "", "what was told is not told again");

    let replayed = run(
        &stage,
        &["replay", "1", "--format", "json", "--rate-limit", "1000/1s"],
    );
    assert_eq!(replayed.code, Some(3), "{replayed:?}");
    stage.write("mended.toml", "[rename]\nmx_City = \"City\"\n");
    let refused = run(&stage, &["replay", "1", "--mapping", "mended.toml"]);
    assert_eq!(refused.code, Some(3));
    refused.assert_said(&["column \"mx_City\" sets \"City\""]);
    let gets = methods(&stage)
        .iter()
        .filter(|method| *method == "GET")
        .count();
    assert_eq!(gets, 4);
    let runs = run(&stage, &["runs", "--format", "json"]);
    assert!(runs.stdout.contains("finished"), "{}", runs.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_done_without() {
    let stage = Stage::with(Emulator::builder().no_rate_limit().fields(fields())).await;
    stage.write("leads.ndjson", lines(&[r#","Town":"Rome""#]));
    let (run, summary) = load(&stage, &["leads.ndjson", "--no-preflight"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert_books(&summary, &[("created", 1)]);
    assert_eq!(methods(&stage), ["POST"]);
    for (value, calls) in [("true", 2), ("1", 3), ("0", 4), ("false", 5)] {
        let mut command = command(&stage, &load_args(&["leads.ndjson", "--no-ledger"]));
        let run = stage.end(command.env("LEADSQUARED_NO_PREFLIGHT", value));
        let expected = if calls < 4 { Some(3) } else { Some(1) };
        assert_eq!(
            (run.code, stage.emulator.call_count()),
            (expected, calls),
            "{value}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_without_rows_asks_nobody() {
    let stage = Stage::with(strict()).await;
    stage.parquet("none.parquet", &leads(0..0));
    let (run, _) = load(&stage, &["none.parquet"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(stage.emulator.call_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_holds_nothing_up() {
    let stage = Stage::with(lenient().unique_fields(["EmailAddress", "mx_City"])).await;
    stage.write(
        "leads.ndjson",
        lines(&[r#","Phone":"12345","mx_City":"Rome""#]),
    );
    let (run, summary) = load(&stage, &["leads.ndjson"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("created", 1)]);
    assert_eq!(
        run.stderr,
        "leadsquared: the mapping counts \"Phone\" as unique, and the account does not
leadsquared: the account has \"mx_City\" as unique, and the mapping's unique_fields do not
"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_it_before_anything_is_sent() {
    let stage = Stage::with(lenient()).await;
    stage.emulator.script_fields(Fault::hang());
    stage.write("leads.ndjson", lead_lines(1..=60));
    let mut command = command(&stage, &load_args(&["leads.ndjson"]));
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    stage.emulator.wait_for_calls(1).await;
    crate::signals::send(&child, "INT");
    let output = tokio::task::block_in_place(|| child.wait_with_output().unwrap());
    let run = stage.checked(&output);
    run.assert_failed(1, &["error: stopped by SIGINT; nothing was sent"]);
    let (run, summary) = load(&stage, &["leads.ndjson"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert_books(&summary, &[("created", 60)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_can_be_rehearsed_against_saved_fields() {
    let stage = Stage::with(strict()).await;
    let saved = run(&stage, &["fields", "--save", "fields.json"]);
    assert_eq!(saved.code, Some(0), "{saved:?}");
    assert_eq!(stage.emulator.call_count(), 1);
    stage.write(
        "leads.ndjson",
        lines(&[
            r#","LastName":"A""#,
            r#","LastName":"A","mx_City":"Stockholm""#,
        ]),
    );
    let args = ["leads.ndjson", "--emulator", "--fields", "fields.json"];
    let (rehearsed, summary) = load(&stage, &args);
    assert_eq!(rehearsed.code, Some(3), "{rehearsed:?}");
    assert_books(&summary, &[("created", 1), ("rejected", 1)]);
    rehearsed.assert_said(&["1 row: mx_City has more than 6 characters (\"Stockholm\" has 9)"]);

    stage.write(
        "unknown.ndjson",
        lines(&[r#","LastName":"A","Town":"Rome""#]),
    );
    let args = ["unknown.ndjson", "--emulator", "--fields", "fields.json"];
    let (refused, summary) = load(&stage, &args);
    assert_books(&summary, &[("rejected", 1)]);
    refused.assert_said(&["column \"Town\" sets \"Town\""]);
    let dry = run(&stage, &[&["load", "--dry-run"], &args[..]].concat());
    assert_eq!(dry.code, Some(3), "{dry:?}");
    assert!(
        dry.stdout
            .contains("fields.json (8 fields) would refuse the leads:\n"),
        "{dry:?}"
    );
    let over = [&load_args(&args)[..], &["--results", "fields.json"]].concat();
    run(&stage, &over).assert_failed(2, &["--results fields.json is the account's fields"]);
    // Without fields the emulator takes anything.
    let (taken, summary) = load(&stage, &["unknown.ndjson", "--emulator"]);
    assert_eq!(taken.code, Some(0), "{taken:?}");
    assert_books(&summary, &[("created", 1)]);
    let args = ["leads.ndjson", "--fields", "fields.json"];
    run(&stage, &load_args(&args)).assert_failed(2, &["--emulator"]);
    assert_eq!(stage.emulator.call_count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_are_in_no_file_and_no_message() {
    // Stage::end looks for them in everything that was written.
    let stage = Stage::with(strict()).await;
    let echo = format!(
        r#"[{{"SchemaName":"EmailAddress","DisplayName":"accessKey={ACCESS_KEY}&secretKey={SECRET_KEY}"}}]"#
    );
    for auth in ["query", "header"] {
        let fault = Fault::answer(200, "application/json", echo.clone());
        stage.emulator.script_fields(fault);
        let run = run(&stage, &["fields", "--save", "fields.json", "--auth", auth]);
        assert_eq!(run.code, Some(0), "{run:?}");
        assert!(stage.read("fields.json").contains("accessKey=[key]"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_its_page_works() {
    let stage = Stage::new().await;
    stage.parquet("leads.parquet", &leads(1..=60));
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/preflight.md");
    let page = std::fs::read_to_string(page).unwrap();
    let commands = page
        .lines()
        .filter_map(|line| line.strip_prefix("leadsquared "))
        .filter_map(|line| line.split('#').next());
    let commands: Vec<Vec<&str>> = commands
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(commands.len(), 5, "{commands:?}");
    for args in commands {
        let run = run(&stage, &args);
        assert_eq!(run.code, Some(0), "{args:?}: {run:?}");
    }
}
