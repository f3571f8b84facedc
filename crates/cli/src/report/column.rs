//! What a column becomes.

use arrow::datatypes::{DataType, Fields, Schema};
use leadsquared_core::{ColumnPlan, Mapping, Plan};
use serde::Serialize;

/// A column of an input, and what it becomes.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Column {
    /// Its name, with its parents.
    #[serde(rename = "column")]
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) data_type: String,
    /// The attribute that it sets; none if it is dropped.
    pub(crate) attribute: Option<String>,
    /// The text that its values become.
    pub(crate) text: Option<String>,
    pub(crate) unique: bool,
    /// The columns inside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) fields: Vec<Column>,
}

impl Column {
    /// All columns of `schema`, in its order, with what `plan` makes of them.
    pub(crate) fn all(schema: &Schema, plan: &Plan, mapping: &Mapping) -> Vec<Self> {
        columns(schema.fields(), plan.columns(), "", mapping)
    }
}

fn columns(fields: &Fields, plans: &[ColumnPlan], parent: &str, mapping: &Mapping) -> Vec<Column> {
    fields
        .iter()
        .map(|field| {
            let path = if parent.is_empty() {
                field.name().clone()
            } else {
                format!("{parent}.{}", field.name())
            };
            let found = mapping.attribute(&path).and_then(|_| find(plans, &path));
            let (set, plan) = found.unzip();
            let inside = match field.data_type() {
                DataType::Struct(children) if plan.is_some() => columns(
                    children,
                    plan.map(ColumnPlan::fields).unwrap_or_default(),
                    &path,
                    mapping,
                ),
                _ => Vec::new(),
            };
            Column {
                data_type: match field.data_type() {
                    DataType::Struct(_) => "Struct".to_owned(),
                    data_type => data_type.to_string(),
                },
                attribute: plan.map(|plan| match set.flatten() {
                    Some(set) => format!("{}.{}", set.attribute(), plan.attribute()),
                    None => plan.attribute().to_owned(),
                }),
                text: plan.map(|plan| match plan.rules() {
                    Some(rules) => rules.words_for(plan.form()),
                    None => plan.form().to_string(),
                }),
                unique: plan.is_some_and(ColumnPlan::is_unique),
                fields: inside,
                name: path,
            }
        })
        .collect()
}

/// The plan of the column at `path`, and the field set that it is gathered in, if it is.
fn find<'a>(
    plans: &'a [ColumnPlan],
    path: &str,
) -> Option<(Option<&'a ColumnPlan>, &'a ColumnPlan)> {
    plans.iter().find_map(|plan| {
        if plan.is_gathered() {
            let field = plan.fields().iter().find(|field| field.column() == path)?;
            return Some((Some(plan), field));
        }
        (plan.column() == path).then_some((None, plan))
    })
}
