//! Reports for programs: one object, whose keys keep their order.

use leadsquared_core::Row;
use leadsquared_sink::Outcome;
use serde::Serialize;
use serde_json::value::RawValue;

use super::fields::Held;
use super::next::steps;
use super::{CheckReport, Column, LoadReport};
use crate::reasons::Group;

#[derive(Serialize)]
struct Load {
    read: u64,
    created: u64,
    created_earlier: u64,
    duplicate: u64,
    rejected: u64,
    unconfirmed: u64,
    not_sent: u64,
    calls: u64,
    throttled: u64,
    retried: u64,
    elapsed_seconds: f64,
    leads_per_second: f64,
    limit_utilisation: f64,
    run: Option<u64>,
    next: Vec<String>,
}

pub(super) fn load(report: &LoadReport) -> serde_json::Result<String> {
    let (summary, books) = (&report.summary, report.books());
    line(&Load {
        read: books.read(),
        created: books.of(Outcome::Created),
        created_earlier: books.of(Outcome::CreatedEarlier),
        duplicate: books.of(Outcome::Duplicate),
        rejected: books.of(Outcome::Rejected),
        unconfirmed: books.of(Outcome::Unconfirmed),
        not_sent: books.of(Outcome::NotSent),
        calls: summary.calls,
        throttled: summary.throttled,
        retried: summary.retried,
        elapsed_seconds: thousandths(summary.elapsed.as_secs_f64()),
        leads_per_second: thousandths(summary.leads_per_second()),
        limit_utilisation: thousandths(summary.limit_utilisation()),
        run: report.kept.as_ref().map(|run| run.id),
        next: steps(report).into_iter().map(|step| step.command).collect(),
    })
}

#[derive(Serialize)]
struct Check<'a> {
    read: u64,
    leads: u64,
    rejected: u64,
    calls: u64,
    rate_limit: String,
    seconds_at_limit: f64,
    unique_fields: &'a [String],
    inputs: Vec<Input<'a>>,
    constants: Vec<Constant<'a>>,
    first_lead: Option<&'a RawValue>,
    reasons: Vec<Reason<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<Held<'a>>,
}

#[derive(Serialize)]
struct Input<'a> {
    file: &'a str,
    format: String,
    rows: u64,
    columns: &'a [Column],
}

#[derive(Serialize)]
struct Constant<'a> {
    attribute: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct Reason<'a> {
    code: &'a str,
    #[serde(rename = "reason")]
    words: &'a str,
    rows: u64,
    first: Vec<Place<'a>>,
}

#[derive(Serialize)]
pub(super) struct Place<'a> {
    file: &'a str,
    row: u64,
}

pub(super) fn check(report: &CheckReport<'_>) -> serde_json::Result<String> {
    let inputs = report.files.iter().map(|file| Input {
        file: &file.name,
        format: file.format.to_string().to_lowercase(),
        rows: file.rows,
        columns: report
            .tables
            .iter()
            .find(|table| table.files.contains(&file.name))
            .map_or(&[], |table| &table.columns),
    });
    line(&Check {
        read: report.read,
        leads: report.leads,
        rejected: report.rejected,
        calls: report.calls,
        rate_limit: report.limit.to_string(),
        seconds_at_limit: thousandths(report.limit.time_for(report.calls).as_secs_f64()),
        unique_fields: report.unique_fields,
        inputs: inputs.collect(),
        constants: report
            .constants
            .iter()
            .map(|(attribute, value)| Constant { attribute, value })
            .collect(),
        first_lead: report.first_lead.as_deref(),
        reasons: report.reasons.iter().map(reason).collect(),
        account: report.findings.as_ref().map(Held::new),
    })
}

fn reason(group: &Group) -> Reason<'_> {
    Reason {
        code: &group.code,
        words: &group.reason,
        rows: group.rows,
        first: places(&group.first),
    }
}

pub(super) fn places(rows: &[Row]) -> Vec<Place<'_>> {
    rows.iter()
        .map(|row| Place {
            file: &row.source,
            row: row.number,
        })
        .collect()
}

fn line(object: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(object).map(|line| line + "\n")
}

/// Three decimals are enough for anyone.
fn thousandths(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}
