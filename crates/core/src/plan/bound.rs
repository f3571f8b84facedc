//! A plan fixed to one batch: rows become leads.

use std::sync::Arc;

use arrow::array::RecordBatch;

use super::column::{Column, OnFault, bind, open_array};
use super::{ColumnPlan, Leads, Plan};
use crate::block::{Block, Memory};
use crate::unique::UniqueKey;
use crate::{Error, LeadKey, RowError};

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

    /// Which lead the row at index `row` is about, by its unique fields; `None` if it has a value in
    /// none of them, which rejects it anyway.
    ///
    /// The mapping's constants are no part of it: all rows share them.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow::array::{ArrayRef, RecordBatch, StringArray};
    /// use leadsquared_core::{Mapping, Plan};
    ///
    /// let phones = Arc::new(StringArray::from(vec![Some("8888888888"), Some("8888888888"), None]));
    /// let names = Arc::new(StringArray::from(vec!["Ada", "Mary", "Grace"]));
    /// let batch = RecordBatch::try_from_iter([
    ///     ("Phone", phones as ArrayRef),
    ///     ("FirstName", names),
    /// ])?;
    /// let bound = Plan::try_new(&batch.schema(), &Mapping::new())?.bind(&batch)?;
    /// assert!(bound.lead_key(0).is_some());
    /// assert_eq!(bound.lead_key(0), bound.lead_key(1));
    /// assert_eq!(bound.lead_key(2), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// If `row` is not below [`num_rows`](Self::num_rows), as indexing a slice does.
    #[must_use]
    pub fn lead_key(&self, row: usize) -> Option<LeadKey> {
        self.check(row);
        let mut memory = Vec::new();
        let mut values = Vec::new();
        self.unique_values(row, &mut memory, |column, text| {
            let attribute = attribute_of(&column.prefix);
            values.push((attribute, text.to_vec()));
        });
        LeadKey::new(values)
    }

    /// Appends the keys of the row's unique values; not those of constants, which all rows share.
    pub(crate) fn unique_keys(&self, row: usize, memory: &mut Vec<u8>, keys: &mut Vec<UniqueKey>) {
        self.unique_values(row, memory, |column, text| {
            keys.push(UniqueKey::new(&column.prefix, text));
        });
    }

    /// Tells each of the row's unique values, as text inside JSON.
    fn unique_values<'a>(
        &'a self,
        row: usize,
        memory: &mut Vec<u8>,
        mut tell: impl FnMut(&'a Column, &[u8]),
    ) {
        for column in self.columns.iter().filter(|column| column.unique) {
            memory.clear();
            // A value without a text rejects its row, whatever its keys.
            let Ok(true) = column.append(row, memory, OnFault::Reject) else {
                continue;
            };
            let text = memory.get(column.prefix.len()..);
            if let Some(text) = text.and_then(|text| text.strip_suffix(b"\"}")) {
                tell(column, text);
            }
        }
    }

    fn check(&self, row: usize) {
        assert!(
            row < self.num_rows,
            "row {row} of a batch of {} rows",
            self.num_rows
        );
    }

    fn append(&self, row: usize, out: &mut Vec<u8>, on_fault: OnFault) -> Result<(), RowError> {
        self.check(row);
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

/// The attribute that a column's prefix names.
fn attribute_of(prefix: &[u8]) -> &[u8] {
    let named = prefix.strip_prefix(b",{\"Attribute\":\"");
    let named = named.and_then(|rest| rest.strip_suffix(b"\",\"Value\":\""));
    named.unwrap_or(prefix)
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
