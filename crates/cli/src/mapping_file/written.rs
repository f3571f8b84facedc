//! The file as it is written; its JSON schema, for editors, is made of this.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::num::NonZeroUsize;
use std::str::FromStr;

use indexmap::IndexMap;
use leadsquared_core::{ColumnRules, MomentForm, Nulls, TimeZone, TooLong};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use toml::Spanned;

/// Which column of the input becomes which attribute of a lead, and what is made of its values.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Mapping file of leadsquared")]
pub(super) struct Written {
    /// The account's unique fields: a row without a value in any of them is rejected. The default is
    /// `EmailAddress` and `Phone`.
    pub(super) unique_fields: Option<Vec<String>>,
    /// Columns that are never sent, so that their type doesn't matter. Whole ones are not even read.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) drop: Vec<Spanned<String>>,
    /// Column = "Attribute". A dot in the attribute makes a field of a custom field set:
    /// `kyc_status = "mx_KYC.Status"`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) rename: IndexMap<Spanned<String>, String>,
    /// Attribute = "Value": the same in every lead, after its columns.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) constants: IndexMap<String, String>,
    /// Rules for the values of every column that they fit, unless its own say otherwise.
    #[serde(default)]
    pub(super) defaults: Rules,
    /// Rules for the values of one column each.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Rules>")]
    pub(super) columns: IndexMap<Spanned<String>, Rules>,
}

/// Rules for the values of a column.
#[derive(Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    /// The attribute that the column becomes, as in rename; not for defaults.
    #[serde(skip_serializing)]
    #[schemars(with = "Option<String>")]
    pub(super) attribute: Option<Spanned<String>>,
    /// What becomes of a null: it is left out, or clears the field. The default is omit.
    #[serde(skip_serializing_if = "Option::is_none")]
    nulls: Option<NullsWritten>,
    /// Whether white space around a text goes; a text of nothing else then is a null.
    #[serde(skip_serializing_if = "Option::is_none")]
    trim: Option<bool>,
    /// Whether a row in which the column is null or blank is rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    required: Option<bool>,
    /// What true and false become, such as `["Yes", "No"]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    booleans: Option<[String; 2]>,
    /// What stands between the elements of a list. The default is a semicolon.
    #[serde(skip_serializing_if = "Option::is_none")]
    list_separator: Option<String>,
    /// Reads text as a date, a time or both, in a form of strftime such as %d/%m/%Y; another text
    /// rejects its row.
    #[serde(
        default,
        deserialize_with = "from_text",
        serialize_with = "to_text",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>")]
    read_as: Option<MomentForm>,
    /// The form of strftime in which dates and times are sent. The default is %Y-%m-%d, %Y-%m-%d
    /// %H:%M:%S in UTC, or %H:%M:%S.
    #[serde(
        default,
        deserialize_with = "from_text",
        serialize_with = "to_text",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>")]
    write_as: Option<MomentForm>,
    /// The zone of times that name none, such as Asia/Kolkata. The default is UTC.
    #[serde(
        default,
        deserialize_with = "from_text",
        serialize_with = "to_text",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>")]
    time_zone: Option<TimeZone>,
    /// The most characters that a value may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_length: Option<NonZeroUsize>,
    /// What becomes of a longer value: its row is rejected, or it is cut. The default is reject.
    #[serde(skip_serializing_if = "Option::is_none")]
    too_long: Option<TooLongWritten>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Nulls")]
enum NullsWritten {
    Omit,
    Clear,
}

#[derive(Clone, Copy, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "TooLong")]
enum TooLongWritten {
    Reject,
    Cut,
}

impl Rules {
    pub(super) fn to_rules(&self) -> ColumnRules {
        let mut rules = ColumnRules::new();
        if let Some(nulls) = self.nulls {
            rules = rules.nulls(match nulls {
                NullsWritten::Omit => Nulls::Omit,
                NullsWritten::Clear => Nulls::Clear,
            });
        }
        if let Some(trim) = self.trim {
            rules = rules.trim(trim);
        }
        if let Some(required) = self.required {
            rules = rules.required(required);
        }
        if let Some([yes, no]) = &self.booleans {
            rules = rules.booleans(yes, no);
        }
        if let Some(separator) = &self.list_separator {
            rules = rules.list_separator(separator);
        }
        if let Some(form) = &self.read_as {
            rules = rules.read_as(form.clone());
        }
        if let Some(form) = &self.write_as {
            rules = rules.write_as(form.clone());
        }
        if let Some(zone) = self.time_zone {
            rules = rules.time_zone(zone);
        }
        if let Some(most) = self.max_length {
            rules = rules.max_length(most);
        }
        if let Some(too_long) = self.too_long {
            rules = rules.too_long(match too_long {
                TooLongWritten::Reject => TooLong::Reject,
                TooLongWritten::Cut => TooLong::Cut,
            });
        }
        rules
    }
}

/// What is written as text and read by its own `FromStr`.
fn from_text<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

#[expect(clippy::ref_option, reason = "it is called so by serde")]
fn to_text<S: Serializer>(value: &Option<impl Display>, serializer: S) -> Result<S::Ok, S::Error> {
    value
        .as_ref()
        .map(ToString::to_string)
        .serialize(serializer)
}
