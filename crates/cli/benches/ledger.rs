//! Two million rows through a lifted limit: what the ledger costs, and whether memory stays flat.
//!
//! ```console
//! cargo bench -p leadsquared-cli --bench ledger
//! ```
//!
//! The real command loads a Parquet file into an emulator in this process, with and without its
//! ledger, in turns. Printed are rows a second of each, their ratio, and the command's peak memory for
//! a tenth of the rows and for all of them. `ROWS=200000` makes it shorter.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that fails says so by panicking"
)]

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use leadsquared_emulator::Emulator;
use parquet::arrow::ArrowWriter;

const ROUNDS: usize = 3;
const BATCH: u64 = 50_000;

/// One load.
struct Load {
    elapsed: Duration,
    peak_kib: u64,
}

fn main() {
    let rows: u64 = std::env::var("ROWS").map_or(2_000_000, |rows| rows.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (all, tenth) = (
        folder.path().join("all.parquet"),
        folder.path().join("tenth.parquet"),
    );
    write(&all, rows);
    write(&tenth, rows / 10);

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let load = |file: &Path, rows: u64, ledger: bool| {
        let emulator = Emulator::builder().no_rate_limit().keep_leads(false);
        let emulator = runtime.block_on(emulator.start()).unwrap();
        let load = run(&emulator, file, ledger);
        assert_eq!(emulator.lead_count() as u64, rows, "a lead is missing");
        runtime.block_on(emulator.shutdown());
        load
    };
    load(&tenth, rows / 10, true); // everything is warm from here on
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        let (without, with) = (load(&all, rows, false), load(&all, rows, true));
        let small = load(&tenth, rows / 10, true);
        let ratio = with.elapsed.as_secs_f64() / without.elapsed.as_secs_f64();
        ratios.push(ratio);
        println!(
            "{round}: {} rows/s without a ledger, {} with: {ratio:.2} times the time; peak {} MiB \
             for {rows} rows, {} MiB for a tenth",
            rate(rows, without.elapsed),
            rate(rows, with.elapsed),
            with.peak_kib / 1024,
            small.peak_kib / 1024,
        );
    }
    ratios.sort_unstable_by(f64::total_cmp);
    println!("median: {:.2} times the time", ratios[ROUNDS / 2]);
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate for people"
)]
fn rate(rows: u64, elapsed: Duration) -> u64 {
    (rows as f64 / elapsed.as_secs_f64()) as u64
}

/// Runs the command to its end, and looks at its memory meanwhile.
fn run(emulator: &Emulator, file: &Path, ledger: bool) -> Load {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadsquared"));
    command
        .args([
            "load",
            "--rate-limit",
            "1000000/1s",
            "--concurrency",
            "16",
            "--format",
            "json",
        ])
        .arg(file)
        .args(if ledger { &[][..] } else { &["--no-ledger"] })
        .current_dir(folder.path())
        .env("LEADSQUARED_HOST", emulator.url())
        .env("LEADSQUARED_ACCESS_KEY", emulator.access_key())
        .env("LEADSQUARED_SECRET_KEY", emulator.secret_key())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    let ended = loop {
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        peak_kib = fs::read_to_string(&status)
            .ok()
            .as_deref()
            .and_then(peak)
            .unwrap_or(peak_kib);
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(ended.success(), "{ended}");
    Load {
        elapsed: start.elapsed(),
        peak_kib,
    }
}

/// The most memory that a process had, from what Linux says of it.
fn peak(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

fn write(path: &Path, rows: u64) {
    let batch = |from: u64| {
        let numbers = from..(from + BATCH).min(rows);
        let texts = |text: fn(u64) -> String| -> ArrayRef {
            Arc::new(
                numbers
                    .clone()
                    .map(|n| Some(text(n)))
                    .collect::<StringArray>(),
            )
        };
        let scores = numbers
            .clone()
            .map(|n| Some(i64::try_from(n % 100).unwrap()));
        RecordBatch::try_from_iter([
            ("EmailAddress", texts(|n| format!("lead{n}@example.com"))),
            ("FirstName", texts(|n| format!("First {n}"))),
            ("LastName", texts(|n| format!("Last {}", n % 1_000))),
            ("Phone", texts(|n| format!("+91-{n:010}"))),
            ("mx_Score", Arc::new(scores.collect::<Int64Array>())),
        ])
        .unwrap()
    };
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch(0).schema(), None).unwrap();
    let mut from = 0;
    while from < rows {
        writer.write(&batch(from)).unwrap();
        from += BATCH;
    }
    writer.close().unwrap();
}
