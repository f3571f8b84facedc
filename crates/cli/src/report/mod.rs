//! Standard output: text for people, one JSON object for programs.

mod column;
mod fields;
mod json;
mod next;
mod text;

use std::io;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use leadsquared_adapter::Format;
use leadsquared_ledger::Totals;
use leadsquared_sink::{AccountFields, Outcome, RateLimit, Summary};
use serde_json::value::RawValue;

use crate::args::OutputFormat;
use crate::paint::{Paint, write_stdout};
use crate::preflight::Findings;
use crate::reasons::Group;
use crate::talk::is_quiet;

pub(crate) use column::Column;
pub(crate) use next::{KeptRun, Step, not_in, notes, steps};
pub(crate) use text::places;

/// What came out of a load.
pub(crate) struct LoadReport {
    /// This part of the run.
    pub(crate) summary: Summary,
    /// What the run had done before.
    pub(crate) earlier: Totals,
    /// Where it is remembered.
    pub(crate) kept: Option<KeptRun>,
    /// Why rows are not in.
    pub(crate) reasons: Vec<Group>,
    /// The file that has the rows which are not in.
    pub(crate) rejects: Option<PathBuf>,
}

/// The books of a run, all its parts together.
pub(crate) struct Books([u64; Outcome::ALL.len()]);

impl LoadReport {
    pub(crate) fn books(&self) -> Books {
        Books(Outcome::ALL.map(|outcome| self.summary.of(outcome) + self.earlier.of(outcome)))
    }
}

impl Books {
    pub(crate) fn of(&self, outcome: Outcome) -> u64 {
        self.0.get(outcome as usize).copied().unwrap_or(0)
    }

    /// The rows that were read: each has one outcome.
    pub(crate) fn read(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Whether every row's lead is in.
    pub(crate) fn is_complete(&self) -> bool {
        self.missing() == 0
    }

    /// The rows whose leads are not in.
    pub(crate) fn missing(&self) -> u64 {
        self.read() - self.of(Outcome::Created) - self.of(Outcome::CreatedEarlier)
    }
}

/// What came out of a check.
pub(crate) struct CheckReport<'a> {
    pub(crate) files: Vec<CheckedFile>,
    pub(crate) tables: Vec<Table>,
    pub(crate) unique_fields: &'a [String],
    pub(crate) constants: &'a [(String, String)],
    pub(crate) first_lead: Option<Box<RawValue>>,
    pub(crate) read: u64,
    pub(crate) leads: u64,
    pub(crate) rejected: u64,
    pub(crate) reasons: Vec<Group>,
    pub(crate) calls: u64,
    pub(crate) limit: RateLimit,
    /// What the account's fields say about it, if they were asked.
    pub(crate) findings: Option<Findings>,
}

/// An input that was checked.
pub(crate) struct CheckedFile {
    pub(crate) name: String,
    pub(crate) format: Format,
    pub(crate) rows: u64,
}

/// What the columns of some files become.
pub(crate) struct Table {
    pub(crate) files: Vec<String>,
    pub(crate) columns: Vec<Column>,
}

/// Prints what came out of a load; text only if the command is not to be quiet.
pub(crate) fn load(report: &LoadReport, format: OutputFormat) -> Result<()> {
    print(&match format {
        OutputFormat::Text if is_quiet() => return Ok(()),
        OutputFormat::Text => text::load(report, Paint::stdout()),
        OutputFormat::Json => json::load(report)?,
    })
}

/// Prints what came out of a check.
pub(crate) fn check(report: &CheckReport<'_>, format: OutputFormat) -> Result<()> {
    print(&match format {
        OutputFormat::Text => text::check(report, Paint::stdout())?,
        OutputFormat::Json => json::check(report)?,
    })
}

/// Prints the account's fields.
pub(crate) fn fields(fields: &AccountFields, format: OutputFormat) -> Result<()> {
    print(&match format {
        OutputFormat::Text => fields::table(fields),
        OutputFormat::Json => serde_json::to_string(fields)? + "\n",
    })
}

/// Prints to standard output.
pub(crate) fn print(text: &str) -> Result<()> {
    tolerate_closed(write_stdout(text))
}

/// Takes it that nobody reads standard output to its end, as `head` doesn't.
pub(crate) fn tolerate_closed(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("standard output can't be written"),
    }
}
