//! Leads, value by value, held against the account's fields.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use leadsquared_core::{Payload, Row};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{AccountFields, LeadField, ValueFault, ValueFinding};

/// The most rows that a finding names.
const FIRST: usize = 3;
/// The most characters of a value that a finding shows.
const SAMPLE: usize = 60;
/// The most different attributes without a field that are kept apart; a map column can have any number.
const MOST_UNKNOWN: usize = 100;

/// Holds leads against the account's fields, before they are sent: no I/O, and memory by the number of
/// fields and not of leads.
///
/// Only what is sure is found: of a value's kind just that a number, a date or a phone number has a
/// digit and an e-mail address an `@`, since how else the server reads them is not documented. What is
/// inside a custom field set isn't looked at, as the account doesn't list it.
///
/// ```
/// use std::sync::Arc;
/// use leadsquared_core::Row;
/// use leadsquared_sink::{AccountFields, ValueCheck};
///
/// let fields = br#"[{"SchemaName":"Phone"},{"SchemaName":"mx_City","MaxLength":"4"}]"#;
/// let mut check = ValueCheck::new(Arc::new(AccountFields::from_json(fields)?));
/// let lead = r#"[{"Attribute":"Phone","Value":"1"},{"Attribute":"mx_City","Value":"Köln"}]"#;
/// let row = |number| Row { source: "leads.parquet".into(), number };
/// check.lead(lead.as_bytes(), || row(1));
/// check.lead(lead.replace("Köln", "Berlin").as_bytes(), || row(2));
/// assert_eq!(check.rows_at_fault(), 1);
/// let findings = check.into_findings();
/// assert_eq!(findings[0].to_string(), "mx_City has more than 4 characters (\"Berlin\" has 6)");
/// assert_eq!(findings[0].first, [row(2)]);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug)]
pub struct ValueCheck {
    fields: Arc<AccountFields>,
    /// The places of the fields that each lead must have.
    mandatory: Vec<usize>,
    /// Of those, which the lead in hand has.
    given: Vec<bool>,
    /// Of those, which any lead has.
    ever_given: Vec<bool>,
    findings: Vec<ValueFinding>,
    places: HashMap<(String, Kind), usize>,
    /// The options of fields that had a value so far.
    options: HashMap<String, HashSet<String>>,
    unknown: usize,
    leads: u64,
    at_fault: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Unknown,
    TooLong,
    NotAnOption,
    Empty,
    NotA,
}

/// One attribute of a lead.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pair<'a> {
    #[serde(borrow)]
    attribute: Cow<'a, str>,
    #[serde(borrow, default)]
    value: Cow<'a, str>,
    #[serde(default)]
    fields: Vec<IgnoredAny>,
}

impl ValueCheck {
    /// Nothing is held against these fields yet.
    #[must_use]
    pub fn new(fields: Arc<AccountFields>) -> Self {
        let places = fields.iter().enumerate();
        let mandatory: Vec<usize> = places
            .filter(|(_, field)| field.must_be_given())
            .map(|(place, _)| place)
            .collect();
        Self {
            given: vec![false; mandatory.len()],
            ever_given: vec![false; mandatory.len()],
            mandatory,
            fields,
            findings: Vec::new(),
            places: HashMap::new(),
            options: HashMap::new(),
            unknown: 0,
            leads: 0,
            at_fault: 0,
        }
    }

    /// Looks at each lead of a payload.
    pub fn payload(&mut self, payload: &Payload) {
        let rows = payload.rows();
        for index in 0..rows.len() {
            let (Some(lead), Some(row)) = (rows.lead(index, payload.body()), rows.row(index))
            else {
                continue;
            };
            self.lead(lead, || row.clone());
        }
    }

    /// Looks at a lead, a JSON array of `{Attribute, Value[, Fields]}`; `row` says where it is from, and
    /// is asked if something is wrong. What is no lead is passed over.
    pub fn lead(&mut self, lead: &[u8], row: impl Fn() -> Row) {
        let Ok(pairs) = serde_json::from_slice::<Vec<Pair<'_>>>(lead) else {
            return;
        };
        self.leads += 1;
        self.given.fill(false);
        let fields = Arc::clone(&self.fields);
        let mut is_fine = true;
        for pair in &pairs {
            let Some(place) = fields.place(&pair.attribute) else {
                is_fine = false;
                self.find_unknown(&pair.attribute, &pair.value, &row);
                continue;
            };
            let is_given = !pair.value.trim().is_empty() || !pair.fields.is_empty();
            if let Ok(at) = self.mandatory.binary_search(&place)
                && let Some(given) = self.given.get_mut(at)
            {
                *given |= is_given;
            }
            if let Some(field) = fields.fields_at(place).filter(|_| is_given) {
                is_fine &= self.value(field, &pair.value, &row);
            }
        }
        for (ever, given) in self.ever_given.iter_mut().zip(&self.given) {
            *ever |= given;
        }
        for at in 0..self.mandatory.len() {
            if self.given.get(at) == Some(&false)
                && let Some(field) = self.mandatory.get(at).and_then(|at| fields.fields_at(*at))
            {
                is_fine = false;
                self.add(field, Kind::Empty, "", &row, || ValueFault::Empty);
            }
        }
        self.at_fault += u64::from(!is_fine);
    }

    /// Looks at a value that is not empty; false if something is wrong with it.
    fn value(&mut self, field: &LeadField, value: &str, row: &impl Fn() -> Row) -> bool {
        let mut is_fine = true;
        if let Some(most) = field.max_length
            // It has no more characters than bytes, and those need no counting.
            && value.len() as u64 > most
        {
            let length = value.chars().count() as u64;
            if length > most {
                is_fine = false;
                let longest = length;
                let fault = || ValueFault::TooLong { most, longest };
                self.add(field, Kind::TooLong, value, row, fault);
            }
        }
        if field.is_closed()
            && let Some(stranger) = self.stranger(field, value)
        {
            is_fine = false;
            let fault = || ValueFault::NotAnOption {
                nearest: nearest_option(field, stranger),
            };
            self.add(field, Kind::NotAnOption, stranger, row, fault);
        }
        if let Some(kind) = cannot_be(&field.data_type, value) {
            is_fine = false;
            self.add(field, Kind::NotA, value, row, || ValueFault::NotA { kind });
        }
        is_fine
    }

    fn find_unknown(&mut self, attribute: &str, value: &str, row: &impl Fn() -> Row) {
        let key = (attribute.to_owned(), Kind::Unknown);
        if !self.places.contains_key(&key) {
            if self.unknown >= MOST_UNKNOWN {
                return;
            }
            self.unknown += 1;
        }
        let fields = Arc::clone(&self.fields);
        let fault = || ValueFault::Unknown {
            nearest: fields.nearest(attribute).map(str::to_owned),
        };
        self.add(&LeadField::new(attribute), Kind::Unknown, value, row, fault);
    }

    fn add(
        &mut self,
        field: &LeadField,
        kind: Kind,
        value: &str,
        row: &impl Fn() -> Row,
        fault: impl FnOnce() -> ValueFault,
    ) {
        let place = *self
            .places
            .entry((field.schema_name.clone(), kind))
            .or_insert(self.findings.len());
        if place == self.findings.len() {
            self.findings.push(ValueFinding {
                attribute: field.schema_name.clone(),
                fault: fault(),
                rows: 0,
                first: Vec::new(),
                sample: shortened(value),
            });
        } else if let Some(finding) = self.findings.get_mut(place)
            && let ValueFault::TooLong { longest, .. } = &mut finding.fault
        {
            let length = value.chars().count() as u64;
            if length > *longest {
                *longest = length;
                finding.sample = shortened(value);
            }
        }
        if let Some(finding) = self.findings.get_mut(place) {
            finding.rows += 1;
            if finding.first.len() < FIRST {
                finding.first.push(row());
            }
        }
    }

    /// Whether any lead has a value in this mandatory field.
    #[must_use]
    pub fn has(&self, mandatory: &str) -> bool {
        let place = self.fields.place(mandatory);
        let at = place.and_then(|place| self.mandatory.binary_search(&place).ok());
        at.and_then(|at| self.ever_given.get(at)) == Some(&true)
    }

    /// How many leads were looked at.
    #[must_use]
    pub fn leads(&self) -> u64 {
        self.leads
    }

    /// How many of them the account would refuse, each counted once.
    #[must_use]
    pub fn rows_at_fault(&self) -> u64 {
        self.at_fault
    }

    /// The part of the value that is none of the field's options.
    fn stranger<'a>(&mut self, field: &LeadField, value: &'a str) -> Option<&'a str> {
        let name = &field.schema_name;
        if !self.options.contains_key(name) {
            // A list may be long, and there is a value in each row.
            let options = field.options.iter().map(|option| option.trim().to_owned());
            self.options.insert(name.clone(), options.collect());
        }
        let options = self.options.get(name);
        let is_option = |value: &str| options.is_some_and(|options| options.contains(value.trim()));
        if is_option(value) {
            return None;
        }
        if !field.takes_several() {
            return Some(value);
        }
        let mut parts = value.split(';').map(str::trim);
        parts.find(|part| !part.is_empty() && !is_option(part))
    }

    /// What was found: attributes that the account doesn't have first, then by the number of rows.
    #[must_use]
    pub fn into_findings(mut self) -> Vec<ValueFinding> {
        self.findings.sort_by_key(|finding| {
            let is_known = !matches!(finding.fault, ValueFault::Unknown { .. });
            (is_known, std::cmp::Reverse(finding.rows))
        });
        self.findings
    }
}

/// The option most like a value, as [`AccountFields::nearest`] compares.
fn nearest_option(field: &LeadField, value: &str) -> Option<String> {
    let options = field.options.iter().map(LeadField::new);
    let options: AccountFields = options.collect();
    options.nearest(value).map(str::to_owned)
}

/// What the field takes, if it is sure that the value is none.
fn cannot_be(data_type: &str, value: &str) -> Option<&'static str> {
    let has_no_digit = || !value.chars().any(char::is_numeric);
    match data_type {
        "Number" => has_no_digit().then_some("a number"),
        "Phone" => has_no_digit().then_some("a phone number"),
        "Date" => has_no_digit().then_some("a date"),
        "DateTime" => has_no_digit().then_some("a date and time"),
        "Time" => has_no_digit().then_some("a time"),
        "Email" => (!value.contains('@')).then_some("an e-mail address"),
        _ => None,
    }
}

fn shortened(value: &str) -> String {
    match value.char_indices().nth(SAMPLE) {
        Some((end, _)) => format!("{}…", value.get(..end).unwrap_or_default()),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests;
