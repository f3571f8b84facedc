//! Which column becomes which attribute.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::{DataType, Fields, Schema};

use crate::rules::ColumnRules;
use crate::{Error, TextForm};

/// The unique fields of an account that has not changed them.
///
/// The contract page marks these two: "These fields are unique in LeadSquared by default".
pub const DEFAULT_UNIQUE_FIELDS: [&str; 2] = ["EmailAddress", "Phone"];

/// How similar a name must be to be offered as "did you mean".
const SIMILAR: f64 = 0.75;

/// Which column becomes which attribute, what is left out, and what every lead gets.
///
/// By default each column becomes the attribute of the same name, and `EmailAddress` and `Phone`
/// are the unique fields. Columns inside a struct are named with their parents: `kyc.status`.
///
/// ```
/// use leadsquared_core::Mapping;
///
/// let mapping = Mapping::new()
///     .rename("email", "EmailAddress") // {"Attribute":"EmailAddress","Value":…} from the column `email`
///     .rename("kyc", "mx_KYC")         // {"Attribute":"mx_KYC","Value":"","Fields":[…]} from a struct
///     .rename("kyc.status", "Status")  // …[{"Attribute":"Status","Value":…}]
///     .drop_column("internal_notes")   // never sent
///     .constant("Source", "Webinar");  // {"Attribute":"Source","Value":"Webinar"} in every lead
/// assert_eq!(mapping.attribute("email"), Some("EmailAddress"));
/// assert_eq!(mapping.attribute("internal_notes"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    renames: BTreeMap<String, String>,
    drops: BTreeSet<String>,
    constants: Vec<(String, String)>,
    unique_fields: Vec<String>,
    rules: BTreeMap<String, ColumnRules>,
    default_rules: ColumnRules,
}

impl Default for Mapping {
    fn default() -> Self {
        Self {
            renames: BTreeMap::new(),
            drops: BTreeSet::new(),
            constants: Vec::new(),
            unique_fields: DEFAULT_UNIQUE_FIELDS.map(str::to_owned).to_vec(),
            rules: BTreeMap::new(),
            default_rules: ColumnRules::new(),
        }
    }
}

impl Mapping {
    /// Every column becomes the attribute of its own name.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends `column` as `attribute`, a schema name of the account.
    ///
    /// A name with a dot is a field of a custom field set: all columns whose attributes begin with one
    /// set's name become one `{"Attribute": set, "Value": "", "Fields": [...]}`, where the first of
    /// them stands. A column whose own name has a dot is one too if it is renamed to that name; if it is
    /// not renamed, its dot is a part of the name.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use arrow::array::{ArrayRef, RecordBatch, StringArray};
    /// use leadsquared_core::{Mapping, Plan};
    ///
    /// # let column = |text| Arc::new(StringArray::from(vec![text])) as ArrayRef;
    /// let mapping = Mapping::new()
    ///     .rename("kyc_status", "mx_KYC.Status")
    ///     .rename("kyc_document", "mx_KYC.Document");
    /// let batch = RecordBatch::try_from_iter([
    ///     ("kyc_status", column("Pending")),
    ///     ("Phone", column("8888888888")),
    ///     ("kyc_document", column("PAN")),
    /// ])?;
    /// let mut lead = Vec::new();
    /// Plan::try_new(&batch.schema(), &mapping)?.bind(&batch)?.encode(0, &mut lead)?;
    /// assert_eq!(
    ///     String::from_utf8(lead)?,
    ///     r#"[{"Attribute":"mx_KYC","Value":"","Fields":[{"Attribute":"Status","Value":"Pending"},{"Attribute":"Document","Value":"PAN"}]},{"Attribute":"Phone","Value":"8888888888"}]"#,
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn rename(mut self, column: impl Into<String>, attribute: impl Into<String>) -> Self {
        self.renames.insert(column.into(), attribute.into());
        self
    }

    /// Leaves `column` out of every lead; its type then doesn't matter.
    #[must_use]
    pub fn drop_column(mut self, column: impl Into<String>) -> Self {
        self.drops.insert(column.into());
        self
    }

    /// Adds `attribute` with the same `value` to every lead, after its columns.
    ///
    /// A name with a dot is a field of a custom field set, as with [`rename`](Self::rename).
    #[must_use]
    pub fn constant(mut self, attribute: impl Into<String>, value: impl Into<String>) -> Self {
        self.constants.push((attribute.into(), value.into()));
        self
    }

    /// Sets the account's unique fields: a row without a value in any of them is rejected.
    ///
    /// The default is [`DEFAULT_UNIQUE_FIELDS`]. The contract page: "You must pass at least one
    /// unique field (e.g. email address or phone)".
    #[must_use]
    pub fn unique_fields<I>(mut self, attributes: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        self.unique_fields = attributes.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the rules for the values of `column`.
    #[must_use]
    pub fn rules(mut self, column: impl Into<String>, rules: ColumnRules) -> Self {
        self.rules.insert(column.into(), rules);
        self
    }

    /// Sets the rules for the values of every column, as far as they fit its type and it has none of
    /// its own that say otherwise.
    #[must_use]
    pub fn default_rules(mut self, rules: ColumnRules) -> Self {
        self.default_rules = rules;
        self
    }

    /// The rules for the values of `column`, the default ones among them.
    #[must_use]
    pub fn rules_of(&self, column: &str) -> ColumnRules {
        match self.rules.get(column) {
            Some(rules) => rules.or(&self.default_rules),
            None => self.default_rules.clone(),
        }
    }

    /// The attribute that `column` is sent as, or `None` if it is dropped.
    ///
    /// A column inside a struct (`kyc.status`) has its own name (`status`) unless it is renamed.
    #[must_use]
    pub fn attribute<'a>(&'a self, column: &'a str) -> Option<&'a str> {
        if self.drops.contains(column) {
            return None;
        }
        Some(self.renames.get(column).map_or(column, String::as_str))
    }

    /// The attribute that `column` is renamed to, if it is; that can be its own name.
    pub(crate) fn renamed(&self, column: &str) -> Option<&str> {
        self.renames.get(column).map(String::as_str)
    }

    /// The attributes that count as unique.
    #[must_use]
    pub fn unique(&self) -> &[String] {
        &self.unique_fields
    }

    /// The columns that are renamed, by name, each with its attribute.
    pub fn renames(&self) -> impl Iterator<Item = (&str, &str)> {
        let renames = self.renames.iter();
        renames.map(|(column, attribute)| (column.as_str(), attribute.as_str()))
    }

    /// The columns that are dropped, by name.
    pub fn drops(&self) -> impl Iterator<Item = &str> {
        self.drops.iter().map(String::as_str)
    }

    /// The constants, in the order they were added.
    #[must_use]
    pub fn constants(&self) -> &[(String, String)] {
        &self.constants
    }

    /// Checks that every column the mapping names is in `schema`, and that the rules fit its type.
    ///
    /// Readers call this with a file's whole schema, before they leave out the dropped columns.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`] with the nearest name there is, or [`Error::RuleMisfit`].
    pub fn check(&self, schema: &Schema) -> Result<(), Error> {
        let names = self.renames.keys().chain(&self.drops);
        check_names(schema, names.chain(self.rules.keys()))?;
        self.check_rules(schema.fields(), "")
    }

    fn check_rules(&self, fields: &Fields, parent: &str) -> Result<(), Error> {
        for field in fields {
            let path = path(parent, field.name());
            if self.is_dropped(&path) {
                continue;
            }
            if let Ok(form) = TextForm::of(field.data_type()) {
                self.check_own_rules(&path, field.data_type(), form)?;
            }
            if let DataType::Struct(children) = field.data_type() {
                self.check_rules(children, &path)?;
            }
        }
        Ok(())
    }

    /// Checks that the rules of `column` itself fit its type; those of all columns fit as far as they do.
    pub(crate) fn check_own_rules(
        &self,
        column: &str,
        data_type: &DataType,
        form: TextForm,
    ) -> Result<(), Error> {
        let Some(rules) = self.rules.get(column) else {
            return Ok(());
        };
        rules
            .check(form)
            .map_err(|(rule, reason)| Error::RuleMisfit {
                rule,
                column: column.to_owned(),
                data_type: data_type.clone(),
                reason,
            })
    }

    /// Checks the rules of all columns as far as they don't depend on a type.
    pub(crate) fn check_default_rules(&self) -> Result<(), Error> {
        let read_as = self.default_rules.read_as.as_ref();
        match read_as.and_then(|form| form.says().err()) {
            None => Ok(()),
            Some(reason) => Err(Error::RuleMisfit {
                rule: "read_as",
                column: "*".to_owned(),
                data_type: DataType::Utf8,
                reason,
            }),
        }
    }

    /// As [`check`](Self::check), for a schema from which dropped columns may be gone already.
    pub(crate) fn check_renames(&self, schema: &Schema) -> Result<(), Error> {
        check_names(
            schema,
            self.renames.keys().filter(|name| !self.is_dropped(name)),
        )
    }

    /// Whether `column` or one of its parents is dropped.
    fn is_dropped(&self, column: &str) -> bool {
        self.drops.contains(column)
            || column
                .rmatch_indices('.')
                .any(|(dot, _)| self.drops.contains(&column[..dot]))
    }

    /// The path of `child` inside the struct column `parent`.
    pub(crate) fn child_path(parent: &str, child: &str) -> String {
        format!("{parent}.{child}")
    }
}

fn check_names<'a>(
    schema: &Schema,
    mut names: impl Iterator<Item = &'a String>,
) -> Result<(), Error> {
    let mut columns = Vec::new();
    paths(schema.fields(), "", &mut columns);
    let Some(unknown) = names.find(|name| !columns.contains(name)) else {
        return Ok(());
    };
    Err(Error::UnknownColumn {
        column: unknown.clone(),
        nearest: nearest(unknown, columns.iter().map(String::as_str)).map(str::to_owned),
        columns: schema
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect(),
    })
}

/// The path of the column `name` inside `parent`, or at the top.
fn path(parent: &str, name: &str) -> String {
    match parent {
        "" => name.to_owned(),
        parent => Mapping::child_path(parent, name),
    }
}

/// Every column's path, those inside structs included.
fn paths(fields: &Fields, parent: &str, out: &mut Vec<String>) {
    for field in fields {
        let path = path(parent, field.name());
        if let DataType::Struct(children) = field.data_type() {
            paths(children, &path, out);
        }
        out.push(path);
    }
}

/// The name among `known` that is most like `name`, if one is like it at all: for "did you mean".
///
/// Case makes no difference.
///
/// ```
/// use leadsquared_core::nearest;
///
/// assert_eq!(nearest("emial", ["email", "phone"]), Some("email"));
/// assert_eq!(nearest("city", ["email", "phone"]), None);
/// ```
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::jaro_winkler(&lower, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Field;

    use super::*;

    fn schema() -> Schema {
        let kyc = Fields::from(vec![Field::new("status", DataType::Utf8, true)]);
        Schema::new(vec![
            Field::new("email", DataType::Utf8, true),
            Field::new("kyc", DataType::Struct(kyc), true),
        ])
    }

    #[test]
    fn an_unknown_column_is_named_with_its_nearest() {
        let error = Mapping::new()
            .rename("emial", "EmailAddress")
            .check(&schema())
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the mapping names the column \"emial\", which the input doesn't have \
             (did you mean \"email\"?); its columns are: email, kyc"
        );
    }

    #[test]
    fn a_dropped_column_that_is_not_there_is_as_wrong_as_a_renamed_one() {
        assert!(
            Mapping::new()
                .drop_column("notes")
                .check(&schema())
                .is_err()
        );
        assert!(
            Mapping::new()
                .drop_column("notes")
                .check_renames(&schema())
                .is_ok()
        );
    }

    #[test]
    fn columns_inside_structs_are_known_by_their_path() {
        assert!(
            Mapping::new()
                .rename("kyc.status", "Status")
                .check(&schema())
                .is_ok()
        );
        assert!(
            Mapping::new()
                .rename("status", "Status")
                .check(&schema())
                .is_err()
        );
        let below_a_drop = Mapping::new()
            .drop_column("kyc")
            .rename("kyc.gone", "Status");
        assert!(below_a_drop.check_renames(&schema()).is_ok());
    }
}
