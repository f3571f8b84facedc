//! `leadsquared load`: rows go in, every row comes to its end.

use std::sync::{Arc, OnceLock};

use anyhow::{Error, Result, anyhow};
use futures::TryStreamExt as _;
use leadsquared_emulator::Emulator;
use leadsquared_sink::{Credentials, LeadSink, RateLimit, Sink as _, SinkConfig, StopHandle};

use crate::Exit;
use crate::command::Ended;
use crate::inputs::{Opened, open_all};
use crate::observer::Watch;
use crate::progress::{Counters, Extent, Progress};
use crate::rejects::Rejects;
use crate::report::{self, LoadReport};
use crate::results::Results;
use crate::settings::{LoadSettings, Reading, Target};
use crate::signals::Signals;
use crate::talk::{Talk, print_error};
use crate::words;

/// The name of the signal that stopped the load, if one did.
type Interrupted = Arc<OnceLock<&'static str>>;

pub(crate) async fn load(settings: LoadSettings) -> Ended {
    let mut inputs = open_all(&settings.reading).await?;
    let counters = Arc::new(Counters::new(Extent::of(&inputs), settings.rate_limit));
    let progress = Progress::new(Arc::clone(&counters));
    let talk = progress.talk();
    let watch = Arc::new(Watch::new(
        talk.clone(),
        Arc::clone(&counters),
        settings.rate_limit,
        settings
            .results
            .as_deref()
            .map(Results::create)
            .transpose()?,
        settings
            .rejects
            .as_deref()
            .map(Rejects::create)
            .transpose()?,
    ));
    // Lives as long as the load.
    let emulator = match settings.target {
        Target::Emulator => Some(emulator(settings.rate_limit, &talk).await?),
        Target::Account { .. } => None,
    };
    let config = config(&settings, emulator.as_ref(), Arc::clone(&watch))?;

    let mut sink = LeadSink::start(config)?;
    watch.stops(sink.stop_handle());
    let interrupted = Interrupted::default();
    let signals = tokio::spawn(stop_on_signal(
        Signals::listen()?,
        sink.stop_handle(),
        Arc::clone(&interrupted),
        talk.clone(),
    ));
    let showing = tokio::spawn(progress.run(Arc::clone(&watch), talk.clone()));

    let delivered = deliver(&mut sink, &mut inputs, &settings.reading, &watch, &counters).await;
    let closed = sink.close().await.map_err(Error::from);
    showing.abort();
    // Its end clears the bar.
    let _ = showing.await;
    watch.flush();
    signals.abort();

    let summary = sink.summary();
    let (reasons, unwritten) = watch.take();
    if summary.read == 0 && delivered.is_ok() && closed.is_ok() {
        talk.say("the input has no rows; nothing was sent");
    }
    let exit = if summary.is_complete() {
        Exit::Complete
    } else {
        Exit::Incomplete
    };
    report::load(
        &LoadReport {
            summary,
            reasons: reasons.into_groups(),
            rejects: settings.rejects,
        },
        settings.format,
    )?;
    let failures = if let Some(unwritten) = unwritten {
        vec![unwritten.into()]
    } else if let Some(signal) = interrupted.get() {
        vec![anyhow!("stopped by {signal}")]
    } else {
        distinct(delivered, closed)
    };
    if !failures.is_empty() && !counters.is_ended() {
        talk.say(
            "it stopped before the end of the input; rows that were not read are not in the books",
        );
    }
    failures.iter().for_each(print_error);
    Ok(if failures.is_empty() {
        exit
    } else {
        Exit::Failed
    })
}

/// An emulator of an account with this limit.
async fn emulator(limit: RateLimit, talk: &Talk) -> Result<Emulator> {
    let emulator = Emulator::builder()
        .rate_limit(limit.calls().get(), limit.per())
        .keep_leads(false)
        .start()
        .await?;
    talk.say(format_args!(
        "loading into an emulator at {}, which allows {} and ends with the load",
        emulator.url(),
        words::limit(limit)
    ));
    Ok(emulator)
}

fn config(
    settings: &LoadSettings,
    emulator: Option<&Emulator>,
    watch: Arc<Watch>,
) -> Result<SinkConfig> {
    let config = match (&settings.target, emulator) {
        (Target::Account { host, credentials }, _) => SinkConfig::new(host, credentials.clone()),
        (Target::Emulator, Some(emulator)) => SinkConfig::new(
            emulator.url(),
            Credentials::new(emulator.access_key(), emulator.secret_key()),
        ),
        (Target::Emulator, None) => return Err(anyhow!("the emulator did not start")),
    };
    let mut config = config
        .with_mapping(settings.reading.options.mapping().clone())
        .with_rate_limit(settings.rate_limit)
        .with_auth(settings.auth)
        .with_timeout(settings.timeout)
        .with_retry(settings.retry)
        .with_ambiguous(settings.ambiguous)
        .with_observer(watch);
    if let Some(concurrency) = settings.concurrency {
        config = config.with_concurrency(concurrency);
    }
    Ok(config.build()?)
}

/// Reads input after input into the sink, until the end or until the sink stops.
async fn deliver(
    sink: &mut LeadSink,
    inputs: &mut [Opened],
    reading: &Reading,
    watch: &Watch,
    counters: &Counters,
) -> Result<()> {
    for input in inputs {
        let source = input.source(reading).await?;
        counters.begin(&source);
        let mut batches = source.into_stream();
        loop {
            // A slow input must not hold up the end; closing the sink tells why it stopped.
            let batch = tokio::select! {
                biased;
                () = watch.stopped() => return Ok(()),
                batch = batches.try_next() => batch?,
            };
            let Some(batch) = batch else { break };
            counters.read(batch.num_rows());
            sink.write(batch).await?;
        }
    }
    counters.end();
    Ok(())
}

/// Stops the load at the first signal, and the process at the second.
async fn stop_on_signal(
    mut signals: Signals,
    stop: StopHandle,
    interrupted: Interrupted,
    talk: Talk,
) {
    let signal = signals.next().await;
    // It is set nowhere else.
    let _ = interrupted.set(signal);
    talk.say(format_args!(
        "{signal}: stopping after the calls in flight; once more to leave at once"
    ));
    stop.stop();
    signals.next().await;
    std::process::exit(Exit::Failed.code().into());
}

/// What went wrong; a sink that stopped tells it at the write and at the close.
fn distinct(delivered: Result<()>, closed: Result<()>) -> Vec<Error> {
    let mut failures: Vec<Error> = Vec::new();
    for failure in [delivered.err(), closed.err()].into_iter().flatten() {
        if failures
            .iter()
            .all(|known| known.to_string() != failure.to_string())
        {
            failures.push(failure);
        }
    }
    failures
}
