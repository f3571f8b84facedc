//! Standard output: text for people, or a JSON object a statement.

use std::io::{self, Write as _};

use anyhow::Result;
use datafusion::arrow::json::ArrayWriter;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::pretty::pretty_format_batches;
use serde_json::{Map, Value, json};

use super::report::Report;
use super::session::OUTCOMES;
use crate::args::Format;

/// Prints what statements come to.
pub(super) struct Printer {
    format: Format,
}

impl Printer {
    pub(super) fn new(format: Format) -> Self {
        Self { format }
    }

    /// The rows of a query.
    pub(super) fn rows(&self, batches: &[RecordBatch]) -> Result<()> {
        match self.format {
            Format::Text => print(&pretty_format_batches(batches)?.to_string()),
            Format::Json => {
                let mut writer = ArrayWriter::new(Vec::new());
                writer.write_batches(&batches.iter().collect::<Vec<_>>())?;
                writer.finish()?;
                let written = writer.into_inner();
                let rows: Value = if written.is_empty() {
                    json!([])
                } else {
                    serde_json::from_slice(&written)?
                };
                print(&json!({ "rows": rows }).to_string())
            }
        }
    }

    /// What became of the rows of an INSERT.
    pub(super) fn report(&self, report: &Report) -> Result<()> {
        match self.format {
            Format::Text => print(&text(report)),
            Format::Json => {
                let mut object = Map::new();
                object.insert("statement".to_owned(), report.statement.clone().into());
                object.insert("read".to_owned(), report.read_rows().into());
                for (outcome, count) in report.outcomes() {
                    object.insert(outcome.to_string(), count.into());
                }
                object.insert(
                    "delivered_before".to_owned(),
                    report.delivered_before.into(),
                );
                print(&Value::Object(object).to_string())
            }
        }
    }
}

fn text(report: &Report) -> String {
    let Report {
        account,
        statement,
        delivered_before,
        ..
    } = report;
    let read = report.read_rows();
    let rows = if read == 1 { "row" } else { "rows" };
    let mut lines = vec![format!("statement {statement}: {read} {rows}")];
    for (outcome, count) in report.outcomes().filter(|(_, count)| *count > 0) {
        let name = outcome.to_string().replace('_', " ");
        lines.push(format!("  {name:<16}{count:>10}"));
    }
    if *delivered_before > 0 {
        lines.push(format!(
            "  of these, {delivered_before} were found already delivered by an earlier attempt"
        ));
    }
    if !report.all_are_in() {
        lines.push(format!(
            "  what is not in: SELECT row, outcome, code, reason, lead FROM {OUTCOMES}\n  \
             WHERE statement = '{statement}' AND account = '{account}'\n    \
             AND outcome NOT IN ('created', 'created_earlier')"
        ));
    }
    lines.join("\n")
}

fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}
