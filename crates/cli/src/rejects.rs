//! The file behind `--rejects`: the rows that did not get in, ready to be mended and loaded again.

use std::path::Path;

use leadsquared_sink::{Content, RowReport};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::outputs::{Lines, WriteError};

/// The rows that did not get in, each with its reason and the lead's own fields.
pub(crate) struct Rejects(Lines);

/// The keys that say what became of the row. A lead's attribute of that name is written as
/// `lead.NAME`.
const OURS: [&str; 6] = ["file", "row", "outcome", "code", "reason", "raw"];

/// One attribute of a lead, as it is sent.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Attribute {
    #[serde(rename = "Attribute")]
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) fields: Option<Vec<Attribute>>,
}

impl Rejects {
    pub(crate) fn create(path: &Path, goes_on: bool) -> Result<Self, WriteError> {
        Ok(Self(Lines::create(path, goes_on)?))
    }

    /// Writes the row, unless it is in.
    pub(crate) fn write(&mut self, report: &RowReport<'_>) -> Result<(), WriteError> {
        if report.outcome.is_in() {
            return Ok(());
        }
        self.0.write(&line(report))
    }

    pub(crate) fn flush(&mut self) -> Result<(), WriteError> {
        self.0.flush()
    }
}

fn line(report: &RowReport<'_>) -> Map<String, Value> {
    let mut line = Map::new();
    line.insert("file".to_owned(), report.row.source.as_ref().into());
    line.insert("row".to_owned(), report.row.number.into());
    line.insert("outcome".to_owned(), report.outcome.as_str().into());
    line.insert("code".to_owned(), report.code.into());
    line.insert("reason".to_owned(), report.reason.into());
    match report.content {
        Content::Raw(raw) => {
            line.insert("raw".to_owned(), raw.into());
        }
        Content::Lead(lead) => match serde_json::from_slice::<Vec<Attribute>>(lead) {
            Ok(lead) => insert_lead(&mut line, lead),
            // Nothing that was to be sent is lost, not even what this program can't read.
            Err(_) => {
                line.insert("raw".to_owned(), String::from_utf8_lossy(lead).into());
            }
        },
    }
    line
}

fn insert_lead(line: &mut Map<String, Value>, lead: Vec<Attribute>) {
    for Attribute {
        mut name,
        value,
        fields,
    } in lead
    {
        while OURS.contains(&name.as_str()) || line.contains_key(&name) {
            name = format!("lead.{name}");
        }
        let value = match fields {
            None => Value::String(value),
            Some(fields) => fields
                .into_iter()
                .map(|field| (field.name, Value::String(field.value)))
                .collect(),
        };
        line.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use leadsquared_core::Row;
    use leadsquared_sink::Outcome;

    use super::*;

    fn written(content: Content<'_>) -> String {
        let report = RowReport {
            row: Row {
                source: "a.ndjson".into(),
                number: 7,
            },
            outcome: Outcome::Rejected,
            lead_id: None,
            code: Some("unreadable"),
            reason: None,
            content,
        };
        serde_json::to_string(&line(&report)).unwrap()
    }

    #[test]
    fn a_lead_is_flat_and_its_field_sets_are_objects() {
        let lead = br#"[{"Attribute":"Phone","Value":"1"},{"Attribute":"mx_KYC","Value":"","Fields":[{"Attribute":"Status","Value":"Open"}]}]"#;
        assert_eq!(
            written(Content::Lead(lead)),
            r#"{"file":"a.ndjson","row":7,"outcome":"rejected","code":"unreadable","reason":null,"Phone":"1","mx_KYC":{"Status":"Open"}}"#
        );
    }

    #[test]
    fn no_attribute_hides_what_became_of_the_row_or_another_attribute() {
        let lead = br#"[{"Attribute":"lead.row","Value":"a"},{"Attribute":"row","Value":"b"},{"Attribute":"raw","Value":"c"}]"#;
        let line = written(Content::Lead(lead));
        assert!(
            line.ends_with(r#""lead.row":"a","lead.lead.row":"b","lead.raw":"c"}"#),
            "{line}"
        );
        assert!(line.contains(r#""row":7,"#));
    }

    #[test]
    fn a_row_that_could_not_be_read_is_kept_as_it_stands() {
        assert!(written(Content::Raw("{oops")).ends_with(r#""reason":null,"raw":"{oops"}"#));
    }
}
