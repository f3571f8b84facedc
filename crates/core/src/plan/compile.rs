//! From schema and mapping to plan, and everything that can be wrong with the two.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, SchemaRef};

use super::constants::{self, Constant};
use super::form::TextForm;
use super::{ColumnPlan, Plan};
use crate::encode::json::attribute_prefix;
use crate::{Error, Mapping, TextlessColumn};

pub(super) fn compile(schema: &SchemaRef, mapping: &Mapping) -> Result<Plan, Error> {
    if mapping.unique().is_empty() {
        return Err(Error::NoUniqueFields);
    }
    mapping.check_renames(schema)?;
    mapping.check_default_rules()?;

    let mut compiler = Compiler {
        mapping,
        textless: Vec::new(),
    };
    let columns = compiler.columns(schema.fields(), None)?;
    if !compiler.textless.is_empty() {
        return Err(Error::NoTextForm {
            columns: compiler.textless,
        });
    }
    check_constants(mapping)?;
    let constants = Constant::all(mapping.constants());
    check_attributes(&columns, &constants)?;
    if !columns.iter().any(|column| column.unique) {
        return Err(Error::NoUniqueColumn {
            unique_fields: mapping.unique().to_vec(),
            columns: schema
                .fields()
                .iter()
                .map(|field| field.name().clone())
                .collect(),
        });
    }

    Ok(Plan {
        schema: Arc::clone(schema),
        columns,
        constants: constants::encode(&constants),
        unique_fields: mapping.unique().into(),
    })
}

struct Compiler<'a> {
    mapping: &'a Mapping,
    textless: Vec<TextlessColumn>,
}

impl Compiler<'_> {
    /// The columns that are sent, at the top (no `parent`) or inside a struct.
    fn columns(
        &mut self,
        fields: &[Arc<Field>],
        parent: Option<&str>,
    ) -> Result<Vec<ColumnPlan>, Error> {
        let mut columns: Vec<ColumnPlan> = Vec::with_capacity(fields.len());
        for (index, field) in fields.iter().enumerate() {
            let path = match parent {
                None => field.name().clone(),
                Some(parent) => Mapping::child_path(parent, field.name()),
            };
            if self.mapping.attribute(&path).is_none() {
                continue;
            }
            let renamed = self.mapping.renamed(&path);
            let attribute = renamed.unwrap_or_else(|| field.name());
            if attribute.trim().is_empty() {
                return Err(Error::EmptyAttribute {
                    what: format!("column \"{path}\""),
                });
            }
            let inside = parent.is_some();
            // Only the mapping makes sets: a name with a dot in the input is a name.
            let set = match renamed {
                Some(attribute) => field_of_set(&path, attribute, field.data_type(), inside)?,
                None => None,
            };
            let Some((set, attribute)) = set else {
                columns.extend(self.column(index, field, &path, attribute, inside)?);
                continue;
            };
            let Some(column) = self.column(index, field, &path, attribute, true)? else {
                continue;
            };
            let mut sets = columns.iter_mut();
            match sets.find(|plan| plan.is_gathered() && plan.attribute == set) {
                Some(plan) => plan.fields.push(column),
                None => columns.push(gathered(set, column)),
            }
        }
        for set in columns.iter().filter(|column| column.is_gathered()) {
            check_attributes(&set.fields, &[])?;
        }
        Ok(columns)
    }

    fn column(
        &mut self,
        index: usize,
        field: &Field,
        path: &str,
        attribute: &str,
        inside: bool,
    ) -> Result<Option<ColumnPlan>, Error> {
        let mut fields = Vec::new();
        let form = match field.data_type() {
            // Column by column, so that dropping the one without a text mends the whole.
            DataType::Struct(children) if !inside => {
                fields = self.columns(children, Some(path))?;
                check_attributes(&fields, &[])?;
                Ok(TextForm::FieldSet)
            }
            data_type if inside => TextForm::of_child(data_type),
            data_type => TextForm::of(data_type),
        };
        let form = match form {
            Ok(form) => form,
            Err(reason) => {
                self.textless.push(TextlessColumn {
                    column: path.to_owned(),
                    data_type: field.data_type().clone(),
                    reason,
                });
                return Ok(None);
            }
        };
        let is_unique_name = self
            .mapping
            .unique()
            .iter()
            .any(|unique| unique == attribute);
        self.mapping
            .check_own_rules(path, field.data_type(), form)?;
        let rules = self.mapping.rules_of(path).effective(form);
        Ok(Some(ColumnPlan {
            index: Some(index),
            column: path.into(),
            attribute: attribute.to_owned(),
            data_type: field.data_type().clone(),
            form,
            unique: !inside && is_unique_name && form != TextForm::FieldSet,
            rules: rules.map(Arc::new),
            prefix: attribute_prefix(attribute).into(),
            fields,
        }))
    }
}

/// The set and its field that `attribute` names, if it names one.
fn field_of_set<'a>(
    column: &str,
    attribute: &'a str,
    data_type: &DataType,
    inside: bool,
) -> Result<Option<(&'a str, &'a str)>, Error> {
    let Some((set, field)) = attribute.split_once('.') else {
        return Ok(None);
    };
    let reason = if inside {
        "it is part of a struct, which is a field set of its own"
    } else if TextForm::of(data_type) == Ok(TextForm::FieldSet) {
        "it is a field set itself, which can't be part of another one"
    } else if field.contains('.') {
        "a field set can't hold another one"
    } else if set.trim().is_empty() || field.trim().is_empty() {
        "one of the two names is missing"
    } else {
        return Ok(Some((set, field)));
    };
    Err(Error::BadFieldOfSet {
        column: column.to_owned(),
        attribute: attribute.to_owned(),
        reason,
    })
}

/// A field set of its first column.
fn gathered(set: &str, first: ColumnPlan) -> ColumnPlan {
    ColumnPlan {
        index: None,
        column: set.into(),
        attribute: set.to_owned(),
        data_type: DataType::Null,
        form: TextForm::FieldSet,
        unique: false,
        rules: None,
        prefix: attribute_prefix(set).into(),
        fields: vec![first],
    }
}

fn check_constants(mapping: &Mapping) -> Result<(), Error> {
    for (attribute, value) in mapping.constants() {
        let parts = attribute.split_once('.');
        let is_nameless = |part: &str| part.trim().is_empty();
        if is_nameless(attribute) || parts.is_some_and(|(a, b)| is_nameless(a) || is_nameless(b)) {
            return Err(Error::EmptyAttribute {
                what: format!("the constant \"{value}\""),
            });
        }
        if mapping.unique().contains(attribute) {
            return Err(Error::ConstantUniqueField {
                attribute: attribute.clone(),
            });
        }
    }
    Ok(())
}

/// Checks that no attribute is set twice.
fn check_attributes(columns: &[ColumnPlan], constants: &[Constant<'_>]) -> Result<(), Error> {
    let columns = columns.iter().map(|plan| {
        let words = if plan.is_gathered() {
            format!("the columns renamed to {}.…", plan.column)
        } else {
            format!("column \"{}\"", plan.column)
        };
        (plan.attribute.as_str(), words)
    });
    let constants = constants
        .iter()
        .map(|constant| (constant.attribute, constant.words()));
    let mut setters = HashMap::new();
    for (attribute, setter) in columns.chain(constants) {
        if let Some(first) = setters.insert(attribute, setter.clone()) {
            return Err(Error::DuplicateAttribute {
                attribute: attribute.to_owned(),
                first,
                second: setter,
            });
        }
    }
    Ok(())
}
