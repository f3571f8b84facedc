//! Records to batches of text.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};
use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use leadsquared_core::{Mapping, SourceBatch, UnreadableRow};

use super::fields::Record;
use crate::rows::origin;

/// The most text of a batch.
const BYTES: usize = 4 << 20;

/// The rows that are to be the next batch.
pub(super) struct Table {
    name: Arc<str>,
    /// The columns that the mapping keeps.
    schema: SchemaRef,
    /// One for each column of the file; none for those that are dropped.
    columns: Vec<Option<StringBuilder>>,
    max_rows: usize,
    numbers: Vec<u64>,
    unreadable: Vec<UnreadableRow>,
    bytes: usize,
    last_row: u64,
}

impl Table {
    pub(super) fn new(name: Arc<str>, file: &Schema, mapping: &Mapping, max_rows: usize) -> Self {
        let is_kept = |field: &&FieldRef| mapping.attribute(field.name()).is_some();
        let kept = file.fields().iter().filter(is_kept).cloned();
        let columns = file.fields().iter();
        Self {
            name,
            schema: Arc::new(Schema::new(kept.collect::<Vec<_>>())),
            columns: columns
                .map(|field| is_kept(&field).then(StringBuilder::new))
                .collect(),
            max_rows,
            numbers: Vec::new(),
            unreadable: Vec::new(),
            bytes: 0,
            last_row: 0,
        }
    }

    /// The number of the last row that came.
    pub(super) fn last_row(&self) -> u64 {
        self.last_row
    }

    pub(super) fn is_full(&self) -> bool {
        self.numbers.len() + self.unreadable.len() >= self.max_rows || self.bytes >= BYTES
    }

    /// Adds a row that has as many fields as there are columns; an empty field is null.
    pub(super) fn push(&mut self, record: &Record<'_>) {
        for (column, text) in self.columns.iter_mut().zip(record.fields()) {
            if let Some(column) = column {
                column.append_option(Some(text).filter(|text| !text.is_empty()));
                self.bytes += text.len();
            }
        }
        self.numbers.push(record.line);
        self.last_row = record.line;
    }

    pub(super) fn push_unreadable(&mut self, row: UnreadableRow) {
        self.bytes += row.raw.len();
        self.last_row = row.number;
        self.unreadable.push(row);
    }

    /// The batch of all rows so far, if there are any.
    pub(super) fn take(&mut self) -> Result<Option<SourceBatch>, ArrowError> {
        if self.numbers.is_empty() && self.unreadable.is_empty() {
            return Ok(None);
        }
        let columns = self.columns.iter_mut().flatten();
        let columns = columns.map(|column| Arc::new(column.finish()) as ArrayRef);
        let numbers = std::mem::take(&mut self.numbers);
        let options = RecordBatchOptions::new().with_row_count(Some(numbers.len()));
        let batch = RecordBatch::try_new_with_options(
            Arc::clone(&self.schema),
            columns.collect(),
            &options,
        )?;
        self.bytes = 0;
        Ok(Some(SourceBatch {
            batch,
            origin: origin(&self.name, numbers),
            unreadable: std::mem::take(&mut self.unreadable),
        }))
    }
}
