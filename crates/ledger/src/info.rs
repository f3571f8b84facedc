//! What a ledger says of its runs.

use std::fmt;
use std::path::PathBuf;
use std::time::SystemTime;

use leadsquared_sink::Outcome;

use crate::InputSpec;

/// The number of a run in its ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub u64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunState {
    /// A process works on it now.
    Running,
    /// It came to its end.
    Finished,
    /// It was stopped, or its process died: it can be resumed.
    Interrupted,
    /// It was given up: it is not offered any more.
    Abandoned,
}

impl RunState {
    /// The state as machines write it: `interrupted`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Interrupted => "interrupted",
            Self::Abandoned => "abandoned",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [
            Self::Running,
            Self::Finished,
            Self::Interrupted,
            Self::Abandoned,
        ]
        .into_iter()
        .find(|state| state.as_str() == word)
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How a run ends when its process says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// Every row came to its end.
    Finished,
    /// It was stopped before: it can be resumed.
    Interrupted,
}

/// How many rows had each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Leads the server created, each with its id.
    pub created: u64,
    /// Leads created by an attempt whose answer never came.
    pub created_earlier: u64,
    /// Rows whose unique field the server has already.
    pub duplicate: u64,
    /// Rows that can't be leads.
    pub rejected: u64,
    /// Rows that were sent without a sure answer.
    pub unconfirmed: u64,
    /// Rows that were never sent.
    pub not_sent: u64,
}

impl Totals {
    /// How many rows have this outcome.
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> u64 {
        match outcome {
            Outcome::Created => self.created,
            Outcome::CreatedEarlier => self.created_earlier,
            Outcome::Duplicate => self.duplicate,
            Outcome::Rejected => self.rejected,
            Outcome::Unconfirmed => self.unconfirmed,
            Outcome::NotSent => self.not_sent,
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> u64 {
        Outcome::ALL
            .into_iter()
            .map(|outcome| self.of(outcome))
            .sum()
    }

    pub(crate) fn add(&mut self, outcome: Outcome, rows: u64) {
        let count = match outcome {
            Outcome::Created => &mut self.created,
            Outcome::CreatedEarlier => &mut self.created_earlier,
            Outcome::Duplicate => &mut self.duplicate,
            Outcome::Rejected => &mut self.rejected,
            Outcome::Unconfirmed => &mut self.unconfirmed,
            Outcome::NotSent => &mut self.not_sent,
        };
        *count += rows;
    }
}

/// A run, as the ledger has it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunInfo {
    /// Its number.
    pub id: RunId,
    /// Where it stands; [`Interrupted`](RunState::Interrupted) too if its process died.
    pub state: RunState,
    /// When it began.
    pub started_at: SystemTime,
    /// When it ended; not known of one whose process died.
    pub ended_at: Option<SystemTime>,
    /// The account it sends to.
    pub account: String,
    /// Its inputs, as they were said when it was last taken up.
    pub inputs: Vec<InputSpec>,
    /// Where its mapping file is.
    pub mapping_path: Option<PathBuf>,
    /// The version of the program that last took it up.
    pub version: String,
    /// What is known of its rows.
    pub totals: Totals,
    /// How many calls were sent or tried.
    pub calls: u64,
    /// How many of them had leads and were answered row by row, or may have been: none if nothing came of
    /// the run.
    pub calls_that_count: u64,
}
