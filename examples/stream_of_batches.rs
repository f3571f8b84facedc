//! A stream of record batches drained into a sink, with an observer that sees what became of each
//! row.
//!
//! ```text
//! cargo run --example stream_of_batches
//! ```
//!
//! Delivers to an emulator that it starts itself. Set `LEADSQUARED_HOST`, `LEADSQUARED_ACCESS_KEY`
//! and `LEADSQUARED_SECRET_KEY` to deliver its invented leads elsewhere.

use std::env;
use std::error::Error;
use std::sync::Arc;

use futures::{Stream, stream};
use leadsquared::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use leadsquared::arrow::error::ArrowError;
use leadsquared::{
    Credentials, Event, LeadSink, Mapping, Observer, RowReport, SinkConfig, SinkExt,
};
use leadsquared_emulator::Emulator;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Kept until the end: an emulator stops when it is dropped.
    let emulator = Emulator::start().await?;
    let (host, credentials) = match env::var("LEADSQUARED_HOST") {
        Ok(host) => {
            let access_key = env::var("LEADSQUARED_ACCESS_KEY")?;
            let secret_key = env::var("LEADSQUARED_SECRET_KEY")?;
            (host, Credentials::new(access_key, secret_key))
        }
        Err(_) => (
            emulator.url(),
            Credentials::new(emulator.access_key(), emulator.secret_key()),
        ),
    };

    let mapping = Mapping::new()
        .rename("email", "EmailAddress")
        .rename("score", "mx_Score")
        .constant("Source", "stream_of_batches");
    let config = SinkConfig::new(host, credentials)
        .with_mapping(mapping)
        .with_observer(Arc::new(Printer))
        .build()?;
    let mut sink = LeadSink::start(config)?;

    // Reads from the stream only as fast as the calls go out: that is the back-pressure.
    sink.try_drain(batches()).await?;
    // An error above or here is the run's; what is wrong with a row is that row's outcome.
    sink.close().await?;

    let summary = sink.summary();
    println!(
        "read {}, created {}, duplicate {}, rejected {}, in {} calls",
        summary.read, summary.created, summary.duplicate, summary.rejected, summary.calls
    );
    Ok(())
}

/// Prints each answered call, and each row that did not get in.
struct Printer;

impl Observer for Printer {
    fn row(&self, report: &RowReport<'_>) {
        if !report.outcome.is_in() {
            println!(
                "{}: {}: {}",
                report.row,
                report.outcome,
                report.reason.unwrap_or_default()
            );
        }
    }

    fn event(&self, event: &Event<'_>) {
        if let Event::Answered { status, leads, .. } = event {
            println!("a call of {leads} leads was answered with {status}");
        }
    }
}

/// Three batches of 40 rows, as a query or a queue might give them. They don't fall together with
/// the calls of 50: the sink fills its calls across them.
fn batches() -> impl Stream<Item = Result<RecordBatch, ArrowError>> {
    stream::iter((0..3).map(batch))
}

fn batch(number: i64) -> Result<RecordBatch, ArrowError> {
    let rows = number * 40..(number + 1) * 40;
    // Of all 120 rows one has no e-mail address, and one has the address of the first.
    let emails: StringArray = rows
        .clone()
        .map(|row| match row {
            54 => None,
            119 => Some("person0@example.com".to_owned()),
            row => Some(format!("person{row}@example.com")),
        })
        .collect();
    let scores: Int64Array = rows.map(|row| Some(row % 10)).collect();
    RecordBatch::try_from_iter([
        ("email", Arc::new(emails) as ArrayRef),
        ("score", Arc::new(scores)),
    ])
}
