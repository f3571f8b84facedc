//! The account's fields, and what they say about leads.

use std::fmt::Write as _;

use leadsquared_sink::{AccountFields, LeadField, ValueFinding};
use serde::Serialize;

use super::text::places;
use crate::preflight::Findings;
use crate::words::{count, number, one_line};

/// The table of an account's fields.
pub(super) fn table(fields: &AccountFields) -> String {
    const HEAD: [&str; 7] = [
        "NAME",
        "DISPLAY NAME",
        "TYPE",
        "LENGTH",
        "MANDATORY",
        "UNIQUE",
        "OPTIONS",
    ];
    let mut lines = vec![HEAD.map(str::to_owned)];
    lines.extend(fields.iter().map(cells));
    let mut widths = [0; HEAD.len()];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for line in &lines {
        let cells = line.iter().zip(widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        let _ = writeln!(out, "{}", cells.join("  ").trim_end());
    }
    let _ = writeln!(out, "\n{}", count(fields.len() as u64, "field"));
    out
}

fn cells(field: &LeadField) -> [String; 7] {
    let yes = |is_so: bool| if is_so { "yes" } else { "" }.to_owned();
    let mandatory = match &field.default_value {
        Some(value) if field.mandatory => format!("{value:?} if empty"),
        _ => yes(field.mandatory),
    };
    let options = Some(field.options.len()).filter(|options| *options > 0);
    [
        one_line(&field.schema_name),
        one_line(&field.display_name),
        one_line(&field.data_type),
        field.max_length.map(number).unwrap_or_default(),
        mandatory,
        yes(field.unique),
        options
            .map(|options| number(options as u64))
            .unwrap_or_default(),
    ]
}

/// What was found, for people.
pub(super) fn findings(out: &mut String, findings: &Findings) {
    let account = format!(
        "{} ({})",
        findings.account,
        count(findings.fields as u64, "field")
    );
    let whole: Vec<String> = findings.whole().collect();
    let single: Vec<&ValueFinding> = findings.single().collect();
    if !whole.is_empty() {
        let _ = writeln!(out, "{account} would refuse the leads:");
        for words in whole {
            let _ = writeln!(out, "  {}", one_line(&words));
        }
        out.push('\n');
    }
    if !single.is_empty() {
        let rows = count(findings.rows_at_fault, "row");
        let _ = writeln!(out, "{account} would likely reject {rows}:");
        let widest = single.iter().map(|found| number(found.rows).len()).max();
        let widest = widest.unwrap_or(0) + 2;
        for found in single {
            let rows = number(found.rows);
            let _ = writeln!(out, "{rows:>widest$}  {}", one_line(&found.to_string()));
            let places = places(&found.first, found.rows);
            let _ = writeln!(out, "{:>widest$}  {places}", "");
        }
        out.push('\n');
    }
    for hint in findings.hints() {
        let _ = writeln!(out, "Worth a look: {}.\n", one_line(&hint));
    }
    if !findings.has_faults() {
        let _ = writeln!(out, "{account}: the leads fit its fields.\n");
    }
}

/// What was found, for programs.
#[derive(Serialize)]
pub(super) struct Held<'a> {
    account: &'a str,
    fields: usize,
    attributes: Vec<Whole<'a>>,
    values: Vec<Values<'a>>,
    rows_at_fault: u64,
}

#[derive(Serialize)]
struct Whole<'a> {
    code: &'static str,
    attribute: &'a str,
    /// Whether leads would be refused for it; else it is a hint.
    refused: bool,
    message: String,
}

#[derive(Serialize)]
struct Values<'a> {
    code: &'static str,
    attribute: &'a str,
    message: String,
    rows: u64,
    sample: &'a str,
    first: Vec<super::json::Place<'a>>,
}

impl<'a> Held<'a> {
    pub(super) fn new(findings: &'a Findings) -> Self {
        let attributes = findings.attributes.iter().map(|finding| Whole {
            code: finding.code(),
            attribute: finding.attribute(),
            refused: finding.is_fault(),
            message: finding.to_string(),
        });
        let values = findings.values.iter().map(|found| Values {
            code: found.fault.code(),
            attribute: &found.attribute,
            message: found.to_string(),
            rows: found.rows,
            sample: &found.sample,
            first: super::json::places(&found.first),
        });
        Self {
            account: &findings.account,
            fields: findings.fields,
            attributes: attributes.collect(),
            values: values.collect(),
            rows_at_fault: findings.rows_at_fault,
        }
    }
}
