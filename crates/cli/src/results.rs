//! The file behind `--results`: what became of each row.

use std::path::Path;

use leadsquared_sink::RowReport;
use serde::Serialize;

use crate::outputs::{Lines, WriteError};

/// What became of each row, a line each, in the order of the answers.
pub(crate) struct Results(Lines);

/// What became of a row, here and in what `results` exports.
#[derive(Serialize)]
pub(crate) struct Line<'a> {
    pub(crate) file: &'a str,
    pub(crate) row: u64,
    pub(crate) outcome: &'a str,
    pub(crate) lead_id: Option<&'a str>,
    pub(crate) code: Option<&'a str>,
    pub(crate) reason: Option<&'a str>,
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
