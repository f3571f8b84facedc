//! What became of a row.

use std::fmt;
use std::str::FromStr;

use leadsquared_core::Row;

/// What became of a row: every row ends in exactly one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// The server created the lead and gave its id.
    Created,
    /// The server calls it a duplicate after an earlier attempt whose answer never came: the lead
    /// it found is most likely the one that attempt created.
    CreatedEarlier,
    /// The server has a lead with the same unique field.
    Duplicate,
    /// It can't be a lead: found before sending, or by the server, which gave its reason.
    Rejected,
    /// It was sent, and whether it was created is not known.
    Unconfirmed,
    /// It was never sent, or only in calls that the server failed at, before the run stopped.
    NotSent,
}

impl Outcome {
    /// Every outcome, in the order of the books.
    pub const ALL: [Self; 6] = [
        Self::Created,
        Self::CreatedEarlier,
        Self::Duplicate,
        Self::Rejected,
        Self::Unconfirmed,
        Self::NotSent,
    ];

    /// Whether the row's lead is in the account because of this load.
    #[must_use]
    pub fn is_in(self) -> bool {
        matches!(self, Self::Created | Self::CreatedEarlier)
    }

    /// The outcome as machines write it: `created_earlier`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::CreatedEarlier => "created_earlier",
            Self::Duplicate => "duplicate",
            Self::Rejected => "rejected",
            Self::Unconfirmed => "unconfirmed",
            Self::NotSent => "not_sent",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that is no outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{word}\" is no outcome; there are created, created_earlier, duplicate, rejected, unconfirmed and not_sent"
)]
pub struct ParseOutcomeError {
    word: String,
}

impl FromStr for Outcome {
    type Err = ParseOutcomeError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == word);
        found.ok_or_else(|| ParseOutcomeError {
            word: word.to_owned(),
        })
    }
}

/// The end of one row's way.
#[derive(Clone, Debug)]
pub struct RowReport<'a> {
    /// The row.
    pub row: Row,
    /// What became of it.
    pub outcome: Outcome,
    /// The lead's id, when the server gave one.
    pub lead_id: Option<&'a str>,
    /// A short code for machines: the server's exception type, a
    /// [`RowError::code`](leadsquared_core::RowError::code), or one of the sink's own
    /// (`no-answer`, `row-not-answered`, `stopped` …).
    pub code: Option<&'a str>,
    /// Why, for people; the server's own words where it spoke.
    pub reason: Option<&'a str>,
    /// What the row holds.
    pub content: Content<'a>,
}

/// What a row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// The lead as a JSON array of `{Attribute, Value[, Fields]}`.
    Lead(&'a [u8]),
    /// The row as it stands in its source, because it could not be read.
    Raw(&'a str),
}
