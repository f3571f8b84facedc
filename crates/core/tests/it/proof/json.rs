//! JSON as a strict parser takes it.

use serde::Deserialize;

/// One attribute of a lead, or one field of a custom field set.
///
/// Any other key, a key that comes twice or one that is missing is an error.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attribute {
    #[serde(rename = "Attribute")]
    pub(crate) name: String,
    #[serde(rename = "Value")]
    pub(crate) value: String,
    #[serde(rename = "Fields", default, deserialize_with = "some")]
    pub(crate) fields: Option<Vec<Field>>,
}

/// A field of a custom field set, which can't hold another one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Field {
    #[serde(rename = "Attribute")]
    pub(crate) name: String,
    #[serde(rename = "Value")]
    pub(crate) value: String,
}

pub(crate) type Lead = Vec<Attribute>;

/// `null` is not a set of fields.
fn some<'de, D: serde::Deserializer<'de>>(json: D) -> Result<Option<Vec<Field>>, D::Error> {
    Vec::deserialize(json).map(Some)
}

/// Parses one lead; `serde_json` takes RFC 8259 to the letter, invalid UTF-8 included.
pub(crate) fn parse_lead(json: &[u8]) -> Result<Lead, String> {
    parse(json)
}

/// Parses the body of a payload.
pub(crate) fn parse_leads(json: &[u8]) -> Result<Vec<Lead>, String> {
    parse(json)
}

fn parse<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, String> {
    serde_json::from_slice(json)
        .map_err(|error| format!("{error} in {}", String::from_utf8_lossy(json)))
}
