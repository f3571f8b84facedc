//! Reading what became of each row.

use leadsquared_sink::Outcome;
use rusqlite::{Connection, Row};

use crate::codes::{OutcomeCode, count};
use crate::file::LedgerFile;
use crate::{Error, RunId};

/// What became of a row of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResultRow<'a> {
    /// The name of its file or stream.
    pub source: &'a str,
    /// Its number there, from 1; the line for line-based formats.
    pub row: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// The lead's id, when the server gave one.
    pub lead_id: Option<&'a str>,
    /// A short code for machines.
    pub code: Option<&'a str>,
    /// Why, for people.
    pub reason: Option<&'a str>,
    /// Whether it is the end for good, or the run was stopped before.
    pub is_final: bool,
}

/// Shows each row of a run in the order of its sources and their rows.
pub(crate) fn each<E: From<Error>>(
    file: &LedgerFile,
    tables: &Connection,
    run: RunId,
    outcome: Option<Outcome>,
    mut show: impl FnMut(ResultRow<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut query = file.sql(tables.prepare(
        "SELECT inputs.name, outcomes.row, outcomes.outcome, outcomes.lead_id, reasons.code, \
                reasons.reason, outcomes.is_final \
         FROM outcomes \
         LEFT JOIN inputs ON inputs.run = outcomes.run AND inputs.source = outcomes.source \
         LEFT JOIN reasons ON reasons.id = outcomes.reason \
         WHERE outcomes.run = ?1 AND (?2 IS NULL OR outcomes.outcome = ?2) \
         ORDER BY outcomes.source, outcomes.row",
    ))?;
    let mut rows = file.sql(query.query((run, outcome.map(OutcomeCode))))?;
    while let Some(row) = file.sql(rows.next())? {
        show(file.sql(read(row))?)?;
    }
    Ok(())
}

fn read<'r>(row: &'r Row<'_>) -> rusqlite::Result<ResultRow<'r>> {
    let text = |column| -> rusqlite::Result<Option<&'r str>> {
        let value = row.get_ref(column)?;
        value.as_str_or_null().map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(column, value.data_type(), error.into())
        })
    };
    Ok(ResultRow {
        source: text(0)?.unwrap_or_default(),
        row: count(row, 1)?,
        outcome: row.get::<_, OutcomeCode>(2)?.0,
        lead_id: text(3)?,
        code: text(4)?,
        reason: text(5)?,
        is_final: row.get(6)?,
    })
}
