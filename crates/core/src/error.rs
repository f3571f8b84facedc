//! What can be wrong with a schema or a mapping, found before any row is encoded.

use std::fmt;

use arrow::datatypes::DataType;

/// A schema and a [`Mapping`](crate::Mapping) that don't make leads.
///
/// Every message names the column and ends with what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The mapping names a column that the schema doesn't have.
    #[error(
        "the mapping names the column \"{column}\", which the input doesn't have{}; its columns are: {}",
        .nearest.as_ref().map(|name| format!(" (did you mean \"{name}\"?)")).unwrap_or_default(),
        .columns.join(", ")
    )]
    UnknownColumn {
        /// The name in the mapping.
        column: String,
        /// The input's column with the most similar name, if one is similar at all.
        nearest: Option<String>,
        /// The input's columns.
        columns: Vec<String>,
    },

    /// Columns whose type has no text form.
    #[error("{}; cast them to text at the source, or drop them in the mapping", list(.columns))]
    NoTextForm {
        /// The columns.
        columns: Vec<TextlessColumn>,
    },

    /// Two columns, or a column and a constant, would set the same attribute.
    #[error(
        "both {first} and {second} set the attribute \"{attribute}\"; rename or drop one of them in the mapping"
    )]
    DuplicateAttribute {
        /// The attribute.
        attribute: String,
        /// What sets it first, such as `column "email"`.
        first: String,
        /// What sets it again.
        second: String,
    },

    /// An attribute inside a custom field set that can't be.
    #[error(
        "column \"{column}\" can't become \"{attribute}\": {reason}; write the set and its field, such as mx_KYC.Status"
    )]
    BadFieldOfSet {
        /// The column.
        column: String,
        /// What the mapping calls it.
        attribute: String,
        /// Why it can't be.
        reason: &'static str,
    },

    /// A rule for a column whose type it can't be for.
    #[error("the rule `{rule}` doesn't fit the column \"{column}\" ({data_type}): {reason}")]
    RuleMisfit {
        /// The rule, by its name in a mapping file.
        rule: &'static str,
        /// The column, with its parents.
        column: String,
        /// The column's type.
        data_type: DataType,
        /// What it is for, and what to do.
        reason: &'static str,
    },

    /// An attribute without a name.
    #[error("{what} has no attribute name; give it one, or drop it, in the mapping")]
    EmptyAttribute {
        /// What has no name, such as `column ""`.
        what: String,
    },

    /// No column becomes a unique field, so that no row could be a lead.
    #[error(
        "no column is a unique field ({}), and a lead needs at least one; rename the column that holds it in the mapping, or name the account's own unique fields there; the columns are: {}",
        .unique_fields.join(", "),
        if .columns.is_empty() { "none at all".to_owned() } else { .columns.join(", ") }
    )]
    NoUniqueColumn {
        /// The attributes that count as unique.
        unique_fields: Vec<String>,
        /// The input's columns.
        columns: Vec<String>,
    },

    /// A constant for a unique field, which would make every lead but the first a duplicate.
    #[error(
        "the mapping gives every lead the same {attribute}, which is a unique field: all but the first would be duplicates; map a column to it, or take it out of the unique fields"
    )]
    ConstantUniqueField {
        /// The attribute.
        attribute: String,
    },

    /// The mapping's list of unique fields is empty.
    #[error(
        "the mapping's list of unique fields is empty; name at least one, such as EmailAddress"
    )]
    NoUniqueFields,

    /// A batch that doesn't have the schema its plan was compiled for.
    #[error(
        "the batch doesn't have the schema that was compiled: column {index} should be {expected}, but {found}"
    )]
    SchemaMismatch {
        /// The column's position.
        index: usize,
        /// Its name and type in the compiled schema.
        expected: String,
        /// What stands there.
        found: String,
    },
}

/// A column whose type has no text form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextlessColumn {
    /// The column, with its parents: `mx_KYC.History`.
    pub column: String,
    /// Its type.
    pub data_type: DataType,
    /// Why it has no text.
    pub reason: &'static str,
}

impl fmt::Display for TextlessColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "column \"{}\" has the type {}: {}",
            self.column, self.data_type, self.reason
        )
    }
}

fn list(columns: &[TextlessColumn]) -> String {
    let words: Vec<String> = columns.iter().map(ToString::to_string).collect();
    words.join("; ")
}
