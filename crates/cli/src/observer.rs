//! Sees each row's end and each event of a load, and hands them on.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use leadsquared_sink::{Event, Observer, RateLimit, RowReport, StopHandle};
use tokio::sync::watch;

use crate::outputs::WriteError;
use crate::page::Recorder;
use crate::progress::Counters;
use crate::reasons::Reasons;
use crate::rejects::Rejects;
use crate::results::Results;
use crate::talk::Talk;
use crate::words;

/// The observer of a load.
pub(crate) struct Watch {
    talk: Talk,
    counters: Arc<Counters>,
    desk: Mutex<Desk>,
    /// What the report is made from, if there is to be one.
    recorder: Option<Arc<Recorder>>,
    stop: OnceLock<StopHandle>,
    stopped: watch::Sender<bool>,
}

/// What is written and kept.
struct Desk {
    results: Option<Results>,
    rejects: Option<Rejects>,
    reasons: Reasons,
    /// Whether a row ended that should be sent again.
    left_open: bool,
    /// The first write that failed.
    failed: Option<WriteError>,
    limit: RateLimit,
    /// What has been said and need not be said again.
    said: HashSet<String>,
}

/// The most different lines about calls; a server with a new story for each call gets no more.
const MOST_SAID: usize = 20;

impl Watch {
    pub(crate) fn new(
        talk: Talk,
        counters: Arc<Counters>,
        limit: RateLimit,
        results: Option<Results>,
        rejects: Option<Rejects>,
        recorder: Option<Arc<Recorder>>,
    ) -> Self {
        Self {
            talk,
            counters,
            desk: Mutex::new(Desk {
                results,
                rejects,
                reasons: Reasons::default(),
                left_open: false,
                failed: None,
                limit,
                said: HashSet::new(),
            }),
            recorder,
            stop: OnceLock::new(),
            stopped: watch::Sender::new(false),
        }
    }

    /// Takes the handle that stops the load when a file can't be written.
    pub(crate) fn stops(&self, handle: StopHandle) {
        // There is one sink, and so one handle.
        let _ = self.stop.set(handle);
    }

    /// Waits until the sink has stopped.
    pub(crate) async fn stopped(&self) {
        // The sender is part of self, so that waiting can't fail.
        let _ = self.stopped.subscribe().wait_for(|stopped| *stopped).await;
    }

    /// Hands what was written so far to the system.
    pub(crate) fn flush(&self) {
        let mut desk = self.desk();
        let results = desk.results.as_mut().map_or(Ok(()), Results::flush);
        let rejects = desk.rejects.as_mut().map_or(Ok(()), Rejects::flush);
        self.check(desk, results.and(rejects));
    }

    /// Why rows are not in, and the write that failed, if one did.
    pub(crate) fn take(&self) -> (Reasons, Option<WriteError>) {
        let mut desk = self.desk();
        (std::mem::take(&mut desk.reasons), desk.failed.take())
    }

    /// Whether rows came to an end that is none: nobody could answer for them.
    pub(crate) fn left_open(&self) -> bool {
        self.desk().left_open
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        // A line that was cut off by a panic elsewhere doesn't make the rest worse.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops the load at the first write that failed: rows would end without a trace.
    fn check(&self, mut desk: MutexGuard<'_, Desk>, written: Result<(), WriteError>) {
        let Err(error) = written else { return };
        desk.failed.get_or_insert(error);
        // Stopping comes back here as an event.
        drop(desk);
        if let Some(stop) = self.stop.get() {
            stop.stop();
        }
    }

    /// Says it, unless it has been said before.
    fn say_once(&self, line: String) {
        let new = {
            let said = &mut self.desk().said;
            said.len() < MOST_SAID && said.insert(line.clone())
        };
        if new {
            self.talk.say(line);
        }
    }
}

impl Observer for Watch {
    fn row(&self, report: &RowReport<'_>) {
        self.counters.settle(report.outcome);
        if let Some(recorder) = &self.recorder {
            recorder.row(report);
        }
        let mut desk = self.desk();
        desk.left_open |= report.code == Some("gave-up");
        if !report.outcome.is_in() {
            let (code, reason) = (report.code.unwrap_or(""), report.reason.unwrap_or(""));
            let is_named = desk.reasons.add(report.outcome, code, reason, &report.row);
            if let (true, Some(recorder)) = (is_named, &self.recorder) {
                recorder.sample(report);
            }
        }
        let results = desk
            .results
            .as_mut()
            .map_or(Ok(()), |results| results.write(report));
        let rejects = desk
            .rejects
            .as_mut()
            .map_or(Ok(()), |rejects| rejects.write(report));
        self.check(desk, results.and(rejects));
    }

    fn event(&self, event: &Event<'_>) {
        if let Some(recorder) = &self.recorder {
            recorder.event(event);
        }
        match event {
            Event::Throttled { learned, share } => {
                self.counters.throttle();
                if let Some(limit) = learned {
                    let believed = std::mem::replace(&mut self.desk().limit, *limit);
                    self.counters.learn(*limit);
                    self.talk.say(learned_words(*limit, believed));
                }
                if share.is_some() {
                    self.say_once(
                        "the account throttled a call though its limit was kept to: another \
                         program uses it, or did just before; giving way, until it is quiet"
                            .to_owned(),
                    );
                }
            }
            Event::Retrying { after, cause, .. } => {
                let new = {
                    let said = &mut self.desk().said;
                    said.len() < MOST_SAID && said.insert((*cause).to_owned())
                };
                if new {
                    let after = words::time(*after);
                    self.talk.say(format_args!(
                        "a call failed and goes again in {after}: {cause}"
                    ));
                }
            }
            Event::Refused {
                leads: 2..,
                code,
                reason,
            } => {
                self.say_once(format!(
                    "the server refused a call whole; the row at fault is looked for: \
                     {code}: {reason}"
                ));
            }
            Event::Stopped { .. } => {
                self.stopped.send_replace(true);
            }
            _ => {}
        }
    }
}

/// `the account allows 10 calls in 5 s, not 25`.
pub(crate) fn learned_words(limit: RateLimit, believed: RateLimit) -> String {
    let not = if limit.per() == believed.per() {
        believed.calls().to_string()
    } else {
        words::limit(believed)
    };
    format!("the account allows {}, not {not}", words::limit(limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_learned_limit_is_told_against_the_one_that_was_believed() {
        let words = |limit: &str, believed: &str| {
            learned_words(limit.parse().unwrap(), believed.parse().unwrap())
        };
        assert_eq!(
            words("10/5s", "25/5s"),
            "the account allows 10 calls in 5 s, not 25"
        );
        assert_eq!(
            words("1/5s", "100/1s"),
            "the account allows 1 call in 5 s, not 100 calls in 1 s"
        );
    }
}
