//! A lead, and the body of a call read into leads.

use crate::json::Json;
use crate::rules::RepeatedAttribute;

/// The most leads that a call may carry.
pub(crate) const MAX_LEADS: usize = 50;

/// A stored lead.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lead {
    /// The `LeadId` that the caller was told: a version 4 UUID.
    pub id: String,
    /// The number of the call that created it, as in [`Call::number`](crate::Call::number).
    pub call: usize,
    /// Its `RowNumber` in that call, from 1.
    pub row: usize,
    /// Attributes and values in the order in which they came; a field set's own value as well.
    pub fields: Vec<(String, String)>,
    /// Attributes that came with `Fields`, and what was in them, in order.
    pub field_sets: Vec<(String, Vec<(String, String)>)>,
}

impl Lead {
    /// The value of an attribute.
    #[must_use]
    pub fn get(&self, attribute: &str) -> Option<&str> {
        value_of(&self.fields, attribute)
    }

    /// The value of a field in a field set.
    #[must_use]
    pub fn get_in(&self, field_set: &str, attribute: &str) -> Option<&str> {
        let (_, fields) = self.field_sets.iter().find(|(name, _)| name == field_set)?;
        value_of(fields, attribute)
    }
}

/// A lead as it came, before any rule about leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) field_sets: Vec<(String, Vec<(String, String)>)>,
}

impl Draft {
    pub(crate) fn get(&self, attribute: &str) -> Option<&str> {
        value_of(&self.fields, attribute)
    }

    /// Has a value for the attribute, and more than blanks.
    pub(crate) fn has(&self, attribute: &str) -> bool {
        self.get(attribute)
            .is_some_and(|value| !value.trim().is_empty())
    }

    /// Has the attribute as a field set with something in it.
    pub(crate) fn has_set(&self, attribute: &str) -> bool {
        let mut sets = self.field_sets.iter();
        sets.any(|(name, fields)| name == attribute && !fields.is_empty())
    }
}

fn value_of<'a>(fields: &'a [(String, String)], attribute: &str) -> Option<&'a str> {
    let (_, value) = fields.iter().find(|(name, _)| name == attribute)?;
    Some(value)
}

/// Reads a body: an array of leads, each an array of `{"Attribute", "Value"}` objects, of which
/// some carry `"Fields"`. The error says what is wrong and where.
pub(crate) fn parse(body: &[u8], repeated: RepeatedAttribute) -> Result<Vec<Draft>, String> {
    let body: Json =
        serde_json::from_slice(body).map_err(|e| format!("The body is not JSON: {e}"))?;
    let Json::List(leads) = body else {
        return Err(format!(
            "The body must be an array of leads, not {}",
            body.kind()
        ));
    };
    if leads.is_empty() {
        return Err("The body has no leads".to_owned());
    }
    if leads.len() > MAX_LEADS {
        return Err(format!(
            "The body has {} leads: a call takes at most {MAX_LEADS}",
            leads.len(),
        ));
    }
    leads
        .into_iter()
        .enumerate()
        .map(|(at, lead)| parse_lead(lead, repeated).map_err(|e| format!("Lead {}: {e}", at + 1)))
        .collect()
}

fn parse_lead(lead: Json, repeated: RepeatedAttribute) -> Result<Draft, String> {
    let Json::List(attributes) = lead else {
        return Err(format!(
            "a lead must be an array of attributes, not {}",
            lead.kind()
        ));
    };
    let mut draft = Draft::default();
    for (at, attribute) in attributes.into_iter().enumerate() {
        add(&mut draft, attribute, repeated).map_err(|e| format!("attribute {}: {e}", at + 1))?;
    }
    Ok(draft)
}

fn add(draft: &mut Draft, attribute: Json, repeated: RepeatedAttribute) -> Result<(), String> {
    let Pair {
        name,
        value,
        fields,
    } = parse_pair(attribute)?;
    draft.field_sets.retain(|(set, _)| *set != name);
    if let Some(fields) = fields {
        let mut set = Vec::new();
        for (at, field) in fields.into_iter().enumerate() {
            let place = |e| format!("`{name}`: field {}: {e}", at + 1);
            let field = parse_pair(field).map_err(place)?;
            if field.fields.is_some() {
                return Err(place(
                    "a field of a field set has no Fields of its own".to_owned(),
                ));
            }
            put(&mut set, field.name, field.value, repeated).map_err(place)?;
        }
        draft.field_sets.push((name.clone(), set));
    }
    put(&mut draft.fields, name, value, repeated)
}

fn put(
    fields: &mut Vec<(String, String)>,
    name: String,
    value: String,
    repeated: RepeatedAttribute,
) -> Result<(), String> {
    match (
        fields.iter_mut().find(|(known, _)| *known == name),
        repeated,
    ) {
        (None, _) => fields.push((name, value)),
        (Some((_, last)), RepeatedAttribute::LastWins) => *last = value,
        (Some(_), RepeatedAttribute::Refuse) => return Err(format!("`{name}` is given twice")),
    }
    Ok(())
}

struct Pair {
    name: String,
    value: String,
    fields: Option<Vec<Json>>,
}

fn parse_pair(pair: Json) -> Result<Pair, String> {
    let Json::Object(entries) = pair else {
        return Err(format!("must be an object, not {}", pair.kind()));
    };
    let (mut name, mut value, mut fields) = (None, None, None);
    for (key, entry) in entries {
        let twice = match (key.as_str(), entry) {
            ("Attribute", Json::Text(text)) => name.replace(text).is_some(),
            ("Value", Json::Text(text)) => value.replace(text).is_some(),
            ("Fields", Json::List(list)) => fields.replace(list).is_some(),
            ("Attribute" | "Value", other) => {
                return Err(format!("{key} must be a string, not {}", other.kind()));
            }
            ("Fields", other) => {
                return Err(format!("Fields must be an array, not {}", other.kind()));
            }
            _ => {
                return Err(format!(
                    "unknown key `{key}`: there are Attribute, Value and Fields"
                ));
            }
        };
        if twice {
            return Err(format!("the key {key} is given twice"));
        }
    }
    let name = name.ok_or("Attribute is missing")?;
    if name.trim().is_empty() {
        return Err("Attribute is empty".to_owned());
    }
    let value = value.ok_or_else(|| format!("`{name}`: Value is missing"))?;
    Ok(Pair {
        name,
        value,
        fields,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> String {
        parse(body.as_bytes(), RepeatedAttribute::Refuse).unwrap_err()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(own).collect()
    }

    #[test]
    fn attributes_and_field_sets_keep_their_order() {
        let body = r#"[[{"Attribute":"b","Value":"2"},
            {"Value":"","Fields":[{"Attribute":"y","Value":"1"},{"Attribute":"x","Value":""}],"Attribute":"s"},
            {"Attribute":"a","Value":"é"}],[]]"#;
        let drafts = parse(body.as_bytes(), RepeatedAttribute::Refuse).unwrap();
        assert_eq!(
            drafts,
            [
                Draft {
                    fields: pairs(&[("b", "2"), ("s", ""), ("a", "é")]),
                    field_sets: vec![("s".to_owned(), pairs(&[("y", "1"), ("x", "")]))],
                },
                Draft::default(),
            ],
        );
    }

    #[test]
    fn a_refusal_says_what_and_where() {
        let cases = [
            ("{}", "The body must be an array of leads, not an object"),
            ("[]", "The body has no leads"),
            (
                "[[],{}]",
                "Lead 2: a lead must be an array of attributes, not an object",
            ),
            (
                "[[7]]",
                "Lead 1: attribute 1: must be an object, not a number",
            ),
            (
                r#"[[{"Value":""}]]"#,
                "Lead 1: attribute 1: Attribute is missing",
            ),
            (
                r#"[[{"Attribute":" ","Value":""}]]"#,
                "Lead 1: attribute 1: Attribute is empty",
            ),
            (
                r#"[[{"Attribute":"a"}]]"#,
                "Lead 1: attribute 1: `a`: Value is missing",
            ),
            (
                r#"[[{"Attribute":"a","Value":null}]]"#,
                "Lead 1: attribute 1: Value must be a string, not null",
            ),
            (
                r#"[[{"Attribute":1,"Value":""}]]"#,
                "Lead 1: attribute 1: Attribute must be a string, not a number",
            ),
            (
                r#"[[{"Attribute":"a","Value":"","Fields":{}}]]"#,
                "Lead 1: attribute 1: Fields must be an array, not an object",
            ),
            (
                r#"[[{"Attribute":"a","value":""}]]"#,
                "Lead 1: attribute 1: unknown key `value`: there are Attribute, Value and Fields",
            ),
            (
                r#"[[{"Attribute":"a","Value":"","Value":""}]]"#,
                "Lead 1: attribute 1: the key Value is given twice",
            ),
            (
                r#"[[{"Attribute":"a","Value":""},{"Attribute":"a","Value":""}]]"#,
                "Lead 1: attribute 2: `a` is given twice",
            ),
            (
                r#"[[{"Attribute":"s","Value":"","Fields":[{"Attribute":"x","Value":1}]}]]"#,
                "Lead 1: attribute 1: `s`: field 1: Value must be a string, not a number",
            ),
            (
                r#"[[{"Attribute":"s","Value":"","Fields":[{"Attribute":"x","Value":"","Fields":[]}]}]]"#,
                "Lead 1: attribute 1: `s`: field 1: a field of a field set has no Fields of its own",
            ),
        ];
        for (body, message) in cases {
            assert_eq!(refused(body), message, "{body}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        assert_eq!(
            refused("[[}"),
            "The body is not JSON: expected value at line 1 column 3",
        );
        let not_utf8 = parse(b"[[{\"Attribute\":\"a\xff\"}]]", RepeatedAttribute::Refuse);
        assert!(
            not_utf8.unwrap_err().contains("unicode"),
            "invalid UTF-8 is not JSON"
        );
    }

    #[test]
    fn fifty_leads_are_taken_and_one_more_is_not() {
        let leads = |n| format!("[{}]", vec!["[]"; n].join(","));
        assert_eq!(
            parse(leads(50).as_bytes(), RepeatedAttribute::Refuse)
                .unwrap()
                .len(),
            50
        );
        assert_eq!(
            refused(&leads(51)),
            "The body has 51 leads: a call takes at most 50"
        );
    }

    #[test]
    fn the_last_of_a_repeated_attribute_can_win() {
        let body = r#"[[{"Attribute":"a","Value":"1","Fields":[{"Attribute":"x","Value":"1"}]},
            {"Attribute":"b","Value":"2"},{"Attribute":"a","Value":"3"}]]"#;
        let drafts = parse(body.as_bytes(), RepeatedAttribute::LastWins).unwrap();
        assert_eq!(drafts[0].fields, pairs(&[("a", "3"), ("b", "2")]));
        assert_eq!(drafts[0].field_sets, []);
    }

    #[test]
    fn blanks_are_no_value() {
        let draft = Draft {
            fields: pairs(&[("Phone", " \t"), ("FirstName", "x")]),
            ..Draft::default()
        };
        assert!(!draft.has("Phone") && !draft.has("LastName") && draft.has("FirstName"));
    }
}
