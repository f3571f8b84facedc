//! What several modules use.

use std::collections::VecDeque;
use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use arrow::array::{Array, RecordBatch};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use futures::StreamExt;
use leadsquared_adapter::{Error, Format, ReadOptions, Source};
use leadsquared_core::SourceBatch;
use tokio::io::{AsyncRead, ReadBuf};

/// All that a source gave.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) batches: Vec<SourceBatch>,
    pub(crate) error: Option<Error>,
}

impl Read {
    pub(crate) async fn all(source: Source) -> Self {
        let mut read = Self::default();
        let mut stream = source.into_stream();
        while let Some(item) = stream.next().await {
            match item {
                Ok(batch) => read.batches.push(batch),
                Err(error) => {
                    assert!(stream.next().await.is_none(), "an error ends the stream");
                    read.error = Some(error);
                    break;
                }
            }
        }
        read
    }

    /// The batches, of a source that must have been read to its end.
    pub(crate) fn whole(self) -> Self {
        assert!(
            self.error.is_none(),
            "{}",
            chain(self.error.as_ref().unwrap())
        );
        self
    }

    /// The numbers of the rows that could be read.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        let rows = |batch: &SourceBatch| {
            let origin = batch.origin.clone();
            (0..batch.batch.num_rows()).map(move |row| origin.row(row).number)
        };
        self.batches.iter().flat_map(rows).collect()
    }

    /// Number and reason of the rows that could not.
    pub(crate) fn unreadable(&self) -> Vec<(u64, String)> {
        let rows = self.batches.iter().flat_map(|batch| &batch.unreadable);
        rows.map(|row| (row.number, row.reason.clone())).collect()
    }

    /// Number and text of a column's values, where it has any.
    pub(crate) fn column(&self, name: &str) -> Vec<(u64, String)> {
        let mut values = Vec::new();
        for batch in &self.batches {
            for row in 0..batch.batch.num_rows() {
                if let Some(text) = cell(&batch.batch, name, row) {
                    values.push((batch.origin.row(row).number, text));
                }
            }
        }
        values
    }

    /// The type that a column has in each batch; `-` where it has none.
    pub(crate) fn types(&self, name: &str) -> Vec<String> {
        let data_type = |batch: &SourceBatch| match batch.batch.column_by_name(name) {
            Some(column) => column.data_type().to_string(),
            None => "-".to_owned(),
        };
        self.batches.iter().map(data_type).collect()
    }
}

/// The text of a value, `None` for null or no such column.
pub(crate) fn cell(batch: &RecordBatch, name: &str, row: usize) -> Option<String> {
    let column = batch.column_by_name(name)?;
    if column.is_null(row)
        || column
            .logical_nulls()
            .is_some_and(|nulls| nulls.is_null(row))
    {
        return None;
    }
    let options = FormatOptions::default();
    Some(
        ArrayFormatter::try_new(column, &options)
            .unwrap()
            .value(row)
            .to_string(),
    )
}

/// Reads `bytes` as a stream called `name`.
pub(crate) async fn try_read(
    name: &str,
    bytes: impl Into<Vec<u8>>,
    options: &ReadOptions,
) -> Result<Read, Error> {
    let reader = io::Cursor::new(bytes.into());
    Ok(Read::all(Source::from_reader(name, reader, options).await?).await)
}

/// Reads lines of NDJSON to their end.
pub(crate) async fn read(lines: impl Into<Vec<u8>>, options: &ReadOptions) -> Read {
    try_read("leads.ndjson", lines, options)
        .await
        .unwrap()
        .whole()
}

/// Lines of text, each with its line break.
pub(crate) fn lines(lines: impl IntoIterator<Item = String>) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// Options under which the schema comes from the first `lines` lines only.
pub(crate) fn sample(lines: usize) -> ReadOptions {
    ReadOptions::new()
        .with_sample(lines, 1 << 20)
        .with_format(Format::Ndjson)
}

/// Numbers and texts, as what was read gives them.
pub(crate) fn numbered(lines: &[(u64, &str)]) -> Vec<(u64, String)> {
    lines
        .iter()
        .map(|&(number, text)| (number, text.to_owned()))
        .collect()
}

/// An error with all its causes.
pub(crate) fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// A stream that gives its pieces one by one, then fails if it has an error.
pub(crate) struct Pieces {
    pub(crate) pieces: VecDeque<Vec<u8>>,
    pub(crate) error: Option<io::Error>,
}

impl Pieces {
    pub(crate) fn new(pieces: impl IntoIterator<Item = impl Into<Vec<u8>>>) -> Self {
        Self {
            pieces: pieces.into_iter().map(Into::into).collect(),
            error: None,
        }
    }

    pub(crate) fn then_fail(mut self, message: &str) -> Self {
        self.error = Some(io::Error::other(message.to_owned()));
        self
    }
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(mut piece) = self.pieces.pop_front() {
            let rest = piece.split_off(piece.len().min(buf.remaining()));
            if !rest.is_empty() {
                self.pieces.push_front(rest);
            }
            buf.put_slice(&piece);
            return Poll::Ready(Ok(()));
        }
        Poll::Ready(self.error.take().map_or(Ok(()), Err))
    }
}
