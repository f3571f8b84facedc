//! What must come out, read value by value through Arrow's own access to single values.
//!
//! Slow and plain on purpose, and without a line of the crate's: a mistake made twice in the same
//! way is the one that this must not hide.

mod number;
mod text;

use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;

use self::text::text;
use super::case::{Batch, Case};
use super::json::{Attribute, Field, Lead};

/// Why a row is no lead: the code of its rejection.
pub(crate) type Code = &'static str;

/// The lead of a row, or why it is none.
pub(crate) fn lead(case: &Case, batch: &Batch, row: usize) -> Result<Lead, Code> {
    let mut lead = Vec::new();
    let mut has_unique_field = false;
    for (index, column) in case.columns.iter().enumerate() {
        let Some(attribute) = &column.attribute else {
            continue;
        };
        let array = batch.rows.column(index).as_ref();
        match array.data_type() {
            DataType::Struct(_) | DataType::Map(..) => {
                let fields = if array.is_null(row) {
                    Vec::new()
                } else if let Some(map) = array.as_map_opt() {
                    entries(&map.value(row))?
                } else {
                    let mut fields = Vec::new();
                    for (child, array) in batch.children[index]
                        .iter()
                        .zip(array.as_struct().columns())
                    {
                        if let Some(attribute) = &child.attribute
                            && let Some(value) = text(array, row)?
                        {
                            fields.push(field(attribute, value));
                        }
                    }
                    fields
                };
                if !fields.is_empty() {
                    lead.push(Attribute {
                        name: attribute.clone(),
                        value: String::new(),
                        fields: Some(fields),
                    });
                }
            }
            _ => {
                if let Some(value) = text(array, row)? {
                    has_unique_field |= column.unique && !is_blank(&value);
                    lead.push(plain(attribute, value));
                }
            }
        }
    }
    lead.extend(
        case.constants
            .iter()
            .map(|(attribute, value)| plain(attribute, value.clone())),
    );
    if has_unique_field {
        Ok(lead)
    } else {
        Err("no-unique-field")
    }
}

/// The fields of one map, from its keys and values.
fn entries(entries: &arrow::array::StructArray) -> Result<Vec<Field>, Code> {
    let mut fields: Vec<Field> = Vec::new();
    for entry in 0..entries.len() {
        let is_null = is_null(entries.column(1), entry);
        if is_null {
            continue;
        }
        let Some(key) = text(entries.column(0), entry)? else {
            return Err("a key is never null");
        };
        if is_blank(&key) {
            return Err("empty-key");
        }
        if fields.iter().any(|field| field.name == key) {
            return Err("repeated-key");
        }
        if let Some(value) = text(entries.column(1), entry)? {
            fields.push(field(&key, value));
        }
    }
    Ok(fields)
}

/// Whether a value is null, even if only by what it refers to.
fn is_null(array: &dyn Array, row: usize) -> bool {
    matches!(text(array, row), Ok(None))
}

/// Whether a text says nothing.
fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

fn plain(attribute: &str, value: String) -> Attribute {
    Attribute {
        name: attribute.to_owned(),
        value,
        fields: None,
    }
}

fn field(attribute: &str, value: String) -> Field {
    Field {
        name: attribute.to_owned(),
        value,
    }
}
