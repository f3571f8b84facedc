//! A pipeline that goes on where it was stopped: what it sends is written down first.
//!
//! ```text
//! cargo run --example resumable -- examples/data/leads.parquet pipeline.db
//! ```
//!
//! Delivers to an emulator that it starts itself. Set `LEADSQUARED_HOST`, `LEADSQUARED_ACCESS_KEY`
//! and `LEADSQUARED_SECRET_KEY` to deliver elsewhere.

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use leadsquared::{
    Credentials, Input, Journal, LeadSink, Limiter, ReadOptions, SinkConfig, SinkExt, SlotLimiter,
    Source,
};
use leadsquared_emulator::Emulator;
use leadsquared_ledger::{Ending, InputSpec, Ledger, RunSpec, fingerprint};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args_os().skip(1).map(PathBuf::from);
    let (Some(file), Some(ledger)) = (args.next(), args.next()) else {
        return Err("name a file of leads, and one for the ledger".into());
    };
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

    // What this run is: the same account and the same file, to the byte.
    let input = Input::file(&file);
    let spec = RunSpec {
        account: host.clone(),
        inputs: vec![InputSpec {
            name: input.to_string(),
            fingerprint: Some(fingerprint(&file)?),
            path: Some(file),
            ..InputSpec::default()
        }],
        ..RunSpec::default()
    };
    let ledger = Ledger::open(ledger)?;
    let run = match ledger.unfinished(&spec)?.first() {
        Some(unfinished) => ledger.resume(unfinished.id, &spec)?,
        None => ledger.begin(&spec)?,
    };
    let run = Arc::new(run);
    let earlier = run.earlier();

    // Calls that were made just before are still counted by the server.
    let limiter = SlotLimiter::default();
    let window: Duration = limiter.limit().per();
    limiter.seed(&run.earlier_calls(SystemTime::now(), window)?);
    let config = SinkConfig::new(host, credentials)
        .with_limiter(Arc::new(limiter))
        .with_journal(Arc::clone(&run) as Arc<dyn Journal>)
        .build()?;
    let mut sink = LeadSink::start(config)?;
    let source = Source::open(&input, &ReadOptions::new()).await?;
    let read = sink.try_drain(source.into_stream()).await;
    let closed = sink.close().await;
    let is_over = read.is_ok() && closed.is_ok();
    run.finish(if is_over {
        Ending::Finished
    } else {
        Ending::Interrupted
    })
    .await?;

    let summary = sink.summary();
    println!(
        "{} rows before, {} now; created {}, not sent {}",
        earlier.rows(),
        summary.read,
        earlier.created + summary.created,
        summary.not_sent
    );
    closed?;
    read?;
    Ok(())
}
