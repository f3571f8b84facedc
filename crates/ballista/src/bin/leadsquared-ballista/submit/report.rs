//! What became of a statement's rows.

use std::str::FromStr as _;

use anyhow::{Result, anyhow, bail};
use datafusion::arrow::array::{Array as _, AsArray as _, RecordBatch};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use leadsquared_datafusion::OutcomesFolder;
use leadsquared_sink::Outcome;
use url::Url;

use super::session::told;

/// The code of a row that an earlier attempt of the statement had delivered.
const DELIVERED_BEFORE: &str = "delivered-before";

/// What became of a statement's rows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) statement: String,
    /// How many rows had each outcome, in the order of [`Outcome::ALL`].
    pub(super) counts: [u64; Outcome::ALL.len()],
    /// How many of them an earlier attempt had delivered.
    pub(super) delivered_before: u64,
}

impl Report {
    /// Counts what is in the folder.
    pub(super) async fn read(
        folder: &OutcomesFolder,
        account: &str,
        statement: &str,
    ) -> Result<Self> {
        let path = folder.file(account, statement);
        if !path.is_file() {
            bail!(
                "statement {statement} ran, and {} is not there: is --outcomes the folder of the executors?",
                path.display()
            );
        }
        let context = SessionContext::new();
        // As an address: a path that is read as text may be taken for a pattern.
        let url = Url::from_file_path(&path)
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
        let words = datafusion::arrow::compute::cast(
            batch.column(0),
            &datafusion::arrow::datatypes::DataType::Utf8,
        )?;
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
