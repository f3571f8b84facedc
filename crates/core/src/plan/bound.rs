//! A plan fixed to one batch: rows become leads.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, MapArray, RecordBatch};
use arrow::buffer::NullBuffer;

use super::form::TextForm;
use super::{ColumnPlan, Leads, Plan};
use crate::encode::json::{is_blank, push_escaped};
use crate::encode::{Cells, Fault, cells};
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

/// One column, bound.
struct Column {
    /// `,{"Attribute":"…","Value":"`.
    prefix: Arc<[u8]>,
    name: Arc<str>,
    unique: bool,
    nulls: Option<NullBuffer>,
    content: Content,
}

enum Content {
    Text(Box<dyn Cells>),
    Struct(Vec<Column>),
    Map(Box<Map>),
}

/// A map column: its keys are attributes that only the row knows.
struct Map {
    array: MapArray,
    keys: Box<dyn Cells>,
    values: Box<dyn Cells>,
    value_nulls: Option<NullBuffer>,
}

/// What to do with a value that has no text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OnFault {
    /// Reject the row.
    Reject,
    /// Write it as its source shows it.
    Show,
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

    /// How many rows the batch has.
    #[must_use]
    pub fn num_rows(&self) -> usize {
        self.num_rows
    }

    /// The leads of all rows, in order: the fast way to encode a whole batch.
    #[must_use]
    pub fn into_leads(self) -> Leads {
        Leads::new(self)
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

/// Turns the comma before the first element, at `start`, into the bracket before it.
fn open_array(start: usize, out: &mut Vec<u8>) {
    match out.get_mut(start) {
        Some(comma) => *comma = b'[',
        None => out.push(b'['),
    }
}

impl Column {
    /// Appends the row's attribute, with a comma before it, unless it is null; true if that gives
    /// the lead a unique field.
    fn append(&self, row: usize, out: &mut Vec<u8>, on_fault: OnFault) -> Result<bool, RowError> {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return Ok(false);
        }
        let start = out.len();
        out.extend_from_slice(&self.prefix);
        match &self.content {
            Content::Text(cells) => {
                let text = out.len();
                self.append_text(cells.as_ref(), row, out, on_fault)?;
                let unique = self.unique && !is_blank(&out[text..]);
                out.extend_from_slice(b"\"}");
                Ok(unique)
            }
            Content::Struct(columns) => {
                let fields = open_fields(out);
                for column in columns {
                    column.append(row, out, on_fault)?;
                }
                close_fields(start, fields, out);
                Ok(false)
            }
            Content::Map(map) => {
                let fields = open_fields(out);
                self.append_entries(map, row, out, on_fault)?;
                close_fields(start, fields, out);
                Ok(false)
            }
        }
    }

    fn append_text(
        &self,
        cells: &dyn Cells,
        row: usize,
        out: &mut Vec<u8>,
        on_fault: OnFault,
    ) -> Result<(), RowError> {
        let start = out.len();
        let Err(fault) = cells.write(row, out) else {
            return Ok(());
        };
        if on_fault == OnFault::Reject {
            return Err(self.error(fault));
        }
        out.truncate(start);
        push_escaped(fault.value(), out);
        Ok(())
    }

    fn append_entries(
        &self,
        map: &Map,
        row: usize,
        out: &mut Vec<u8>,
        on_fault: OnFault,
    ) -> Result<(), RowError> {
        let mut seen: Vec<Vec<u8>> = Vec::new();
        for entry in map.entries(row) {
            if map
                .value_nulls
                .as_ref()
                .is_some_and(|nulls| nulls.is_null(entry))
            {
                continue;
            }
            let mut key = Vec::new();
            self.append_text(map.keys.as_ref(), entry, &mut key, on_fault)?;
            if on_fault == OnFault::Reject {
                if is_blank(&key) {
                    return Err(RowError::EmptyKey {
                        column: Arc::clone(&self.name),
                    });
                }
                if seen.contains(&key) {
                    let key = String::from_utf8_lossy(&key).into_owned();
                    return Err(RowError::RepeatedKey {
                        column: Arc::clone(&self.name),
                        key,
                    });
                }
            }
            out.extend_from_slice(b",{\"Attribute\":\"");
            out.extend_from_slice(&key);
            out.extend_from_slice(b"\",\"Value\":\"");
            self.append_text(map.values.as_ref(), entry, out, on_fault)?;
            out.extend_from_slice(b"\"}");
            seen.push(key);
        }
        Ok(())
    }

    fn error(&self, fault: Fault) -> RowError {
        let column = Arc::clone(&self.name);
        match fault {
            Fault::NotFinite { value } => RowError::NotFinite { column, value },
            Fault::OutOfRange { value, range } => RowError::OutOfRange {
                column,
                value,
                range,
            },
        }
    }
}

/// Goes on from the prefix of a field set to its fields, and tells where they start.
fn open_fields(out: &mut Vec<u8>) -> usize {
    out.extend_from_slice(b"\",\"Fields\":");
    out.len()
}

/// Ends a field set, or takes it back to `start` if it has no field.
fn close_fields(start: usize, fields: usize, out: &mut Vec<u8>) {
    if out.len() == fields {
        out.truncate(start);
    } else {
        open_array(fields, out);
        out.extend_from_slice(b"]}");
    }
}

impl Map {
    fn try_new(array: &MapArray) -> Option<Self> {
        Some(Self {
            keys: cells(array.keys())?,
            values: cells(array.values())?,
            value_nulls: array.values().logical_nulls(),
            array: array.clone(),
        })
    }

    /// Where the entries of the map at `row` stand.
    #[expect(clippy::cast_sign_loss, reason = "Arrow keeps offsets positive")]
    fn entries(&self, row: usize) -> std::ops::Range<usize> {
        let offsets = self.array.value_offsets();
        offsets[row] as usize..offsets[row + 1] as usize
    }
}

fn bind(plans: &[ColumnPlan], arrays: &[ArrayRef]) -> Result<Vec<Column>, Error> {
    plans
        .iter()
        .map(|plan| {
            let array = arrays
                .get(plan.index)
                .ok_or_else(|| mismatch(plan, "nothing"))?;
            let content = content(plan, array)?
                .ok_or_else(|| mismatch(plan, &array.data_type().to_string()))?;
            Ok(Column {
                prefix: Arc::clone(&plan.prefix),
                name: Arc::clone(&plan.column),
                unique: plan.unique,
                nulls: array.logical_nulls().filter(|nulls| nulls.null_count() > 0),
                content,
            })
        })
        .collect()
}

fn content(plan: &ColumnPlan, array: &ArrayRef) -> Result<Option<Content>, Error> {
    if plan.form != TextForm::FieldSet {
        return Ok(cells(array).map(Content::Text));
    }
    if let Some(array) = array.as_struct_opt() {
        return Ok(Some(Content::Struct(bind(&plan.fields, array.columns())?)));
    }
    Ok(array
        .as_map_opt()
        .and_then(Map::try_new)
        .map(Box::new)
        .map(Content::Map))
}

fn check_schema(plan: &Plan, batch: &RecordBatch) -> Result<(), Error> {
    let found = batch.schema_ref();
    if Arc::ptr_eq(&plan.schema, found) {
        return Ok(());
    }
    for column in &plan.columns {
        match found.fields().get(column.index) {
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

fn mismatch(plan: &ColumnPlan, found: &str) -> Error {
    Error::SchemaMismatch {
        index: plan.index,
        expected: format!("{} {}", plan.column, plan.data_type),
        found: found.to_owned(),
    }
}
