//! One column of a batch, bound: its row becomes an attribute.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, MapArray, new_null_array};
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;

use super::ColumnPlan;
use super::bound::mismatch;
use super::form::TextForm;
use super::ruled::Ruled;
use crate::encode::json::{is_blank, push_escaped};
use crate::encode::{Cells, Fault, cells};
use crate::{Error, RowError};

/// One column, bound.
pub(crate) struct Column {
    /// `,{"Attribute":"…","Value":"`.
    pub(crate) prefix: Arc<[u8]>,
    name: Arc<str>,
    pub(crate) unique: bool,
    pub(crate) array: ArrayRef,
    /// Its nulls, if it has any.
    pub(crate) nulls: Option<NullBuffer>,
    pub(crate) content: Content,
    /// Whether some cells have a fault that the array doesn't show.
    pub(crate) is_faulty: bool,
}

/// What a column's rows hold.
pub(crate) enum Content {
    Text(Box<dyn Cells>),
    Struct(Vec<Column>),
    Map(Box<Map>),
}

/// A map column: its keys are attributes that only the row knows.
pub(crate) struct Map {
    array: MapArray,
    keys: Box<dyn Cells>,
    values: Box<dyn Cells>,
    value_nulls: Option<NullBuffer>,
}

/// What to do with a value that has no text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnFault {
    /// Reject the row.
    Reject,
    /// Write it as its source shows it.
    Show,
}

/// Turns the comma before the first element, at `start`, into the bracket before it.
pub(super) fn open_array(start: usize, out: &mut Vec<u8>) {
    match out.get_mut(start) {
        Some(comma) => *comma = b'[',
        None => out.push(b'['),
    }
}

impl Column {
    /// Appends the row's attribute, with a comma before it, unless it is null; true if that gives
    /// the lead a unique field.
    pub(crate) fn append(
        &self,
        row: usize,
        out: &mut Vec<u8>,
        on_fault: OnFault,
    ) -> Result<bool, RowError> {
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
        push_escaped(fault.value().as_bytes(), out);
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
            Fault::Missing => RowError::Required { column },
            Fault::NotAMoment { value, form } => RowError::NotAMoment {
                column,
                value,
                form,
            },
            Fault::TooLong { length, most, .. } => RowError::TooLong {
                column,
                length,
                most,
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

pub(super) fn bind(plans: &[ColumnPlan], arrays: &[ArrayRef]) -> Result<Vec<Column>, Error> {
    // A column of nulls has nothing to say in any row, unless a rule gives it a voice.
    let speaking = plans.iter().filter(|plan| {
        plan.rules.is_some() || plan.is_gathered() || plan.data_type != DataType::Null
    });
    speaking.map(|plan| bind_column(plan, arrays)).collect()
}

fn bind_column(plan: &ColumnPlan, arrays: &[ArrayRef]) -> Result<Column, Error> {
    let column = |array: ArrayRef, content, is_faulty| Column {
        prefix: Arc::clone(&plan.prefix),
        name: Arc::clone(&plan.column),
        unique: plan.unique,
        nulls: array.logical_nulls().filter(|nulls| nulls.null_count() > 0),
        array,
        content,
        is_faulty,
    };
    let Some(index) = plan.index else {
        // Always there; a row in which all its fields are null leaves it out.
        let nothing = new_null_array(&DataType::Boolean, 0);
        let fields = bind(&plan.fields, arrays)?;
        return Ok(column(nothing, Content::Struct(fields), false));
    };
    let array = arrays.get(index).ok_or_else(|| mismatch(plan, "nothing"))?;
    let other_type = || mismatch(plan, &array.data_type().to_string());
    if let Some(rules) = &plan.rules {
        let ruled = Ruled::try_new(array, rules).ok_or_else(other_type)?;
        let array = Arc::clone(&ruled.array);
        if let Some(cells) = ruled.faulty_cells() {
            return Ok(column(array, Content::Text(cells), true));
        }
        let content = cells(&array).map(Content::Text).ok_or_else(other_type)?;
        return Ok(column(array, content, false));
    }
    let content = content(plan, array)?.ok_or_else(other_type)?;
    Ok(column(Arc::clone(array), content, false))
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
