//! How fast a ledger takes calls: `cargo run --release -p leadsquared-ledger --example pace [FOLDER]`.
//!
//! 40,000 calls of 50 rows, 25 of them under way at once, each intended and then concluded. Then what
//! the two million rows take on disk, and how long it is to resume and list the run.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use leadsquared_core::{Origin, Row};
use leadsquared_ledger::{Ending, Ledger, RunSpec};
use leadsquared_sink::{Conclusion, Intent, Journal, Meaning, Outcome, Recall, SettledRow};

const CALLS: u64 = 40_000;
const LEADS: u64 = 50;
const UNDER_WAY: u64 = 25;

#[tokio::main(flavor = "multi_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let folder = match std::env::args_os().nth(1) {
        Some(folder) => PathBuf::from(folder),
        None => std::env::temp_dir(),
    };
    let scratch = tempfile::tempdir_in(folder)?;
    let ledger = Ledger::open(scratch.path().join("ledger.db"))?;
    let spec = RunSpec::default();

    let begun = Instant::now();
    let run = Arc::new(ledger.begin(&spec)?);
    let next = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> = (0..UNDER_WAY)
        .map(|_| {
            let (run, next) = (Arc::clone(&run), Arc::clone(&next));
            tokio::spawn(async move {
                let origin = Origin::new("leads.parquet", 1);
                loop {
                    let call = next.fetch_add(1, Ordering::Relaxed);
                    if call >= CALLS {
                        return run.flush().await;
                    }
                    let rows = (call * LEADS + 1..=(call + 1) * LEADS).map(|number| Row {
                        source: Arc::clone(origin.source()),
                        number,
                    });
                    send(&*run, rows.collect()).await?;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    report("written and safe", begun);
    let id = run.id();
    run.finish(Ending::Interrupted).await?;
    drop(run);

    let bytes = std::fs::metadata(ledger.path())?.len();
    println!("file: {bytes} bytes, {} a row", bytes / (CALLS * LEADS));

    let begun = Instant::now();
    let run = ledger.resume(id, &spec)?;
    report("resumed", begun);
    let origin = Origin::new("leads.parquet", 1);
    let begun = Instant::now();
    let settled = (0..CALLS * LEADS)
        .filter(|index| {
            let index = usize::try_from(*index).unwrap_or(usize::MAX);
            run.recall(&origin.row(index)) == Recall::Settled
        })
        .count();
    report("recalled", begun);
    assert_eq!(settled as u64, CALLS * LEADS);
    drop(run);

    let begun = Instant::now();
    let runs = ledger.runs()?;
    report("counted", begun);
    assert_eq!(runs[0].totals.created, CALLS * LEADS);
    Ok(())
}

async fn send(run: &impl Journal, rows: Vec<Row>) -> Result<(), leadsquared_sink::JournalError> {
    let settled = rows.iter().map(|row| SettledRow {
        row: row.clone(),
        outcome: Outcome::Created,
        lead_id: Some(format!("72f6999d-951f-45fc-984c-{:012x}", row.number)),
        code: None,
        reason: None,
        is_final: true,
    });
    let settled = settled.collect();
    let intent = Intent {
        rows,
        at: SystemTime::now(),
        timeout: Duration::from_secs(30),
    };
    let call = run.intend(intent).await?;
    let conclusion = Conclusion {
        at: SystemTime::now(),
        status: Some(200),
        meaning: Meaning::Rows,
    };
    run.conclude(call, conclusion, settled).await
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn report(what: &str, begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    let pace = (CALLS * LEADS) as f64 / seconds;
    println!("{what}: {seconds:.2} s, {pace:.0} rows/s");
}
