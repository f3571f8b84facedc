//! What earlier parts of a run left of its rows.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use leadsquared_core::Row;
use leadsquared_sink::{Outcome, Recall};
use rusqlite::Connection;

use crate::codes::{OutcomeCode, count};
use crate::ranges::Ranges;
use crate::record::{RunRecord, Sources};
use crate::{RunId, Totals};

/// What earlier parts of a run left of its rows, in memory.
///
/// A row is in doubt if a call with it may have been counted and the row's end was not written in
/// that part of the run or a later one, or if it ended unconfirmed and not for good. Else its outcome
/// decides; without one it is new.
#[derive(Debug, Default)]
pub(crate) struct Recollection {
    /// False for a new run, which has nothing to look up.
    has_past: bool,
    is_replay: bool,
    sources: HashMap<Arc<str>, Left>,
    totals: Totals,
}

/// What is left of a source's rows.
#[derive(Debug, Default)]
struct Left {
    in_doubt: Ranges,
    /// In a replay the rows that are new again; else those that are settled.
    listed: Ranges,
}

impl Recollection {
    pub(crate) fn recall(&self, row: &Row) -> Recall {
        if !self.has_past {
            return Recall::New;
        }
        let left = self.sources.get(&row.source);
        if left.is_some_and(|left| left.in_doubt.contains(row.number)) {
            return Recall::InDoubt;
        }
        let is_listed = left.is_some_and(|left| left.listed.contains(row.number));
        if is_listed == self.is_replay {
            Recall::New
        } else {
            Recall::Settled
        }
    }

    /// Whether all these rows of a source are settled.
    pub(crate) fn are_settled(&self, source: &str, rows: &RangeInclusive<u64>) -> bool {
        let (first, last) = (*rows.start(), *rows.end());
        if !self.has_past {
            return false;
        }
        let Some(left) = self.sources.get(source) else {
            return self.is_replay;
        };
        let is_listed = if self.is_replay {
            !left.listed.meets(first, last)
        } else {
            left.listed.covers(first, last)
        };
        is_listed && !left.in_doubt.meets(first, last)
    }

    pub(crate) fn totals(&self) -> Totals {
        self.totals
    }

    /// Reads what there is of a run.
    pub(crate) fn load(
        tables: &Connection,
        record: &RunRecord,
        sources: Sources,
    ) -> rusqlite::Result<Self> {
        let mut doubts = doubts(tables, record.id)?;
        let mut past = HashMap::new();
        let mut totals = Totals::default();
        let mut query = tables.prepare(
            "SELECT source, row, part, outcome, is_final FROM outcomes \
             WHERE run = ?1 ORDER BY source, row",
        )?;
        let mut rows = query.query([record.id])?;
        while let Some(row) = rows.next()? {
            let (source, number) = (count(row, 0)?, count(row, 1)?);
            let end = End {
                part: count(row, 2)?,
                outcome: row.get::<_, OutcomeCode>(3)?.0,
                is_final: row.get(4)?,
            };
            let doubts = doubts.get(&source).map_or(&[][..], Vec::as_slice);
            if end.is_doubted(number, doubts) {
                continue;
            }
            let past: &mut Past = past.entry(source).or_default();
            past.judged.push(number, number);
            match end.means(record.replay_part) {
                Recall::Settled => {
                    totals.add(end.outcome, 1);
                    past.settled.push(number, number);
                }
                Recall::InDoubt => past.unconfirmed.push(number, number),
                Recall::New => past.open.push(number, number),
            }
        }
        let is_replay = record.replay_part.is_some();
        let sources = sources
            .into_iter()
            .map(|(name, source)| {
                let past = past.remove(&source).unwrap_or_default();
                let doubts = doubts.remove(&source).unwrap_or_default();
                (name, past.left(doubts, is_replay))
            })
            .collect();
        Ok(Self {
            has_past: true,
            is_replay,
            sources,
            totals,
        })
    }

    #[cfg(test)]
    pub(crate) fn ranges(&self) -> usize {
        self.sources
            .values()
            .map(|left| left.in_doubt.len() + left.listed.len())
            .sum()
    }
}

/// The rows of calls of a part that may have been counted, with the part.
type Doubts = Vec<(u64, Ranges)>;

/// For each source, the rows of calls whose end doesn't say what became of each row.
fn doubts(tables: &Connection, run: RunId) -> rusqlite::Result<HashMap<u64, Doubts>> {
    let mut query = tables.prepare(
        "SELECT json_extract(range.value, '$[0]'), calls.part, \
                json_extract(range.value, '$[1]'), json_extract(range.value, '$[2]') \
         FROM calls, json_each(calls.rows) AS range \
         WHERE calls.run = ?1 AND (calls.ended_at IS NULL OR calls.meaning IN ('lost', 'rows'))",
    )?;
    let mut rows = query.query([run])?;
    let mut found: HashMap<(u64, u64), Vec<(u64, u64)>> = HashMap::new();
    while let Some(row) = rows.next()? {
        found
            .entry((count(row, 0)?, count(row, 1)?))
            .or_default()
            .push((count(row, 2)?, count(row, 3)?));
    }
    let mut doubts: HashMap<u64, Doubts> = HashMap::new();
    for ((source, part), ranges) in found {
        let ranges = Ranges::from_unsorted(ranges);
        doubts.entry(source).or_default().push((part, ranges));
    }
    Ok(doubts)
}

/// The end of a row that was written down.
struct End {
    part: u64,
    outcome: Outcome,
    is_final: bool,
}

impl End {
    /// Whether a call leaves open what became of the row, whatever this end says.
    fn is_doubted(&self, row: u64, doubts: &[(u64, Ranges)]) -> bool {
        // That a part of the run didn't send a row says nothing of the parts before.
        let is_about_its_part = self.outcome == Outcome::NotSent && !self.is_final;
        doubts.iter().any(|(part, rows)| {
            (*part > self.part || (is_about_its_part && *part < self.part)) && rows.contains(row)
        })
    }

    /// What it means for a run that goes on, or for a replay that began in this part.
    fn means(&self, replay_part: Option<u64>) -> Recall {
        let is_open = match replay_part {
            Some(began) if self.part < began => {
                matches!(
                    self.outcome,
                    Outcome::Rejected | Outcome::Unconfirmed | Outcome::NotSent
                )
            }
            _ => !self.is_final,
        };
        match self.outcome {
            _ if !is_open => Recall::Settled,
            Outcome::Unconfirmed => Recall::InDoubt,
            _ => Recall::New,
        }
    }
}

/// The ends of a source's rows.
#[derive(Default)]
struct Past {
    judged: Ranges,
    settled: Ranges,
    unconfirmed: Ranges,
    open: Ranges,
}

impl Past {
    fn left(self, doubts: Doubts, is_replay: bool) -> Left {
        let in_calls = doubts
            .into_iter()
            .fold(Ranges::default(), |all, (_, rows)| all.union(&rows));
        Left {
            in_doubt: in_calls.minus(&self.judged).union(&self.unconfirmed),
            listed: if is_replay { self.open } else { self.settled },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RunSpec, record};

    #[test]
    fn two_million_settled_rows_are_a_handful_of_ranges() {
        let tables = Connection::open_in_memory().unwrap();
        tables.execute_batch(include_str!("schema.sql")).unwrap();
        let (run, sources) = record::insert(
            &tables,
            &RunSpec {
                inputs: vec![crate::InputSpec {
                    name: "leads.parquet".to_owned(),
                    ..crate::InputSpec::default()
                }],
                ..RunSpec::default()
            },
        )
        .unwrap();
        // All but three: the one in flight, the one that was not sent, and one beyond.
        tables
            .execute_batch(
                "WITH RECURSIVE numbers (n) AS (VALUES (1) UNION ALL \
                     SELECT n + 1 FROM numbers WHERE n < 2000000) \
                 INSERT INTO outcomes (run, source, row, part, outcome, is_final) \
                 SELECT 1, 0, n, 1, 0, n <> 1500000 FROM numbers WHERE n <> 700000; \
                 INSERT INTO calls (run, part, sent_at, timeout, leads, rows) \
                 VALUES (1, 1, 0, 0, 1, '[[0,700000,700000]]'); \
                 UPDATE outcomes SET outcome = 5 WHERE row = 1500000",
            )
            .unwrap();
        let record = RunRecord::find(&tables, run).unwrap().unwrap();
        let past = Recollection::load(&tables, &record, sources).unwrap();

        assert_eq!(past.totals().created, 1_999_998);
        assert_eq!(past.ranges(), 4);
        let recall = |number| {
            past.recall(&Row {
                source: "leads.parquet".into(),
                number,
            })
        };
        assert_eq!(recall(700_000), Recall::InDoubt);
        assert_eq!(recall(1_500_000), Recall::New);
        assert_eq!(recall(2_000_000), Recall::Settled);
        assert_eq!(recall(2_000_001), Recall::New);
        let are_settled = |rows| past.are_settled("leads.parquet", &rows);
        assert!(are_settled(1..=699_999) && are_settled(700_001..=1_499_999));
        assert!(!are_settled(1..=700_000), "it is in doubt");
        assert!(!are_settled(1_499_999..=1_500_001), "it was not sent");
        assert!(!are_settled(1_999_999..=2_000_001), "it is beyond");
        assert!(!past.are_settled("other.parquet", &(1..=1)));
    }
}
