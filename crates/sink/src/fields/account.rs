//! What an account says about its lead fields.

use std::collections::HashMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use super::lenient::{default_value, is_true, length, options};

/// How similar a name must be to be offered as "did you mean".
const SIMILAR: f64 = 0.75;

/// The lead fields of an account, as `LeadsMetaData.Get` lists them.
///
/// Written and read as that answer is, so that a saved list, the answer itself and the emulator's file
/// are one format.
///
/// ```
/// use leadsquared_sink::AccountFields;
///
/// let answer = br#"[{"SchemaName":"mx_City","DisplayName":"City","DataType":"Text","MaxLength":"50"}]"#;
/// let fields = AccountFields::from_json(answer)?;
/// assert_eq!(fields.get("mx_City").and_then(|city| city.max_length), Some(50));
/// assert_eq!(fields.nearest("City"), Some("mx_City"));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountFields {
    fields: Vec<LeadField>,
    places: HashMap<String, usize>,
}

/// One lead field of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeadField {
    /// The name that attributes use: `EmailAddress`, `mx_City`.
    pub schema_name: String,
    /// The name that people see; empty if the account gives none.
    pub display_name: String,
    /// `Text`, `Number`, `Select` and the like; empty if the account gives none.
    pub data_type: String,
    /// How a form shows it, such as `MultiSelect`; empty if the account gives none.
    pub render_type: String,
    /// The most characters of a value, if there is a limit.
    pub max_length: Option<u64>,
    /// Whether each lead must have a value.
    pub mandatory: bool,
    /// Whether no two leads have the same value.
    pub unique: bool,
    /// What a lead without a value gets.
    pub default_value: Option<String>,
    /// The values to choose from; none if any will do, or if the account's list can't be read.
    pub options: Vec<String>,
}

impl AccountFields {
    /// Reads the answer of `LeadsMetaData.Get`, or a list that was saved.
    ///
    /// Keys may be missing, null or more than are known. Of a field that comes twice the first counts.
    ///
    /// # Errors
    /// In words, for anything but an array with at least one object that has a `SchemaName`.
    pub fn from_json(json: &[u8]) -> Result<Self, String> {
        let value = serde_json::from_slice(json).map_err(|error| format!("not JSON: {error}"))?;
        Self::from_value(&value)
    }

    fn from_value(value: &Value) -> Result<Self, String> {
        let Value::Array(items) = value else {
            return Err("not a list of fields".to_owned());
        };
        let fields: Self = items.iter().filter_map(LeadField::read).collect();
        if fields.fields.is_empty() {
            return Err("a list without any field that has a SchemaName".to_owned());
        }
        Ok(fields)
    }

    /// The field with this schema name.
    #[must_use]
    pub fn get(&self, schema_name: &str) -> Option<&LeadField> {
        self.fields.get(self.place(schema_name)?)
    }

    pub(super) fn place(&self, schema_name: &str) -> Option<usize> {
        self.places.get(schema_name).copied()
    }

    pub(super) fn fields_at(&self, place: usize) -> Option<&LeadField> {
        self.fields.get(place)
    }

    /// Every field, in the account's order.
    pub fn iter(&self) -> impl Iterator<Item = &LeadField> {
        self.fields.iter()
    }

    /// How many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is no field at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The schema name most like `name`, if one is like it at all: by its letters, whatever their case,
    /// with or without `mx_`, or by the name that people see.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let wanted = Some(letters(name)).filter(|wanted| !wanted.is_empty())?;
        let fields = self.fields.iter().map(|field| {
            let likeness = |name: &str| strsim::jaro_winkler(&wanted, &letters(name));
            // Of two that are as like, the one whose schema name is.
            let by_schema = likeness(&field.schema_name);
            let by_display = likeness(&field.display_name) * 0.999;
            (by_schema.max(by_display), field)
        });
        fields
            .filter(|(likeness, _)| *likeness >= SIMILAR)
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, field)| field.schema_name.as_str())
    }
}

/// The most letters of a name that are compared.
const MOST_LETTERS: usize = 100;

/// A name's letters and digits, without the mark of custom fields.
fn letters(name: &str) -> String {
    let lower = name.to_lowercase();
    let own = lower.strip_prefix("mx_").unwrap_or(&lower);
    let letters = own.chars().filter(|c| c.is_alphanumeric());
    letters.take(MOST_LETTERS).collect()
}

impl FromIterator<LeadField> for AccountFields {
    fn from_iter<I: IntoIterator<Item = LeadField>>(fields: I) -> Self {
        let mut all = Self::default();
        for field in fields {
            let next = all.fields.len();
            let place = all.places.entry(field.schema_name.clone()).or_insert(next);
            if *place == next {
                all.fields.push(field);
            }
        }
        all
    }
}

impl Serialize for AccountFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.fields)
    }
}

impl<'de> Deserialize<'de> for AccountFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_value(&value).map_err(serde::de::Error::custom)
    }
}

impl LeadField {
    /// A field that takes any text.
    pub fn new(schema_name: impl Into<String>) -> Self {
        Self {
            schema_name: schema_name.into(),
            ..Self::default()
        }
    }

    /// One element of the list; none if it has no name.
    fn read(value: &Value) -> Option<Self> {
        let text = |key: &str| {
            let text = value.get(key).and_then(Value::as_str).map(str::trim);
            text.unwrap_or_default().to_owned()
        };
        let schema_name = text("SchemaName");
        if schema_name.is_empty() {
            return None;
        }
        Some(Self {
            schema_name,
            display_name: text("DisplayName"),
            data_type: text("DataType"),
            render_type: text("RenderTypeTextValue"),
            max_length: value.get("MaxLength").and_then(length),
            mandatory: value.get("IsMandatory").is_some_and(is_true),
            unique: value.get("IsUnique").is_some_and(is_true),
            default_value: value.get("DefaultValue").and_then(default_value),
            options: value.get("Options").and_then(options).unwrap_or_default(),
        })
    }

    /// Whether a lead that brings no value is refused: the field is mandatory, and has no default.
    #[must_use]
    pub fn must_be_given(&self) -> bool {
        self.mandatory && self.default_value.is_none()
    }

    /// Whether a value may be several options with `;` between them.
    #[must_use]
    pub fn takes_several(&self) -> bool {
        let is_multi = |name: &str| name.to_lowercase().contains("multi");
        is_multi(&self.data_type) || is_multi(&self.render_type)
    }

    /// Whether a value must be one of the options. A list that is shown with a field for others takes any
    /// text.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        let is_choice = |name: &str| {
            let name = name.to_lowercase();
            name.contains("select") || name.contains("dropdown")
        };
        !self.options.is_empty()
            && is_choice(&self.data_type)
            && !self.render_type.to_lowercase().contains("other")
    }
}

impl Serialize for LeadField {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = json!({
            "SchemaName": self.schema_name,
            "DisplayName": self.display_name,
            "DataType": self.data_type,
            "IsMandatory": self.mandatory,
            "IsUnique": self.unique,
        });
        let mut set = |key: &str, value: Value| {
            if let Value::Object(object) = &mut object {
                object.insert(key.to_owned(), value);
            }
        };
        if !self.render_type.is_empty() {
            set("RenderTypeTextValue", json!(self.render_type));
        }
        if let Some(length) = self.max_length {
            set("MaxLength", json!(length.to_string()));
        }
        if let Some(value) = &self.default_value {
            set("DefaultValue", json!(value));
        }
        if !self.options.is_empty() {
            let options = self.options.iter().map(|value| json!({"Value": value}));
            set("Options", options.collect());
        }
        object.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LeadField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::read(&value).ok_or_else(|| serde::de::Error::custom("a field without a SchemaName"))
    }
}

#[cfg(test)]
pub(super) mod tests;
