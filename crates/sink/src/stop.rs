//! Stopping: nothing more is sent, and everything that was read is accounted for.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::books::Books;
use crate::{Event, JournalError, MaxRejects};

/// Why a sink stopped before its end.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StopReason {
    /// The server doesn't take the keys, or is not the account's host.
    #[error("the server answered {status}: {message}; check the host and the two keys, then go on")]
    Unauthorized {
        /// The HTTP status.
        status: u16,
        /// The server's own words.
        message: String,
    },
    /// One call after another failed, though it was sent again and again.
    #[error(
        "gave up after {attempts} {}: {cause}; check the host and the network, and go on when the server is well",
        if *attempts == 1 { "attempt" } else { "attempts" }
    )]
    GaveUp {
        /// How often one call was tried.
        attempts: u32,
        /// What went wrong the last time.
        cause: String,
    },
    /// The server refused the first calls, and single rows of them too, all for one reason.
    #[error(
        "the server refused the first calls, and single rows of them too, all for one reason: \
         {code}: {message}; that is the mapping or the account, not the rows: mend it and go on"
    )]
    AllRefused {
        /// The server's exception type.
        code: String,
        /// The server's words.
        message: String,
    },
    /// More rows were rejected than [may be](crate::MaxRejects).
    #[error(
        "{rejected} rows were rejected, and {most} may be; look at the reasons, and go on or load again"
    )]
    TooManyRejects {
        /// How many were, with those of earlier parts of the run that the journal
        /// [knows of](crate::Journal::left_out).
        rejected: u64,
        /// How many may be.
        most: MaxRejects,
    },
    /// The next call would pass the [daily budget](crate::DailyBudget).
    #[error("the daily budget of {calls} calls is used up; go on when 24 hours have passed")]
    DailyBudget {
        /// The most calls in 24 hours.
        calls: u64,
    },
    /// The server says that the calls of a day, or of hours, are used up.
    #[error("the account's {calls} calls in {} h are used up; go on when it has some again", .per.as_secs() / 3600)]
    Exhausted {
        /// How many calls the account has.
        calls: u32,
        /// In how much time.
        per: Duration,
    },
    /// The journal can't be written, and nothing is sent that can't be written down.
    #[error("{0}")]
    Journal(JournalError),
    /// The delivering task ended without being asked to, as when an observer panics in it.
    #[error("the delivering task ended unexpectedly; what it had in flight is unknown")]
    Crashed,
    /// Whoever runs the sink asked for it.
    #[error("stopped on request")]
    Requested,
}

/// Stops a sink from elsewhere, such as a signal handler.
///
/// Calls in flight are finished; nothing else is sent, and what was not sent is reported so.
#[derive(Clone)]
pub struct StopHandle {
    stop: Arc<Stop>,
}

impl StopHandle {
    pub(crate) fn new(stop: Arc<Stop>) -> Self {
        Self { stop }
    }

    /// Asks the sink to stop; returns at once.
    pub fn stop(&self) {
        self.stop.stop(StopReason::Requested);
    }
}

/// Whether, and why, a sink stopped: set once, seen by everything that waits.
pub(crate) struct Stop {
    reason: watch::Sender<Option<StopReason>>,
    books: Arc<Books>,
}

impl Stop {
    pub(crate) fn new(books: Arc<Books>) -> Self {
        Self {
            reason: watch::Sender::new(None),
            books,
        }
    }

    /// Stops for `reason`, unless it is stopped already.
    pub(crate) fn stop(&self, reason: StopReason) {
        let words = reason.to_string();
        let first = self.reason.send_if_modified(|current| {
            let first = current.is_none();
            if first {
                *current = Some(reason);
            }
            first
        });
        if first {
            self.books.event(&Event::Stopped { reason: &words });
        }
    }

    pub(crate) fn reason(&self) -> Option<StopReason> {
        self.reason.borrow().clone()
    }

    /// Waits until it is stopped.
    pub(crate) async fn stopped(&self) {
        // The sender is part of self, so that waiting can't fail.
        let _ = self.reason.subscribe().wait_for(Option::is_some).await;
    }
}
