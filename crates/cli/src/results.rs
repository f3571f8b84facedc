//! The file behind `--results`: what became of each row.

use std::path::Path;

use leadsquared_sink::RowReport;
use serde::Serialize;

use crate::outputs::{Lines, WriteError};

/// What became of each row, a line each, in the order of the answers.
pub(crate) struct Results(Lines);

#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    row: u64,
    outcome: &'a str,
    lead_id: Option<&'a str>,
    code: Option<&'a str>,
    reason: Option<&'a str>,
}

impl Results {
    pub(crate) fn create(path: &Path, goes_on: bool) -> Result<Self, WriteError> {
        Ok(Self(Lines::create(path, goes_on)?))
    }

    pub(crate) fn write(&mut self, report: &RowReport<'_>) -> Result<(), WriteError> {
        self.0.write(&Line {
            file: &report.row.source,
            row: report.row.number,
            outcome: report.outcome.as_str(),
            lead_id: report.lead_id,
            code: report.code,
            reason: report.reason,
        })
    }

    pub(crate) fn flush(&mut self) -> Result<(), WriteError> {
        self.0.flush()
    }
}
