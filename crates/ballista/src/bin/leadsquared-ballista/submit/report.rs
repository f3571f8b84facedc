//! What became of a statement's rows.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::SystemTime;

use anyhow::{Result, anyhow, bail};
use datafusion::arrow::array::{Array as _, AsArray as _, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type, UInt64Type};
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use leadsquared_datafusion::OutcomesFolder;
use leadsquared_sink::{DELIVERED_BEFORE, Outcome};
use url::Url;

use super::session::told;

/// The file of a statement's outcomes, as it was before the statement began.
pub(super) struct Kept {
    account: String,
    statement: String,
    path: PathBuf,
    before: Option<SystemTime>,
}

impl Kept {
    pub(super) fn of(folder: &OutcomesFolder, account: &str, statement: &str) -> Self {
        let path = folder.file(account, statement);
        Self {
            account: account.to_owned(),
            statement: statement.to_owned(),
            before: modified(&path),
            path,
        }
    }

    /// Whether a run of the statement has ended well since, and left it.
    pub(super) fn is_new(&self) -> bool {
        let now = modified(&self.path);
        now.is_some() && now != self.before
    }

    /// Counts what is in it now that the statement has ended; `leads` is how many are in by its result, if
    /// that is known.
    pub(super) async fn report(&self, leads: Option<u64>) -> Result<Report> {
        let (statement, path) = (&self.statement, self.path.display());
        if !self.is_new() {
            bail!(
                "statement {statement} ended, and {path} doesn't tell of it: is --outcomes the folder of the \
                 executors?"
            );
        }
        let report = Report::read(&self.path, &self.account, statement).await?;
        let told = report.outcomes().filter(|(outcome, _)| outcome.is_in());
        let told: u64 = told.map(|(_, rows)| rows).sum();
        if leads.is_some_and(|leads| leads != told) {
            bail!(
                "statement {statement} brought {} leads in, and {path} tells of {told}: it is of another run",
                leads.unwrap_or_default()
            );
        }
        Ok(report)
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}

/// The number that an INSERT gives.
pub(super) fn leads(batches: &[RecordBatch]) -> u64 {
    let columns = batches.iter().filter_map(|batch| batch.columns().first());
    let counts = columns.filter_map(|column| column.as_primitive_opt::<UInt64Type>());
    counts.flat_map(|counts| counts.iter().flatten()).sum()
}

/// What became of a statement's rows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) account: String,
    pub(super) statement: String,
    /// How many rows had each outcome, in the order of [`Outcome::ALL`].
    pub(super) counts: [u64; Outcome::ALL.len()],
    /// How many of them an earlier attempt had delivered.
    pub(super) delivered_before: u64,
}

impl Report {
    async fn read(path: &Path, account: &str, statement: &str) -> Result<Self> {
        let context = SessionContext::new();
        // As an address: a path that is read as text may be taken for a pattern.
        let url = Url::from_file_path(path)
            .map_err(|()| anyhow!("{} is no absolute path", path.display()))?;
        context
            .register_parquet("outcomes", url, ParquetReadOptions::new())
            .await
            .map_err(told)?;
        let counted = context
            .sql(&format!(
                "SELECT CAST(outcome AS VARCHAR), count(*), count(*) FILTER (WHERE code = '{DELIVERED_BEFORE}')
                 FROM outcomes GROUP BY outcome"
            ))
            .await
            .map_err(told)?
            .collect()
            .await
            .map_err(told)?;
        let mut report = Self {
            account: account.to_owned(),
            statement: statement.to_owned(),
            counts: [0; Outcome::ALL.len()],
            delivered_before: 0,
        };
        for batch in &counted {
            report.add(batch)?;
        }
        Ok(report)
    }

    fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        let words = cast(batch.column(0), &DataType::Utf8)?;
        let words = words.as_string::<i32>();
        let rows = batch.column(1).as_primitive::<Int64Type>();
        let before = batch.column(2).as_primitive::<Int64Type>();
        for row in 0..words.len() {
            let outcome = Outcome::from_str(words.value(row))?;
            let counts = self.counts.iter_mut().zip(Outcome::ALL);
            for (count, _) in counts.filter(|(_, this)| *this == outcome) {
                *count += u64::try_from(rows.value(row))?;
            }
            self.delivered_before += u64::try_from(before.value(row))?;
        }
        Ok(())
    }

    /// How many rows the statement had.
    pub(super) fn read_rows(&self) -> u64 {
        self.counts.iter().sum()
    }

    pub(super) fn all_are_in(&self) -> bool {
        self.outcomes()
            .all(|(outcome, count)| outcome.is_in() || count == 0)
    }

    pub(super) fn outcomes(&self) -> impl Iterator<Item = (Outcome, u64)> {
        Outcome::ALL.into_iter().zip(self.counts)
    }
}
