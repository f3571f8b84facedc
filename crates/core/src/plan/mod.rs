//! A schema compiled once, and bound to batch after batch.

mod bound;
mod column;
mod compile;
mod constants;
mod form;
mod leads;
mod ruled;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};

pub use bound::BoundBatch;
pub(crate) use column::{Column, Content, OnFault};
pub use form::TextForm;
pub use leads::Leads;

use crate::{ColumnRules, Error, Mapping};

/// A schema and a mapping compiled to one encoder a column.
///
/// Compiling finds everything that is wrong with the two before a row is read; encoding then only
/// looks at values.
///
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, RecordBatch, StringArray};
/// use leadsquared_core::{Mapping, Plan};
///
/// let batch = RecordBatch::try_from_iter([
///     ("Phone", Arc::new(StringArray::from(vec!["8888888888"])) as ArrayRef),
/// ])?;
/// let plan = Plan::try_new(&batch.schema(), &Mapping::new())?;
/// let mut out = Vec::new();
/// plan.bind(&batch)?.encode(0, &mut out)?;
/// assert_eq!(out, br#"[{"Attribute":"Phone","Value":"8888888888"}]"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Plan {
    schema: SchemaRef,
    columns: Vec<ColumnPlan>,
    /// The constants' objects, each with a comma before it.
    constants: Arc<[u8]>,
    unique_fields: Arc<[String]>,
}

impl Plan {
    /// Compiles `schema` with `mapping`.
    ///
    /// Columns that the mapping drops may be missing from `schema`, as readers leave them out;
    /// [`Mapping::check`] is the strict test against a whole schema.
    ///
    /// # Errors
    /// An [`Error`] that names the column: one the mapping renames but the schema lacks, a type
    /// without a text, a rule that doesn't fit the type, an attribute set twice or without a name, a
    /// field of a set that can't be, no unique field at all.
    pub fn try_new(schema: &SchemaRef, mapping: &Mapping) -> Result<Self, Error> {
        compile::compile(schema, mapping)
    }

    /// The columns that are sent, in the order they are sent, with what they become.
    #[must_use]
    pub fn columns(&self) -> &[ColumnPlan] {
        &self.columns
    }

    /// The schema that was compiled.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Fixes the plan to a batch, whose rows can then be encoded in any order.
    ///
    /// The result shares the batch's memory and doesn't borrow it.
    ///
    /// # Errors
    /// [`Error::SchemaMismatch`] if the batch's columns have other types than the compiled schema.
    pub fn bind(&self, batch: &RecordBatch) -> Result<BoundBatch, Error> {
        BoundBatch::try_new(self, batch)
    }
}

/// One column of a [`Plan`]: what it becomes.
#[derive(Clone, Debug)]
pub struct ColumnPlan {
    /// Its position in the schema, or in the struct it is part of; none for a field set that is
    /// made of columns of the schema.
    index: Option<usize>,
    /// Its name with its parents: `kyc.status`.
    column: Arc<str>,
    attribute: String,
    data_type: DataType,
    form: TextForm,
    unique: bool,
    /// Those that change something.
    rules: Option<Arc<ColumnRules>>,
    /// `,{"Attribute":"…","Value":"`, ready to append.
    prefix: Arc<[u8]>,
    /// The columns of a field set.
    fields: Vec<ColumnPlan>,
}

impl ColumnPlan {
    /// The column's name, with its parents: `kyc.status`.
    ///
    /// A field set that the [mapping](Mapping::rename) makes of several columns has none of its own,
    /// and is called by its attribute.
    #[must_use]
    pub fn column(&self) -> &str {
        &self.column
    }

    /// The attribute it sets.
    #[must_use]
    pub fn attribute(&self) -> &str {
        &self.attribute
    }

    /// Its Arrow type; `Null` for a field set made of several columns.
    #[must_use]
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// The text its values become.
    #[must_use]
    pub fn form(&self) -> TextForm {
        self.form
    }

    /// Whether a value in it makes the row a lead.
    #[must_use]
    pub fn is_unique(&self) -> bool {
        self.unique
    }

    /// The rules for its values that change something.
    #[must_use]
    pub fn rules(&self) -> Option<&ColumnRules> {
        self.rules.as_deref()
    }

    /// Whether it is a field set that the [mapping](Mapping::rename) makes of several columns.
    #[must_use]
    pub fn is_gathered(&self) -> bool {
        self.index.is_none()
    }

    /// The columns inside it, if it is a field set.
    #[must_use]
    pub fn fields(&self) -> &[ColumnPlan] {
        &self.fields
    }
}

#[cfg(test)]
mod tests;
