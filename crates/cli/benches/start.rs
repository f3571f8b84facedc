//! How long it takes from the start of the command to its first call, beside `--help`.
//!
//! ```console
//! cargo bench -p leadsquared-cli --bench start
//! ```
//!
//! The real command loads a local file of a thousand leads, with its ledger and its preflight, into an
//! emulator in this process, which knows when each call came. Printed are the medians of both, taken in
//! turns, and the same for a file of CSV. What is measured begins before the process is made.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that fails says so by panicking"
)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use leadsquared_emulator::Emulator;

const ROUNDS: usize = 31;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/data");
    let parquet = examples.join("leads.parquet");
    let csv = folder.path().join("leads.csv");
    let rows = (0..1000).map(|number| format!("lead{number}@example.com,Lead {number}\n"));
    let header = std::iter::once("EmailAddress,FirstName\n".to_owned());
    std::fs::write(&csv, header.chain(rows).collect::<String>()).unwrap();

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut help = Vec::new();
    let mut calls = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        help.push(time_of_help());
        let [asked, first, first_of_csv] = &mut calls;
        let (ask, lead) = runtime.block_on(time_to_calls(&parquet, folder.path()));
        asked.push(ask);
        first.push(lead);
        let (_, lead) = runtime.block_on(time_to_calls(&csv, folder.path()));
        first_of_csv.push(lead);
    }
    let help = median(help);
    let [asked, first, first_of_csv] = calls.map(median);
    println!("leadsquared --help, start to end            {help:6.1} ms");
    println!("start to the call for the fields, Parquet   {asked:6.1} ms");
    println!(
        "start to the first leads, Parquet           {first:6.1} ms, {:+.1} ms",
        first - help
    );
    println!("start to the first leads, CSV               {first_of_csv:6.1} ms");
}

fn time_of_help() -> Duration {
    let start = Instant::now();
    let status = command(Path::new(".")).arg("--help").status().unwrap();
    assert!(status.success());
    start.elapsed()
}

/// From the start of the command to its first call, and to the first with leads.
async fn time_to_calls(file: &Path, folder: &Path) -> (Duration, Duration) {
    // It counts time from its own start, which is a moment before that of the command.
    let emulator = Emulator::builder().no_rate_limit().start().await.unwrap();
    let ledger = emulator.url().replace([':', '/'], "");
    let mut loading = command(folder);
    loading
        .args(["load", "--ledger"])
        .arg(folder.join(ledger))
        .arg(file)
        .env("LEADSQUARED_HOST", emulator.url())
        .env("LEADSQUARED_ACCESS_KEY", emulator.access_key())
        .env("LEADSQUARED_SECRET_KEY", emulator.secret_key());
    let ended = tokio::task::spawn_blocking(move || loading.status().unwrap());
    ended.await.unwrap();
    let calls = emulator.calls();
    let first = calls.first().unwrap().at;
    let lead = calls.iter().find(|call| call.method == "POST").unwrap().at;
    emulator.shutdown().await;
    (first, lead)
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadsquared"));
    command
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// In milliseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    middle.as_secs_f64() * 1000.0
}
