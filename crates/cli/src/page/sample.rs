//! A few rows' values, for the reasons that they are not in.

use std::collections::HashMap;

use leadsquared_core::Row;
use leadsquared_sink::Content;

use super::visible::shortened;
use crate::rejects::Attribute;

/// The most attributes that are kept of a lead.
const MOST_ATTRIBUTES: usize = 6;
/// The most characters that are kept of a name or a value.
const MOST_CHARS: usize = 80;
/// The most characters that are kept of a row that could not be read.
const MOST_RAW_CHARS: usize = 240;

/// Rows with their values; whoever adds to them sees to it that they are few.
#[derive(Default)]
pub(super) struct Samples(HashMap<Row, Sample>);

/// What a row holds, cut short.
#[derive(Debug, PartialEq)]
pub(super) enum Sample {
    Lead {
        /// Name and value of the first few attributes that have a value.
        values: Vec<(String, String)>,
        /// How many more there are.
        more: usize,
    },
    /// A row that could not be read.
    Raw(String),
}

impl Samples {
    pub(super) fn keep(&mut self, row: &Row, sample: Sample) {
        self.0.insert(row.clone(), sample);
    }

    pub(super) fn of(&self, row: &Row) -> Option<&Sample> {
        self.0.get(row)
    }
}

impl Sample {
    pub(super) fn of(content: Content<'_>) -> Self {
        let lead = match content {
            Content::Raw(raw) => return Self::Raw(shortened(raw, MOST_RAW_CHARS)),
            Content::Lead(lead) => lead,
        };
        let Ok(attributes) = serde_json::from_slice::<Vec<Attribute>>(lead) else {
            return Self::Raw(shortened(&String::from_utf8_lossy(lead), MOST_RAW_CHARS));
        };
        let mut values = Vec::new();
        let mut more = 0;
        let flat = attributes.into_iter().flat_map(flat);
        for (name, value) in flat.filter(|(_, value)| !value.is_empty()) {
            if values.len() < MOST_ATTRIBUTES {
                values.push((shortened(&name, MOST_CHARS), shortened(&value, MOST_CHARS)));
            } else {
                more += 1;
            }
        }
        Self::Lead { values, more }
    }
}

/// The attribute, or those of its field set.
fn flat(attribute: Attribute) -> Vec<(String, String)> {
    match attribute.fields {
        None => vec![(attribute.name, attribute.value)],
        Some(fields) => fields
            .into_iter()
            .map(|field| (format!("{}.{}", attribute.name, field.name), field.value))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_is_its_first_values_cut_short() {
        let long = "x".repeat(100);
        let lead = format!(
            r#"[{{"Attribute":"Phone","Value":"1"}},{{"Attribute":"Notes","Value":"{long}"}},
            {{"Attribute":"Empty","Value":""}},
            {{"Attribute":"mx_KYC","Value":"","Fields":[{{"Attribute":"Status","Value":"Open"}}]}},
            {{"Attribute":"a","Value":"1"}},{{"Attribute":"b","Value":"2"}},
            {{"Attribute":"c","Value":"3"}},{{"Attribute":"d","Value":"4"}}]"#
        );
        let Sample::Lead { values, more } = Sample::of(Content::Lead(lead.as_bytes())) else {
            panic!("no lead")
        };
        assert_eq!(values[0], ("Phone".to_owned(), "1".to_owned()));
        assert_eq!(values[1].1, format!("{}…", "x".repeat(79)));
        assert_eq!(values[2], ("mx_KYC.Status".to_owned(), "Open".to_owned()));
        assert_eq!((values.len(), more), (6, 1));
    }

    #[test]
    fn what_could_not_be_read_is_kept_as_it_stands() {
        let raw = |text: &str| Sample::Raw(text.to_owned());
        assert_eq!(Sample::of(Content::Raw("{oops")), raw("{oops"));
        assert_eq!(Sample::of(Content::Lead(b"[{]")), raw("[{]"));
    }
}
