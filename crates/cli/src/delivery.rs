//! A delivery: rows go in, every row comes to its end, and the books are printed.

use std::sync::{Arc, OnceLock};

use anyhow::{Error, Result, anyhow};
use futures::TryStreamExt as _;
use leadsquared_ledger::Run;
use leadsquared_sink::{Error as SinkError, LeadSink, Sink as _, StopHandle, StopReason, Summary};

use crate::Exit;
use crate::command;
use crate::inputs::Opened;
use crate::kept::Kept;
use crate::observer::Watch;
use crate::page::{self, Page};
use crate::progress::{Counters, Extent, Progress};
use crate::ready::Ready;
use crate::report::{self, KeptRun, LoadReport};
use crate::settings::{DeliverySettings, Reading};
use crate::signals::Signals;
use crate::talk::{self, Talk, print_error};

/// The name of the signal that stopped the delivery, if one did.
type Interrupted = Arc<OnceLock<&'static str>>;

/// Delivers the inputs' rows; of a run that is kept, those that have no end yet.
pub(crate) async fn deliver(
    reading: &Reading,
    mut inputs: Vec<Opened>,
    settings: DeliverySettings,
    kept: Option<Kept>,
) -> command::Ended {
    let limit = settings.slots.limit();
    let counters = Arc::new(Counters::new(Extent::of(&inputs), limit));
    if let Some(kept) = &kept {
        counters.settled_earlier(&kept.earlier());
    }
    let progress = Progress::new(Arc::clone(&counters));
    let talk = Talk::default();
    let mut signals = Signals::listen()?;
    let ready = tokio::select! {
        ready = Ready::new(reading, &inputs, &settings, &counters, kept.as_ref(), &talk) => ready,
        signal = signals.next() => Err(anyhow!("stopped by {signal}; nothing was sent")),
    };
    let Ready {
        watch,
        mut sink,
        report,
        page: _page,
        emulator: _emulator,
    } = match ready {
        Ok(ready) => ready,
        Err(error) => {
            if let Some(kept) = kept {
                kept.call_off().await;
            }
            return Err(error);
        }
    };
    watch.stops(sink.stop_handle());
    let interrupted = Interrupted::default();
    let signals = tokio::spawn(stop_on_signal(
        signals,
        sink.stop_handle(),
        Arc::clone(&interrupted),
        Arc::clone(&watch),
        talk.clone(),
    ));
    let showing = tokio::spawn(progress.run(Arc::clone(&watch), talk.clone()));

    let past = kept.as_ref().map(Kept::run).map(AsRef::as_ref);
    let delivered = read(&mut sink, &mut inputs, reading, past, &watch, &counters).await;
    let closed = sink.close().await.map_err(Error::from);
    showing.abort();
    // Its end clears the bar.
    let _ = showing.await;
    watch.flush();
    signals.abort();

    let ended = Ended {
        summary: sink.summary(),
        signal: interrupted.get().copied(),
        delivered,
        closed,
        all_was_read: counters.is_ended(),
    };
    close_books(ended, &watch, report.as_ref(), settings, kept, &talk).await
}

/// How a delivery ended.
struct Ended {
    summary: Summary,
    /// The signal that stopped it, if one did.
    signal: Option<&'static str>,
    delivered: Result<()>,
    closed: Result<()>,
    all_was_read: bool,
}

/// Ends the run, prints its books, and says what is left to do.
async fn close_books(
    ended: Ended,
    watch: &Watch,
    page: Option<&Page>,
    settings: DeliverySettings,
    kept: Option<Kept>,
    talk: &Talk,
) -> command::Ended {
    let (reasons, unwritten) = watch.take();
    let mut failures = match unwritten {
        Some(unwritten) => vec![unwritten.into()],
        None => distinct(ended.delivered, ended.closed),
    };
    // What failed besides is told, but that it was stopped is no news then.
    let stopped_by = ended.signal.filter(|_| failures.iter().all(is_on_request));
    if let Some(signal) = stopped_by {
        failures = vec![anyhow!("stopped by {signal}")];
    }
    let by_mapping = failures.iter().any(is_the_mapping);
    let earlier = kept.as_ref().map(Kept::earlier).unwrap_or_default();
    let is_open = !failures.is_empty() || watch.left_open();
    let run = kept.as_ref().map(|kept| KeptRun {
        id: kept.run().id().0,
        ledger: kept.ledger().to_owned(),
        account: settings.account,
        is_open,
    });
    let unfinished = match kept {
        Some(kept) => {
            let (words, ended) = kept.end(is_open, by_mapping).await;
            failures.extend(ended.err());
            words
        }
        None => None,
    };
    let report = LoadReport {
        summary: ended.summary,
        earlier,
        kept: run,
        reasons: reasons.into_groups(),
        rejects: settings.rejects,
    };
    if report.books().read() == 0 && failures.is_empty() {
        talk.say("the input has no rows; nothing was sent");
    }
    let written = page.map_or(Ok(()), |page| {
        page.write(&page::Ending {
            report: &report,
            stopped_by,
            failures: &failures,
            all_was_read: ended.all_was_read,
            unfinished: unfinished.as_deref(),
        })
    });
    failures.extend(written.err());
    report::load(&report, settings.format)?;
    if !failures.is_empty() && !ended.all_was_read {
        talk.say(
            "it stopped before the end of the input; rows that were not read are not in the books",
        );
    }
    failures.iter().for_each(print_error);
    if let Some(words) = unfinished {
        // The way out of an error is told with it.
        talk::insist(words);
    }
    Ok(if !failures.is_empty() {
        Exit::Failed
    } else if report.books().is_complete() {
        Exit::Complete
    } else {
        Exit::Incomplete
    })
}

/// Reads input after input into the sink, until the end or until the sink stops.
///
/// What the run has brought to its end before is left out where that saves reading it; the sink leaves
/// out the rest of it.
async fn read(
    sink: &mut LeadSink,
    inputs: &mut [Opened],
    reading: &Reading,
    past: Option<&Run>,
    watch: &Watch,
    counters: &Counters,
) -> Result<()> {
    for input in inputs {
        // A slow input must not hold up the end; closing the sink tells why it stopped.
        let mut source = tokio::select! {
            biased;
            () = watch.stopped() => return Ok(()),
            source = input.source(reading) => source?,
        };
        counters.begin(&source);
        if let Some(past) = past {
            let name = Arc::clone(source.name());
            counters.read(source.leave_out(|rows| past.are_settled(&name, &rows)));
        }
        let mut batches = source.into_stream();
        loop {
            let batch = tokio::select! {
                biased;
                () = watch.stopped() => return Ok(()),
                batch = batches.try_next() => batch?,
            };
            let Some(batch) = batch else { break };
            counters.read(batch.num_rows() as u64);
            sink.write(batch).await?;
        }
    }
    counters.end();
    Ok(())
}

/// Stops the delivery at the first signal, and the process at the second.
async fn stop_on_signal(
    mut signals: Signals,
    stop: StopHandle,
    interrupted: Interrupted,
    watch: Arc<Watch>,
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
    watch.flush();
    std::process::exit(Exit::Failed.code().into());
}

/// Whether the sink stopped because it was asked to.
fn is_on_request(error: &Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(SinkError::Stopped(StopReason::Requested))
    )
}

/// Whether the server refused everything.
fn is_the_mapping(error: &Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(SinkError::Stopped(StopReason::AllRefused { .. }))
    )
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
