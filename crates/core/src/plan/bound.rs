//! A plan fixed to one batch: rows become leads.

use std::sync::Arc;

use arrow::array::RecordBatch;

use super::column::{Column, OnFault, bind, open_array};
use super::{ColumnPlan, Leads, Plan};
use crate::block::{Block, Memory};
use crate::unique::UniqueKey;
use crate::{Error, RowError};

/// A [`Plan`] fixed to one batch.
///
/// Made by [`Plan::bind`]; shares the batch's memory.
pub struct BoundBatch {
    columns: Vec<Column>,
    constants: Arc<[u8]>,
    unique_fields: Arc<[String]>,
    num_rows: usize,
}

impl BoundBatch {
    pub(super) fn try_new(plan: &Plan, batch: &RecordBatch) -> Result<Self, Error> {
        check_schema(plan, batch)?;
        let columns = bind(&plan.columns, batch.columns())?;
        Ok(Self {
            columns,
            constants: Arc::clone(&plan.constants),
            unique_fields: Arc::clone(&plan.unique_fields),
            num_rows: batch.num_rows(),
        })
    }

    /// A block encoder for the batch.
    pub(super) fn block(&self, memory: Memory) -> Block {
        Block::new(&self.columns, &self.constants, memory)
    }

    /// Makes `block` ready from the row at `start` on.
    pub(super) fn fill(&self, block: &mut Block, start: usize) {
        block.fill(&self.columns, start, self.num_rows);
    }

    /// How many rows the batch has.
    #[must_use]
    pub fn num_rows(&self) -> usize {
        self.num_rows
    }

    /// The leads of all rows, in order: the fast way to encode a whole batch.
    #[must_use]
    pub fn into_leads(self) -> Leads {
        self.into_leads_with(Memory::default())
    }

    /// As [`into_leads`](Self::into_leads), with the memory of the leads of an earlier batch.
    pub(crate) fn into_leads_with(self, memory: Memory) -> Leads {
        Leads::new(self, memory)
    }

    /// Appends the lead of the row at index `row` to `out`: a JSON array of
    /// `{Attribute, Value[, Fields]}`.
    ///
    /// Nulls are left out, and so is a field set that holds nothing but nulls.
    ///
    /// # Errors
    /// A [`RowError`] for a row that can't be a lead; `out` is then as it was.
    ///
    /// # Panics
    /// If `row` is not below [`num_rows`](Self::num_rows), as indexing a slice does.
    pub fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<(), RowError> {
        let start = out.len();
        let result = self.append(row, out, OnFault::Reject);
        if result.is_err() {
            out.truncate(start);
        }
        result
    }

    /// The lead of the row at index `row` for people to look at, even if it can't be sent.
    ///
    /// As [`encode`](Self::encode), but a value without a text is there as its source shows it,
    /// such as `NaN`, and no unique field is asked for.
    ///
    /// # Panics
    /// If `row` is not below [`num_rows`](Self::num_rows), as indexing a slice does.
    #[must_use]
    pub fn show(&self, row: usize) -> Vec<u8> {
        let mut out = Vec::new();
        // The only error that showing leaves is a lead without a unique field, written all the same.
        let _ = self.append(row, &mut out, OnFault::Show);
        out
    }

    /// Appends the keys of the row's unique values; not those of constants, which all rows share.
    pub(crate) fn unique_keys(&self, row: usize, memory: &mut Vec<u8>, keys: &mut Vec<UniqueKey>) {
        let unique = self.columns.iter().filter(|column| column.unique);
        keys.extend(unique.filter_map(|column| {
            memory.clear();
            // A value without a text rejects its row, whatever its keys.
            let has_value = column.append(row, memory, OnFault::Reject).ok()?;
            let text = memory.get(column.prefix.len()..)?.strip_suffix(b"\"}")?;
            has_value.then(|| UniqueKey::new(&column.prefix, text))
        }));
    }

    fn append(&self, row: usize, out: &mut Vec<u8>, on_fault: OnFault) -> Result<(), RowError> {
        assert!(
            row < self.num_rows,
            "row {row} of a batch of {} rows",
            self.num_rows
        );
        let start = out.len();
        let mut has_unique_field = false;
        for column in &self.columns {
            has_unique_field |= column.append(row, out, on_fault)?;
        }
        out.extend_from_slice(&self.constants);
        open_array(start, out);
        out.push(b']');
        if has_unique_field {
            Ok(())
        } else {
            Err(RowError::NoUniqueField {
                fields: Arc::clone(&self.unique_fields),
            })
        }
    }
}

fn check_schema(plan: &Plan, batch: &RecordBatch) -> Result<(), Error> {
    let found = batch.schema_ref();
    if Arc::ptr_eq(&plan.schema, found) {
        return Ok(());
    }
    let gathered = plan.columns.iter().filter(|column| column.is_gathered());
    let gathered = gathered.flat_map(|set| &set.fields);
    for column in plan.columns.iter().chain(gathered) {
        let Some(index) = column.index else { continue };
        match found.fields().get(index) {
            Some(field) if *field.data_type() == column.data_type => {}
            Some(field) => {
                return Err(mismatch(
                    column,
                    &format!("{} {}", field.name(), field.data_type()),
                ));
            }
            None => return Err(mismatch(column, "nothing")),
        }
    }
    Ok(())
}

pub(super) fn mismatch(plan: &ColumnPlan, found: &str) -> Error {
    Error::SchemaMismatch {
        index: plan.index.unwrap_or_default(),
        expected: format!("{} {}", plan.column, plan.data_type),
        found: found.to_owned(),
    }
}
