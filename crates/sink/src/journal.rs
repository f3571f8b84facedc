//! Remembering what was sent and what came of it, so that a run can go on after anything.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use leadsquared_core::Row;

use crate::Outcome;

/// Remembers a run: each call before it is sent, and each row's end.
///
/// The `leadsquared-ledger` crate keeps it in a file; a pipeline can bring its own. What the sink
/// does with it:
///
/// - Before anything of a row, it [recalls](Self::recall) what an earlier part of the run left of it,
///   and leaves out rows that are settled.
/// - Before each attempt to send, it writes the [intent](Self::intend) and waits until that is safe.
///   So a call that a killed process had in flight is known as such.
/// - After each attempt it writes the [conclusion](Self::conclude): the answer, and the end of each
///   row that the answer settled, in one piece.
/// - Rows that end without a call are [settled](Self::settle).
///
/// An error of any of them stops the sink: nothing is sent that can't be written down.
#[async_trait]
pub trait Journal: Send + Sync {
    /// What an earlier part of the run left of a row; called for each row, so it should be quick.
    fn recall(&self, row: &Row) -> Recall {
        let _ = row;
        Recall::New
    }

    /// How many rows of the run the sink was not given, as they had come to their end before.
    ///
    /// They count for [`MaxRejects`](crate::MaxRejects), which is about all of a run: else a few rows that
    /// are rejected would be a large share of the few that were left.
    fn left_out(&self) -> LeftOut {
        LeftOut::default()
    }

    /// Writes down that a call is about to be sent; returns once that would survive the process.
    ///
    /// # Errors
    /// When it can't be written.
    async fn intend(&self, intent: Intent) -> Result<CallId, JournalError>;

    /// Writes down how an attempt ended, together with the rows that it settled: both or neither.
    ///
    /// It may return before that is safe, as long as it holds back whoever writes faster than it can
    /// keep up with.
    ///
    /// # Errors
    /// When it can't be written, or something before it could not.
    async fn conclude(
        &self,
        call: CallId,
        conclusion: Conclusion,
        rows: Vec<SettledRow>,
    ) -> Result<(), JournalError>;

    /// Writes down rows that came to their end without a call, or after the last one.
    ///
    /// # Errors
    /// As [`conclude`](Self::conclude).
    async fn settle(&self, rows: Vec<SettledRow>) -> Result<(), JournalError>;

    /// Waits until everything is safe.
    ///
    /// # Errors
    /// As [`conclude`](Self::conclude).
    async fn flush(&self) -> Result<(), JournalError>;
}

/// What an earlier part of a run left of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recall {
    /// Nothing: it is to be sent.
    New,
    /// It was in a call whose answer is not known: it may be in.
    InDoubt,
    /// It came to its end: it is left out, and in nobody's books but the journal's.
    Settled,
}

/// Rows that a sink was not given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// How many there are.
    pub rows: u64,
    /// How many of them were rejected.
    pub rejected: u64,
}

/// The journal's own number for an attempt to send a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallId(pub u64);

/// An attempt that is about to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The rows in the call, in the order of its leads.
    pub rows: Vec<Row>,
    /// When it is sent.
    pub at: SystemTime,
    /// How long it may take, the writing of this included: after that it can no longer be counted.
    pub timeout: Duration,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// When the answer came, or its absence was known.
    pub at: SystemTime,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// What it meant.
    pub meaning: Meaning,
}

/// What the end of an attempt meant for its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// Answered row by row.
    Rows,
    /// Throttled: the call goes again.
    Throttled,
    /// The keys or the host are wrong.
    Unauthorized,
    /// Refused whole.
    Refused,
    /// It failed, and nothing was created.
    Failed,
    /// Its answer never came, or can't be read: it may have happened.
    Lost,
    /// It never got to the server.
    NeverSent,
}

impl Meaning {
    /// Every meaning.
    pub const ALL: [Self; 7] = [
        Self::Rows,
        Self::Throttled,
        Self::Unauthorized,
        Self::Refused,
        Self::Failed,
        Self::Lost,
        Self::NeverSent,
    ];

    /// The meaning as machines write it: `never_sent`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Throttled => "throttled",
            Self::Unauthorized => "unauthorized",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Lost => "lost",
            Self::NeverSent => "never_sent",
        }
    }
}

/// The end of a row, to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledRow {
    /// The row.
    pub row: Row,
    /// What became of it.
    pub outcome: Outcome,
    /// The lead's id, when the server gave one.
    pub lead_id: Option<String>,
    /// A short code for machines, as in [`RowReport`](crate::RowReport).
    pub code: Option<String>,
    /// Why, for people.
    pub reason: Option<String>,
    /// Whether it is the end for good.
    ///
    /// If not, the run was stopped before the row's answer: whoever goes on with the run sends it,
    /// and an [unconfirmed](Outcome::Unconfirmed) one is then [in doubt](Recall::InDoubt).
    pub is_final: bool,
}

/// A journal that can't be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JournalError {
    message: String,
}

impl JournalError {
    /// An error with this message: what happened, where, and what to do.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }
}
