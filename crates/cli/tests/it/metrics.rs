//! The page of metrics, while a load runs.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;

use leadsquared_emulator::{Emulator, Fault, Latency};

use crate::helpers::{Stage, lead_lines, load_args};

/// What a server has at `/metrics`.
fn scrape(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_can_be_watched() {
    let latency = Latency {
        service: std::time::Duration::from_millis(20),
        ..Latency::default()
    };
    let stage = Stage::with(Emulator::builder().no_rate_limit().latency(latency)).await;
    stage.emulator.script_all([
        Fault::delay(std::time::Duration::ZERO),
        Fault::status(503),
        Fault::hang(),
    ]);
    stage.write("leads.ndjson", lead_lines(1..=500) + "{oops\n");
    let args = [
        "leads.ndjson",
        "--metrics",
        "127.0.0.1:0",
        "--timeout",
        "2s",
    ];
    let mut command = stage.command(load_args(&args));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    tokio::task::block_in_place(|| stderr.read_line(&mut line).unwrap());
    let address = line
        .trim()
        .strip_prefix("leadsquared: metrics are at http://")
        .unwrap();
    let address = address.strip_suffix("/metrics").unwrap().to_owned();

    // One call hangs until its time-out: until then the page is there, and all else is done.
    let page = tokio::task::block_in_place(|| {
        loop {
            let page = scrape(&address);
            if page.contains("leadsquared_leads_total{outcome=\"created\"} 450")
                && page.contains("leadsquared_retries_total 1")
                && page.contains("leadsquared_payloads_in_flight 1")
            {
                return page;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    });
    for line in [
        "leadsquared_leads_total{outcome=\"rejected\"} 1",
        "leadsquared_calls_total{result=\"rows\"} 9",
        "leadsquared_calls_total{result=\"failed\"} 1",
        "leadsquared_call_duration_seconds_bucket{le=\"30\"} 10",
        "leadsquared_rate_limit_calls 1000",
        "leadsquared_rate_limit_window_seconds 1",
        "leadsquared_queued_payloads 0",
    ] {
        assert!(page.contains(line), "{line:?} is not in {page}");
    }
    assert!(page.contains("leadsquared_slots_in_use "), "{page}");
    assert!(!page.contains("AccQx7Zr") && !page.contains("SecWp4Tv") && !page.contains("lead1"));

    let mut rest = String::new();
    tokio::task::block_in_place(|| stderr.read_to_string(&mut rest).unwrap());
    let output = tokio::task::block_in_place(|| child.wait_with_output().unwrap());
    assert_eq!(output.status.code(), Some(3), "{rest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken_is_told_before_anything_is_sent() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=5));
    let address = stage.emulator.addr().to_string();
    let run = stage.run(&load_args(&["leads.ndjson", "--metrics", &address]));
    run.assert_failed(1, &[&address, "name another address"]);
    assert_eq!(stage.emulator.call_count(), 0);
}
