//! Where rows come from: what makes "file and row" possible in every message.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;

/// Where the rows of a record batch came from: a source's name and a number for each row.
///
/// Numbers count from 1. For line-based formats they are line numbers, so that an editor can jump
/// there; such a batch may skip numbers where a line was blank or could not be read.
///
/// Cloning is cheap.
///
/// ```
/// use leadsquared_core::Origin;
///
/// let origin = Origin::new("leads.parquet", 8193);
/// assert_eq!(origin.row(2).to_string(), "leads.parquet, row 8195");
///
/// let lines = Origin::with_row_numbers("leads.ndjson", vec![1, 2, 5]);
/// assert_eq!(lines.row(2).number, 5);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    source: Arc<str>,
    numbers: Numbers,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Numbers {
    From(u64),
    Each(Arc<[u64]>),
}

impl Origin {
    /// The origin of consecutive rows, the first of which has the number `first_row`.
    pub fn new(source: impl Into<Arc<str>>, first_row: u64) -> Self {
        Self {
            source: source.into(),
            numbers: Numbers::From(first_row),
        }
    }

    /// The origin of rows that each have a number of their own.
    ///
    /// Rows past the end of `numbers` count on from the last one.
    pub fn with_row_numbers(source: impl Into<Arc<str>>, numbers: impl Into<Arc<[u64]>>) -> Self {
        Self {
            source: source.into(),
            numbers: Numbers::Each(numbers.into()),
        }
    }

    /// The name of the file or stream.
    #[must_use]
    pub fn source(&self) -> &Arc<str> {
        &self.source
    }

    /// The source and number of the row at `index` of the batch.
    #[must_use]
    pub fn row(&self, index: usize) -> Row {
        let number = match &self.numbers {
            Numbers::From(first) => first.saturating_add(index as u64),
            Numbers::Each(each) => each.get(index).copied().unwrap_or_else(|| {
                let past = (index - each.len()) as u64 + 1;
                each.last().copied().unwrap_or(0).saturating_add(past)
            }),
        };
        Row {
            source: Arc::clone(&self.source),
            number,
        }
    }
}

/// One row of one source.
///
/// Displays as `leads.parquet, row 7`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Row {
    /// The name of the file or stream.
    pub source: Arc<str>,
    /// The row's number, from 1; the line for line-based formats.
    pub number: u64,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, row {}", self.source, self.number)
    }
}

/// A record batch together with where its rows came from.
#[derive(Clone, Debug)]
pub struct SourceBatch {
    /// The rows.
    pub batch: RecordBatch,
    /// Where they came from.
    pub origin: Origin,
    /// Rows of the same source that could not even be read into a batch; they end as rejected.
    pub unreadable: Vec<UnreadableRow>,
}

impl SourceBatch {
    /// A batch all of whose rows could be read.
    #[must_use]
    pub fn new(batch: RecordBatch, origin: Origin) -> Self {
        Self {
            batch,
            origin,
            unreadable: Vec::new(),
        }
    }

    /// How many rows of the source this stands for, the unreadable ones included.
    #[must_use]
    pub fn num_rows(&self) -> usize {
        self.batch.num_rows() + self.unreadable.len()
    }
}

/// A row that a reader could not turn into a row of a batch, such as a malformed line of NDJSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableRow {
    /// The row's number, from 1; the line for line-based formats.
    pub number: u64,
    /// What is wrong with it, for people.
    pub reason: String,
    /// The row as it stands in the source, shortened if it is very long.
    pub raw: String,
}
