//! Rows that can't be leads, and why.

use std::fmt;
use std::sync::Arc;

use crate::Row;

/// Why a row can't be a lead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// No unique field has a value.
    #[error("no value in any unique field ({}); a lead needs at least one", .fields.join(", "))]
    NoUniqueField {
        /// The attributes that count as unique.
        fields: Arc<[String]>,
    },

    /// A number that is NaN or infinite.
    #[error("column \"{column}\" holds {value}, which is not a number that can be sent")]
    NotFinite {
        /// The column, with its parents.
        column: Arc<str>,
        /// The value as text.
        value: String,
    },

    /// A date, timestamp or time outside what the API's text can say.
    #[error("column \"{column}\" holds {value}, which is outside {range}")]
    OutOfRange {
        /// The column, with its parents.
        column: Arc<str>,
        /// The value as stored: days, or units since 1970 or midnight.
        value: String,
        /// What can be said.
        range: &'static str,
    },

    /// A null or a blank in a column that is required.
    #[error("column \"{column}\" has no value, and the mapping requires one")]
    Required {
        /// The column, with its parents.
        column: Arc<str>,
    },

    /// A text that is no date or time in the form that the mapping reads the column as.
    #[error(
        "column \"{column}\" holds \"{value}\", which is not a date or time in the form {form}"
    )]
    NotAMoment {
        /// The column, with its parents.
        column: Arc<str>,
        /// The text.
        value: String,
        /// The form.
        form: String,
    },

    /// A value with more characters than the mapping allows.
    #[error("column \"{column}\" holds {length} characters, and the mapping allows {most}")]
    TooLong {
        /// The column, with its parents.
        column: Arc<str>,
        /// How many characters there are.
        length: usize,
        /// How many there may be.
        most: usize,
    },

    /// A map column that has the same key twice in one row.
    #[error("column \"{column}\" has the key \"{key}\" twice, and a field can be set only once")]
    RepeatedKey {
        /// The column.
        column: Arc<str>,
        /// The key.
        key: String,
    },

    /// A map column with an empty key.
    #[error("column \"{column}\" has a field without a name")]
    EmptyKey {
        /// The column.
        column: Arc<str>,
    },

    /// A lead that alone is larger than a payload may be.
    #[error(
        "the lead has {bytes} bytes, and a call may have {cap}; shorten it, or raise the byte cap"
    )]
    TooLarge {
        /// The size of a call with this lead alone.
        bytes: usize,
        /// The byte cap.
        cap: usize,
    },

    /// A row that its reader could not read.
    #[error("{reason}")]
    Unreadable {
        /// What is wrong with it.
        reason: String,
    },
}

impl RowError {
    /// A short, stable code for machines: `no-unique-field`, `not-finite`, `out-of-range`, `required`,
    /// `not-a-date`, `too-long`, `repeated-key`, `empty-key`, `too-large` or `unreadable`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoUniqueField { .. } => "no-unique-field",
            Self::NotFinite { .. } => "not-finite",
            Self::OutOfRange { .. } => "out-of-range",
            Self::Required { .. } => "required",
            Self::NotAMoment { .. } => "not-a-date",
            Self::TooLong { .. } => "too-long",
            Self::RepeatedKey { .. } => "repeated-key",
            Self::EmptyKey { .. } => "empty-key",
            Self::TooLarge { .. } => "too-large",
            Self::Unreadable { .. } => "unreadable",
        }
    }
}

/// A row that was rejected before any call was spent on it.
///
/// Displays as `leads.parquet, row 7: no value in any unique field …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The row.
    pub row: Row,
    /// Why.
    pub error: RowError,
    /// What the row holds, for a dead-letter file.
    pub content: Rejected,
}

/// What a rejected row holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// The lead as a JSON array of `{Attribute, Value[, Fields]}`; a value that has no text is
    /// there as its source shows it, such as `NaN`.
    Lead(Vec<u8>),
    /// The row as it stands in the source, because it could not be read.
    Raw(String),
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.row, self.error)
    }
}
