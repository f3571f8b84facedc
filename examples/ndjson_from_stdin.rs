//! NDJSON from standard input, delivered as leads.
//!
//! ```text
//! cargo run --example ndjson_from_stdin < examples/data/leads.ndjson
//! ```
//!
//! Delivers to an emulator that it starts itself. Set `LEADSQUARED_HOST`, `LEADSQUARED_ACCESS_KEY`
//! and `LEADSQUARED_SECRET_KEY` to deliver elsewhere.

use std::env;
use std::error::Error;

use leadsquared::{Credentials, Input, LeadSink, ReadOptions, SinkConfig, SinkExt, Source};
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
    let mut sink = LeadSink::start(SinkConfig::new(host, credentials).build()?)?;

    // The first lines tell the columns and their types. A line that is no JSON doesn't end the
    // stream: it travels along with its number and ends as a rejected row.
    let source = Source::open(&Input::stdin(), &ReadOptions::new()).await?;
    let read = sink.try_drain(source.into_stream()).await;
    // Closed before the error is looked at, so that the books are complete whatever happened.
    sink.close().await?;

    let summary = sink.summary();
    println!(
        "read {}, created {}, duplicate {}, rejected {}, in {} calls",
        summary.read, summary.created, summary.duplicate, summary.rejected, summary.calls
    );
    read?;
    Ok(())
}
