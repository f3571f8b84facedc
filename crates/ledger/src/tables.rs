//! What the writer writes, statement by statement.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use leadsquared_core::Row;
use leadsquared_sink::{CallId, Conclusion, Intent, Outcome, SettledRow};
use rusqlite::{Connection, Result, Statement};

use crate::codes::{Count, OutcomeCode};
use crate::record::Sources;
use crate::{RunId, time};

/// How many texts are known by number; more than the server has reasons for.
const KNOWN_REASONS: usize = 1024;

/// A code and a reason.
type Text = (Option<String>, Option<String>);

/// A part of a run, and the statements that write it.
pub(crate) struct Tables<'c> {
    connection: &'c Connection,
    run: RunId,
    part: u64,
    sources: Sources,
    /// The source of the last row, which is mostly that of the next one.
    last_source: Option<(Arc<str>, u64)>,
    reasons: HashMap<Text, i64>,
    call: Statement<'c>,
    end_of_call: Statement<'c>,
    outcome: Statement<'c>,
    reason: Statement<'c>,
}

impl<'c> Tables<'c> {
    pub(crate) fn new(
        connection: &'c Connection,
        run: RunId,
        part: u64,
        sources: Sources,
    ) -> Result<Self> {
        Ok(Self {
            connection,
            run,
            part,
            sources,
            last_source: None,
            reasons: HashMap::new(),
            call: connection.prepare(
                "INSERT INTO calls (run, part, sent_at, timeout, counted_at, leads, rows) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?,
            end_of_call: connection.prepare(
                "UPDATE calls SET ended_at = ?3, status = ?4, meaning = ?5, \
                 counted_at = CASE ?5 WHEN 'never_sent' THEN NULL \
                                      WHEN 'lost' THEN max(counted_at, ?3) \
                                      ELSE max(sent_at, ?3) END \
                 WHERE id = ?1 AND run = ?2",
            )?,
            // That a row was not sent this time is no news of a row that has an end.
            outcome: connection.prepare(
                "INSERT INTO outcomes \
                 (run, source, row, part, outcome, is_final, lead_id, reason, call) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
                 ON CONFLICT DO UPDATE SET part = excluded.part, outcome = excluded.outcome, \
                 is_final = excluded.is_final, lead_id = excluded.lead_id, \
                 reason = excluded.reason, call = excluded.call \
                 WHERE excluded.is_final OR excluded.outcome <> ?10",
            )?,
            reason: connection.prepare("INSERT INTO reasons (code, reason) VALUES (?1, ?2)")?,
        })
    }

    pub(crate) fn intend(&mut self, intent: &Intent) -> Result<CallId> {
        let rows = self.ranges(&intent.rows)?;
        let sent_at = time::to_micros(intent.at);
        let timeout = time::span(intent.timeout);
        self.call.execute((
            self.run,
            Count(self.part),
            sent_at,
            timeout,
            sent_at.saturating_add(timeout),
            Count(intent.rows.len() as u64),
            rows,
        ))?;
        Ok(CallId(self.connection.last_insert_rowid().unsigned_abs()))
    }

    pub(crate) fn conclude(
        &mut self,
        call: CallId,
        conclusion: &Conclusion,
        rows: &[SettledRow],
    ) -> Result<()> {
        let found = self.end_of_call.execute((
            Count(call.0),
            self.run,
            time::to_micros(conclusion.at),
            conclusion.status,
            conclusion.meaning.as_str(),
        ))?;
        if found != 1 {
            return Err(rusqlite::Error::StatementChangedRows(found));
        }
        self.settle(Some(call), rows)
    }

    pub(crate) fn settle(&mut self, call: Option<CallId>, rows: &[SettledRow]) -> Result<()> {
        for settled in rows {
            let source = self.source(&settled.row)?;
            let reason = self.reason(settled)?;
            self.outcome.execute((
                self.run,
                Count(source),
                Count(settled.row.number),
                Count(self.part),
                OutcomeCode(settled.outcome),
                settled.is_final,
                &settled.lead_id,
                reason,
                call.map(|call| Count(call.0)),
                OutcomeCode(Outcome::NotSent),
            ))?;
        }
        Ok(())
    }

    /// The rows of a call as `[[source, first, last], ...]`.
    fn ranges(&mut self, rows: &[Row]) -> Result<String> {
        let mut ranges: Vec<(u64, u64, u64)> = Vec::new();
        for row in rows {
            let source = self.source(row)?;
            match ranges.last_mut() {
                Some((same, _, last))
                    if *same == source && last.checked_add(1) == Some(row.number) =>
                {
                    *last = row.number;
                }
                _ => ranges.push((source, row.number, row.number)),
            }
        }
        let mut text = String::from("[");
        for (source, first, last) in ranges {
            let comma = if text.len() > 1 { "," } else { "" };
            // Writing to a string can't fail.
            let _written = write!(text, "{comma}[{source},{first},{last}]");
        }
        text.push(']');
        Ok(text)
    }

    /// The number of a row's source, which it gets if it has none.
    fn source(&mut self, row: &Row) -> Result<u64> {
        match &self.last_source {
            Some((name, source)) if Arc::ptr_eq(name, &row.source) => return Ok(*source),
            _ => {}
        }
        let source = match self.sources.get(&row.source) {
            Some(source) => *source,
            None => self.new_source(&row.source)?,
        };
        self.last_source = Some((Arc::clone(&row.source), source));
        Ok(source)
    }

    fn new_source(&mut self, name: &Arc<str>) -> Result<u64> {
        let source = self.sources.values().max().map_or(0, |last| last + 1);
        self.connection.execute(
            "INSERT INTO inputs (run, source, name, is_declared) VALUES (?1, ?2, ?3, 0)",
            (self.run, Count(source), &**name),
        )?;
        self.sources.insert(Arc::clone(name), source);
        Ok(source)
    }

    fn reason(&mut self, settled: &SettledRow) -> Result<Option<i64>> {
        if settled.code.is_none() && settled.reason.is_none() {
            return Ok(None);
        }
        let text = (settled.code.clone(), settled.reason.clone());
        if let Some(known) = self.reasons.get(&text) {
            return Ok(Some(*known));
        }
        self.reason.execute((&text.0, &text.1))?;
        let number = self.connection.last_insert_rowid();
        // Reasons that are all different would fill the memory.
        if self.reasons.len() >= KNOWN_REASONS {
            self.reasons.clear();
        }
        self.reasons.insert(text, number);
        Ok(Some(number))
    }
}
