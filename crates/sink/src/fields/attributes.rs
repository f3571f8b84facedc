//! The attributes of a plan, held against the account's fields.

use std::fmt;

use leadsquared_core::{Mapping, Plan, TextForm};

use super::AccountFields;

/// What the account's fields say about the attributes that leads will have.
///
/// Displays as what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttributeFinding {
    /// The account has no such field: it would refuse every call that names it, whole.
    Unknown {
        /// What sets it, and the verb: `column "city" sets`, `the constant "Webinar" sets`, or `the
        /// columns renamed to mx_KYC.… set`.
        setter: String,
        /// The attribute that it sets.
        attribute: String,
        /// The account's schema name most like it.
        nearest: Option<String>,
    },
    /// Each lead must have a value in the field, and nothing gives one.
    Missing {
        /// The field's schema name.
        attribute: String,
        /// The name that people see.
        display_name: String,
    },
    /// The mapping counts it as unique, and the account does not: a hint, since it makes rows into
    /// leads that the account may refuse or create twice.
    NotUnique {
        /// The attribute.
        attribute: String,
    },
    /// It is unique in the account and has a column, but the mapping doesn't count it: a hint, since rows
    /// that have nothing else unique are rejected.
    AlsoUnique {
        /// The attribute.
        attribute: String,
    },
}

impl AttributeFinding {
    /// Whether leads would be refused for it; else it is a hint.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        matches!(self, Self::Unknown { .. } | Self::Missing { .. })
    }

    /// The attribute that it is about.
    #[must_use]
    pub fn attribute(&self) -> &str {
        match self {
            Self::Unknown { attribute, .. }
            | Self::Missing { attribute, .. }
            | Self::NotUnique { attribute }
            | Self::AlsoUnique { attribute } => attribute,
        }
    }

    /// A short, stable code for machines: `unknown-attribute`, `mandatory-missing`, `not-unique` or
    /// `also-unique`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown-attribute",
            Self::Missing { .. } => "mandatory-missing",
            Self::NotUnique { .. } => "not-unique",
            Self::AlsoUnique { .. } => "also-unique",
        }
    }
}

impl fmt::Display for AttributeFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown {
                setter,
                attribute,
                nearest,
            } => {
                write!(
                    f,
                    "{setter} \"{attribute}\", which the account doesn't have"
                )?;
                if let Some(nearest) = nearest {
                    write!(f, " (did you mean \"{nearest}\"?)")?;
                }
                Ok(())
            }
            Self::Missing {
                attribute,
                display_name,
            } => {
                write!(f, "nothing sets \"{attribute}\"")?;
                if !display_name.is_empty() && display_name != attribute {
                    write!(f, " ({display_name})")?;
                }
                f.write_str(", which is mandatory in the account")
            }
            Self::NotUnique { attribute } => write!(
                f,
                "the mapping counts \"{attribute}\" as unique, and the account does not"
            ),
            Self::AlsoUnique { attribute } => write!(
                f,
                "the account has \"{attribute}\" as unique, and the mapping's unique_fields do not"
            ),
        }
    }
}

impl AccountFields {
    /// Holds the attributes that a plan's columns and the mapping's constants set against the fields.
    ///
    /// Custom field sets count as the one attribute that they are. A column of nothing but nulls is not
    /// held against anyone: nothing of it is sent.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow::datatypes::{DataType, Field, Schema};
    /// use leadsquared_core::{Mapping, Plan};
    /// use leadsquared_sink::AccountFields;
    ///
    /// let fields = AccountFields::from_json(
    ///     br#"[{"SchemaName":"Phone","IsUnique":true},{"SchemaName":"mx_City"}]"#,
    /// )?;
    /// let column = |name| Field::new(name, DataType::Utf8, true);
    /// let schema = Arc::new(Schema::new(vec![column("Phone"), column("City")]));
    /// let mapping = Mapping::new().unique_fields(["Phone"]);
    /// let findings = fields.check(&Plan::try_new(&schema, &mapping)?, &mapping);
    /// assert_eq!(
    ///     findings[0].to_string(),
    ///     "column \"City\" sets \"City\", which the account doesn't have (did you mean \"mx_City\"?)",
    /// );
    /// assert_eq!(findings.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn check(&self, plan: &Plan, mapping: &Mapping) -> Vec<AttributeFinding> {
        let columns = plan.columns().iter();
        let set: Vec<(&str, String)> = columns
            .clone()
            .filter(|column| column.form() != TextForm::Nothing)
            .map(|column| {
                let attribute = column.attribute();
                let sets = if column.is_gathered() {
                    format!("the columns renamed to {attribute}.… set")
                } else {
                    format!("column \"{}\" sets", column.column())
                };
                (attribute, sets)
            })
            .chain(mapping.constants().iter().map(|(attribute, value)| {
                (attribute.as_str(), format!("the constant \"{value}\" sets"))
            }))
            .collect();
        let is_set = |attribute: &str| {
            let mut columns = columns.clone();
            columns.any(|column| column.attribute() == attribute)
                || set.iter().any(|(set, _)| *set == attribute)
        };

        let unknown = set
            .iter()
            .filter(|(attribute, _)| self.get(attribute).is_none());
        let unknown = unknown.map(|(attribute, setter)| AttributeFinding::Unknown {
            setter: setter.clone(),
            attribute: (*attribute).to_owned(),
            nearest: self.nearest(attribute).map(str::to_owned),
        });
        let missing = self.iter().filter(|field| field.must_be_given());
        let missing = missing.filter(|field| !is_set(&field.schema_name));
        let missing = missing.map(|field| AttributeFinding::Missing {
            attribute: field.schema_name.clone(),
            display_name: field.display_name.clone(),
        });
        unknown
            .chain(missing)
            .chain(self.unique_hints(mapping, is_set))
            .collect()
    }

    /// Where the account and the mapping differ over what is unique. Only what has a column matters.
    fn unique_hints(
        &self,
        mapping: &Mapping,
        is_set: impl Fn(&str) -> bool,
    ) -> Vec<AttributeFinding> {
        // An account that says of no field that it is unique doesn't tell.
        if !self.iter().any(|field| field.unique) {
            return Vec::new();
        }
        let not_unique = mapping.unique().iter().filter(|attribute| {
            is_set(attribute) && self.get(attribute).is_some_and(|field| !field.unique)
        });
        let not_unique = not_unique.map(|attribute| AttributeFinding::NotUnique {
            attribute: attribute.clone(),
        });
        let also = self.iter().filter(|field| {
            field.unique
                && is_set(&field.schema_name)
                && !mapping.unique().contains(&field.schema_name)
        });
        let also = also.map(|field| AttributeFinding::AlsoUnique {
            attribute: field.schema_name.clone(),
        });
        not_unique.chain(also).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::{DataType, Field, Fields, Schema};

    use super::*;

    fn check(fields: &str, columns: &[(&str, DataType)], mapping: &Mapping) -> Vec<String> {
        let columns = columns.iter();
        let columns = columns.map(|(name, kind)| Field::new(*name, kind.clone(), true));
        let schema = Arc::new(Schema::new(columns.collect::<Vec<_>>()));
        let fields = AccountFields::from_json(fields.as_bytes()).unwrap();
        let plan = Plan::try_new(&schema, mapping).unwrap();
        let findings = fields.check(&plan, mapping);
        findings
            .iter()
            .map(|finding| format!("{}: {finding}", finding.code()))
            .collect()
    }

    const TEXT: DataType = DataType::Utf8;

    #[test]
    fn unknown_attributes_are_found_whoever_sets_them() {
        let fields = r#"[{"SchemaName":"Phone"},{"SchemaName":"mx_KYC"},{"SchemaName":"Source"}]"#;
        let inside = Fields::from(vec![Field::new("any_name", TEXT, true)]);
        let columns = [
            ("Phone", TEXT),
            ("mx_KYC", DataType::Struct(inside)),
            ("kyc", TEXT),
            ("nothing", DataType::Null),
        ];
        let mapping = Mapping::new()
            .constant("Sauce", "Web")
            .constant("Source", "Web");
        assert_eq!(
            check(fields, &columns, &mapping),
            [
                "unknown-attribute: column \"kyc\" sets \"kyc\", which the account doesn't have (did you mean \"mx_KYC\"?)",
                "unknown-attribute: the constant \"Web\" sets \"Sauce\", which the account doesn't have (did you mean \"Source\"?)",
            ]
        );
    }

    #[test]
    fn a_field_set_of_several_columns_is_called_by_them() {
        let columns = [("Phone", TEXT), ("kyc_status", TEXT), ("kyc_id", TEXT)];
        let mapping = Mapping::new()
            .rename("kyc_status", "mx_KYC.Status")
            .rename("kyc_id", "mx_KYC.Id");
        assert_eq!(
            check(r#"[{"SchemaName":"Phone"}]"#, &columns, &mapping),
            [
                "unknown-attribute: the columns renamed to mx_KYC.… set \"mx_KYC\", which the account doesn't have"
            ]
        );
    }

    #[test]
    fn a_mandatory_field_must_have_a_column_a_constant_or_a_default() {
        let fields = r#"[
            {"SchemaName":"Phone","IsMandatory":true},
            {"SchemaName":"Source","IsMandatory":true},
            {"SchemaName":"LastName","DisplayName":"Last Name","IsMandatory":true},
            {"SchemaName":"LeadType","IsMandatory":true,"DefaultValue":"OT_0"},
            {"SchemaName":"mx_Null","IsMandatory":true}
        ]"#;
        let columns = [("Phone", TEXT), ("mx_Null", DataType::Null)];
        let mapping = Mapping::new().constant("Source", "Web");
        assert_eq!(
            check(fields, &columns, &mapping),
            [
                "mandatory-missing: nothing sets \"LastName\" (Last Name), which is mandatory in the account"
            ]
        );
    }

    #[test]
    fn another_idea_of_what_is_unique_is_a_hint() {
        let fields = r#"[
            {"SchemaName":"Phone"},{"SchemaName":"EmailAddress","IsUnique":true},
            {"SchemaName":"mx_Id","IsUnique":true},{"SchemaName":"mx_No","IsUnique":true}
        ]"#;
        let columns = [("Phone", TEXT), ("EmailAddress", TEXT), ("mx_Id", TEXT)];
        assert_eq!(
            check(fields, &columns, &Mapping::new()),
            [
                "not-unique: the mapping counts \"Phone\" as unique, and the account does not",
                "also-unique: the account has \"mx_Id\" as unique, and the mapping's unique_fields do not",
            ]
        );
        let silent = fields.replace(r#","IsUnique":true"#, "");
        assert_eq!(check(&silent, &columns, &Mapping::new()), [""; 0]);
    }
}
