//! Reports for people.

use std::fmt::Write as _;
use std::time::Duration;

use leadsquared_core::Row;
use leadsquared_sink::Outcome;
use serde_json::value::RawValue;

use super::next::{Step, not_in, notes, steps};
use super::{CheckReport, Column, LoadReport, Table, fields};
use crate::paint::{Paint, Painted};
use crate::reasons::Group;
use crate::words::{count, limit, number, one_line, outcome as name, rate, time};

/// The most reasons that a load's summary names.
const MOST_REASONS: usize = 5;

pub(super) fn load(report: &LoadReport, paint: Paint) -> String {
    let summary = &report.summary;
    let mut out = String::new();
    books(&mut out, report, paint);
    let utilisation = format!("{:.0}%", summary.limit_utilisation() * 100.0);
    let earlier = report.earlier.rows();
    if earlier > 0 {
        let rows = count(earlier, "row");
        let _ = writeln!(
            out,
            "\n{rows} of these had come to their end in an earlier part of the run."
        );
    }
    let mut calls = format!(
        "\n{} in {}: {} leads/s, {utilisation} of the limit of {}",
        count(summary.calls, "call"),
        time(summary.elapsed),
        rate(summary.leads_per_second()),
        limit(summary.limit),
    );
    for (number, name) in [
        (summary.throttled, "throttled"),
        (summary.retried, "retried"),
    ] {
        if number > 0 {
            let _ = write!(calls, ", {number} {name}");
        }
    }
    out.push_str(&calls);
    out.push('\n');
    why_not_in(&mut out, report, paint);
    out
}

/// The books: what was read, and what became of it.
fn books(out: &mut String, report: &LoadReport, paint: Paint) {
    let books = report.books();
    let outcomes = Outcome::ALL
        .into_iter()
        .map(|outcome| (Some(outcome), books.of(outcome)))
        .filter(|(_, rows)| *rows > 0);
    let widest = number(books.read()).len();
    for (outcome, rows) in [(None, books.read())].into_iter().chain(outcomes) {
        let name = format!("{:<16}", outcome.map_or("read", name));
        let name = painted(paint, outcome, name);
        let _ = writeln!(out, "{name} {:>widest$}", number(rows));
    }
}

/// The text in the colour of the outcome.
fn painted(paint: Paint, outcome: Option<Outcome>, text: String) -> Painted<String> {
    match outcome {
        Some(Outcome::Created | Outcome::CreatedEarlier) => paint.good(text),
        Some(Outcome::Rejected) => paint.bad(text),
        Some(Outcome::Unconfirmed | Outcome::NotSent) => paint.doubtful(text),
        Some(_) | None => paint.plain(text),
    }
}

/// Why rows are not in, and what to do about it.
fn why_not_in(out: &mut String, report: &LoadReport, paint: Paint) {
    if report.books().is_complete() {
        return;
    }
    let _ = writeln!(out, "\n{}:", not_in(report));
    groups(out, &report.reasons, MOST_REASONS, paint, |group| {
        Some(name(group.outcome))
    });
    for note in notes(report) {
        let _ = writeln!(out, "{note}");
    }
    let steps = steps(report);
    if !steps.is_empty() {
        out.push('\n');
    }
    for Step { why, command } in steps {
        let _ = writeln!(out, "{why}: {}", paint.command(command));
    }
}

/// Reasons with their numbers and first rows.
fn groups(
    out: &mut String,
    groups: &[Group],
    most: usize,
    paint: Paint,
    prefix: impl Fn(&Group) -> Option<&'static str>,
) {
    let widest = groups.iter().map(|group| number(group.rows).len()).max();
    let widest = widest.unwrap_or(0) + 2;
    for group in groups.iter().take(most) {
        // Of a code, only an exception's name says more than the reason does.
        let code = Some(group.code.as_str()).filter(|code| !is_our_code(code));
        let parts = [code, Some(group.reason.as_str())];
        let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
        let prefix = prefix(group).map(str::to_owned);
        let prefix = prefix.map(|name| painted(paint, Some(group.outcome), name).to_string());
        let parts: Vec<String> = prefix.into_iter().chain(parts.map(one_line)).collect();
        let what = parts.join(": ");
        let _ = writeln!(out, "{:>widest$}  {what}", number(group.rows));
        let places = places(&group.first, group.rows);
        let _ = writeln!(out, "{:>widest$}  {places}", "");
    }
    let rest = groups.len().saturating_sub(most);
    if rest > 0 {
        let _ = writeln!(
            out,
            "{:>widest$}  and {} more",
            "",
            count(rest as u64, "reason")
        );
    }
}

/// `a.parquet, rows 73, 120; b.parquet, row 2 …`: the first of `rows` rows.
pub(crate) fn places(first: &[Row], rows: u64) -> String {
    let more = if rows > first.len() as u64 {
        " …"
    } else {
        ""
    };
    let files = first.chunk_by(|a, b| a.source == b.source).map(|rows| {
        let source = rows.first().map_or("", |row| &row.source);
        let numbers: Vec<String> = rows.iter().map(|row| row.number.to_string()).collect();
        let plural = if numbers.len() == 1 { "" } else { "s" };
        format!("{source}, row{plural} {}", numbers.join(", "))
    });
    files.collect::<Vec<_>>().join("; ") + more
}

/// Whether it is a code such as `no-unique-field`, and not an exception's name.
fn is_our_code(code: &str) -> bool {
    code.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

pub(super) fn check(report: &CheckReport<'_>, paint: Paint) -> serde_json::Result<String> {
    let mut out = String::new();
    for table in &report.tables {
        columns(&mut out, report, table);
    }
    if let Some(lead) = &report.first_lead {
        let attributes: Vec<&RawValue> = serde_json::from_str(lead.get())?;
        let lines: Vec<&str> = attributes.iter().map(|attribute| attribute.get()).collect();
        let _ = writeln!(out, "The first lead:\n[\n  {}\n]\n", lines.join(",\n  "));
    }
    if report.rejected > 0 {
        let _ = writeln!(out, "{} would be rejected:", count(report.rejected, "row"));
        groups(&mut out, &report.reasons, usize::MAX, paint, |_| None);
        out.push('\n');
    }
    if let Some(found) = &report.findings {
        fields::findings(&mut out, found);
    }
    let _ = writeln!(
        out,
        "{} of {} make {}: {}.",
        count(report.leads, "lead"),
        count(report.read, "row"),
        count(report.calls, "call"),
        at_the_limit(report),
    );
    Ok(out)
}

/// The time that the calls take at least.
fn at_the_limit(report: &CheckReport<'_>) -> String {
    let limit = limit(report.limit);
    match report.limit.time_for(report.calls) {
        Duration::ZERO => format!("no waiting at {limit}"),
        least => format!("at least {} at {limit}", time(least)),
    }
}

/// The table of columns that some files share.
fn columns(out: &mut String, report: &CheckReport<'_>, table: &Table) {
    for file in &report.files {
        if table.files.contains(&file.name) {
            let _ = writeln!(
                out,
                "{}: {}, {}",
                file.name,
                file.format,
                count(file.rows, "row")
            );
        }
    }
    let mut lines = vec![[
        "COLUMN".to_owned(),
        "ATTRIBUTE".to_owned(),
        "TEXT".to_owned(),
    ]];
    for column in &table.columns {
        column_lines(&mut lines, column, 0);
    }
    for (attribute, value) in report.constants {
        lines.push([
            "(constant)".to_owned(),
            attribute.clone(),
            format!("{value:?}"),
        ]);
    }
    let width = |at: usize| {
        let widths = lines.iter().filter_map(|line| line.get(at));
        widths.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let (first, second) = (width(0), width(1));
    for [column, attribute, text] in &lines {
        let line = format!("  {column:<first$}  {attribute:<second$}  {text}");
        let _ = writeln!(out, "{}", line.trim_end());
    }
    let _ = writeln!(
        out,
        "  * unique: a lead needs a value in at least one of {}\n",
        report.unique_fields.join(", ")
    );
}

fn column_lines(lines: &mut Vec<[String; 3]>, column: &Column, depth: usize) {
    let unique = if column.unique { " *" } else { "" };
    lines.push([
        format!(
            "{:indent$}{}",
            "",
            one_line(&column.name),
            indent = depth * 2
        ),
        column.attribute.as_ref().map_or_else(
            || "(dropped)".to_owned(),
            |name| {
                format!(
                    "{:indent$}{}{unique}",
                    "",
                    one_line(name),
                    indent = depth * 2
                )
            },
        ),
        column.text.clone().unwrap_or_default(),
    ]);
    for field in &column.fields {
        column_lines(lines, field, depth + 1);
    }
}
