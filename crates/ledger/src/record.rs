//! Reading and writing what a ledger keeps of a run as a whole.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::codes::{Count, OutcomeCode, count};
use crate::fingerprint::hash;
use crate::{Fingerprint, InputSpec, RunId, RunInfo, RunSpec, RunState, Totals, time};

/// The numbers that a run's sources have in the tables, by their names.
pub(crate) type Sources = HashMap<Arc<str>, u64>;

/// A run, as its row has it.
pub(crate) struct RunRecord {
    pub(crate) id: RunId,
    /// As written: `running` doesn't say that the process lives.
    pub(crate) state: RunState,
    pub(crate) account: String,
    pub(crate) options_hash: String,
    pub(crate) mapping_path: Option<PathBuf>,
    pub(crate) part: u64,
    pub(crate) replay_part: Option<u64>,
    pub(crate) after_replay: Option<RunState>,
    started_at: i64,
    ended_at: Option<i64>,
    version: String,
}

const COLUMNS: &str = "SELECT id, state, account, options_hash, mapping_path, part, replay_part, \
    after_replay, started_at, ended_at, version FROM runs";

impl RunRecord {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            state: row.get(1)?,
            account: row.get(2)?,
            options_hash: row.get(3)?,
            mapping_path: row.get::<_, Option<String>>(4)?.map(PathBuf::from),
            part: count(row, 5)?,
            replay_part: row.get::<_, Option<Count>>(6)?.map(|part| part.0),
            after_replay: row.get(7)?,
            started_at: row.get(8)?,
            ended_at: row.get(9)?,
            version: row.get(10)?,
        })
    }

    /// The run with this number.
    pub(crate) fn find(tables: &Connection, run: RunId) -> rusqlite::Result<Option<Self>> {
        let query = format!("{COLUMNS} WHERE id = ?1");
        tables.query_row(&query, [run], Self::from_row).optional()
    }

    /// Every run, in their order.
    pub(crate) fn all(tables: &Connection) -> rusqlite::Result<Vec<Self>> {
        let mut query = tables.prepare(&format!("{COLUMNS} ORDER BY id"))?;
        query.query_map((), Self::from_row)?.collect()
    }

    /// Everything that is known of the run.
    pub(crate) fn into_info(
        self,
        tables: &Connection,
        is_alive: bool,
    ) -> rusqlite::Result<RunInfo> {
        let calls = "SELECT count(*) FROM calls WHERE run = ?1";
        // A call without leads, such as one for the account's fields, creates none.
        let open = "SELECT count(*) FROM calls WHERE run = ?1 AND leads > 0 \
                    AND (ended_at IS NULL OR meaning IN ('lost', 'rows'))";
        Ok(RunInfo {
            id: self.id,
            state: match self.state {
                RunState::Running if !is_alive => RunState::Interrupted,
                state => state,
            },
            started_at: time::from_micros(self.started_at),
            ended_at: self.ended_at.map(time::from_micros),
            inputs: inputs(tables, self.id)?
                .into_iter()
                .map(|(_, input)| input)
                .collect(),
            totals: totals(tables, self.id)?,
            calls: tables.query_row(calls, [self.id], |row| count(row, 0))?,
            calls_that_count: tables.query_row(open, [self.id], |row| count(row, 0))?,
            account: self.account,
            mapping_path: self.mapping_path,
            version: self.version,
        })
    }
}

/// Writes a new run down, and gives back its number and those of its sources.
pub(crate) fn insert(tables: &Connection, spec: &RunSpec) -> rusqlite::Result<(RunId, Sources)> {
    tables.execute(
        "INSERT INTO runs (state, started_at, account, options_hash, mapping_path, version, part) \
         VALUES ('running', ?1, ?2, ?3, ?4, ?5, 1)",
        (
            time::to_micros(SystemTime::now()),
            &spec.account,
            hash(&spec.options),
            mapping_path(spec),
            env!("CARGO_PKG_VERSION"),
        ),
    )?;
    let run = RunId(tables.last_insert_rowid().unsigned_abs());
    let mut sources = Sources::new();
    let mut query = tables.prepare(
        "INSERT INTO inputs (run, source, name, path, size, fingerprint, is_declared) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1)",
    )?;
    for (source, input) in (0_u64..).zip(&spec.inputs) {
        query.execute((
            run,
            Count(source),
            &input.name,
            input.place(),
            input.known_size().map(Count),
            input.fingerprint.map(|fingerprint| fingerprint.to_string()),
        ))?;
        sources.insert(input.name.as_str().into(), source);
    }
    Ok((run, sources))
}

/// Writes down that a run is taken up again.
pub(crate) fn reopen(
    tables: &Connection,
    record: &RunRecord,
    spec: &RunSpec,
) -> rusqlite::Result<()> {
    tables.execute(
        "UPDATE runs SET state = 'running', ended_at = NULL, part = ?2, replay_part = ?3, \
         after_replay = ?4, options_hash = ?5, mapping_path = ?6, version = ?7 WHERE id = ?1",
        (
            record.id,
            Count(record.part),
            record.replay_part.map(Count),
            record.after_replay,
            hash(&spec.options),
            mapping_path(spec),
            env!("CARGO_PKG_VERSION"),
        ),
    )?;
    Ok(())
}

/// Names an input as it is named now, and gives back every source's number.
pub(crate) fn rename_inputs(
    tables: &Connection,
    run: RunId,
    names: &[(u64, &str)],
) -> rusqlite::Result<Sources> {
    for (source, name) in names {
        tables.execute(
            "UPDATE inputs SET name = ?3 WHERE run = ?1 AND source = ?2",
            (run, Count(*source), name),
        )?;
    }
    let mut query = tables
        .prepare("SELECT name, source FROM inputs WHERE run = ?1 ORDER BY is_declared, source")?;
    query
        .query_map([run], |row| {
            Ok((row.get::<_, String>(0)?.into(), count(row, 1)?))
        })?
        .collect()
}

/// The inputs of a run that its spec had, with their numbers.
pub(crate) fn inputs(tables: &Connection, run: RunId) -> rusqlite::Result<Vec<(u64, InputSpec)>> {
    let mut query = tables.prepare(
        "SELECT source, name, path, size, fingerprint FROM inputs \
         WHERE run = ?1 AND is_declared ORDER BY source",
    )?;
    let read = |row: &Row<'_>| {
        let size = row.get::<_, Option<Count>>(3)?.map(|size| size.0);
        let hex: Option<String> = row.get(4)?;
        let input = InputSpec {
            name: row.get(1)?,
            size,
            fingerprint: hex.and_then(|hex| Fingerprint::from_parts(size.unwrap_or(0), &hex)),
            ..InputSpec::default()
        }
        .at(row.get(2)?);
        Ok((count(row, 0)?, input))
    };
    query.query_map([run], read)?.collect()
}

/// How many rows of a run have each outcome.
fn totals(tables: &Connection, run: RunId) -> rusqlite::Result<Totals> {
    let mut query =
        tables.prepare("SELECT outcome, count(*) FROM outcomes WHERE run = ?1 GROUP BY outcome")?;
    let mut rows = query.query([run])?;
    let mut totals = Totals::default();
    while let Some(row) = rows.next()? {
        totals.add(row.get::<_, OutcomeCode>(0)?.0, count(row, 1)?);
    }
    Ok(totals)
}

fn mapping_path(spec: &RunSpec) -> Option<String> {
    let path = spec.mapping_path.as_deref()?;
    Some(path.to_string_lossy().into_owned())
}
