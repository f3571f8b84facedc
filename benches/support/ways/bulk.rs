//! The bulk-create shape as serde structs, which borrow from the batch.

use std::ops::Range;

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::columns::Columns;
use super::text::Text;

/// The body of one call: the rows of a batch from one number to another.
pub(super) struct Body<'a> {
    pub(super) columns: &'a Columns<'a>,
    pub(super) rows: Range<usize>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows.clone().map(|row| Lead {
            columns: self.columns,
            row,
        }))
    }
}

/// One row.
struct Lead<'a> {
    columns: &'a Columns<'a>,
    row: usize,
}

impl Serialize for Lead<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut lead = serializer.serialize_seq(None)?;
        self.columns
            .attributes(self.row, |attribute| lead.serialize_element(&attribute))?;
        lead.end()
    }
}

/// An attribute of a lead, or a field of a field set.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Attribute<'a> {
    #[serde(rename = "Attribute")]
    pub(super) name: &'static str,
    pub(super) value: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fields: Option<Fields<'a>>,
}

impl<'a> Attribute<'a> {
    pub(super) fn new(name: &'static str, value: Text<'a>) -> Self {
        Self {
            name,
            value,
            fields: None,
        }
    }

    pub(super) fn field_set(name: &'static str, columns: &'a Columns<'a>, row: usize) -> Self {
        Self {
            name,
            value: Text::String(""),
            fields: Some(Fields { columns, row }),
        }
    }
}

/// The fields of a row's field set.
pub(super) struct Fields<'a> {
    columns: &'a Columns<'a>,
    row: usize,
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_seq(None)?;
        self.columns
            .fields(self.row, |field| fields.serialize_element(&field))?;
        fields.end()
    }
}
