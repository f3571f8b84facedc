//! The rows that were admitted and have no end yet, and the calls that they are in.

use std::collections::{HashMap, HashSet};

use leadsquared_core::Row;

use super::contract::{ClaimEnd, ClaimKey, SettledClaim};
use crate::{CallId, JournalError, Meaning, Outcome, Recall, SettledRow};

/// A row on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) key: ClaimKey,
    /// Whether an attempt went out that may have created it, of this opening or an earlier one.
    pub(super) in_doubt: bool,
    /// Whether this opening was about to send it.
    pub(super) claimed: bool,
}

/// All of them: no more than the sink has in its queue and in calls, and the batch that is written.
#[derive(Debug, Default)]
pub(super) struct HeldRows {
    rows: HashMap<Row, Held>,
    calls: HashMap<CallId, Vec<Row>>,
    next: u64,
}

/// What the store is told of a call's end.
#[derive(Debug, Default)]
pub(super) struct Ends {
    pub(super) released: Vec<ClaimKey>,
    pub(super) settled: Vec<SettledClaim>,
}

impl HeldRows {
    pub(super) fn recall(&self, row: &Row) -> Recall {
        match self.rows.get(row) {
            Some(held) if held.in_doubt => Recall::InDoubt,
            _ => Recall::New,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Takes rows in: all of them, or none if one is there already.
    pub(super) fn admit(&mut self, rows: Vec<(Row, Held)>) -> Result<(), JournalError> {
        let mut new = HashSet::with_capacity(rows.len());
        for (row, _) in &rows {
            if self.rows.contains_key(row) || !new.insert(row) {
                return Err(JournalError::new(format!(
                    "{row} was admitted twice; give each row of a delivery a number of its own"
                )));
            }
        }
        self.rows.extend(rows);
        Ok(())
    }

    /// The claims of rows that are about to be sent.
    pub(super) fn claims(&self, rows: &[Row]) -> Result<Vec<ClaimKey>, JournalError> {
        let claim = |row: &Row| {
            self.rows.get(row).map(|held| held.key).ok_or_else(|| {
                JournalError::new(format!(
                    "{row} was not admitted, so nobody would know that it was sent; write to the sink \
                     what ClaimJournal::admit gives"
                ))
            })
        };
        rows.iter().map(claim).collect()
    }

    /// Notes a call whose rows are claimed.
    pub(super) fn sending(&mut self, rows: Vec<Row>) -> CallId {
        for row in &rows {
            if let Some(held) = self.rows.get_mut(row) {
                held.claimed = true;
            }
        }
        self.next += 1;
        let call = CallId(self.next);
        self.calls.insert(call, rows);
        call
    }

    /// Notes how a call ended, and which of its rows came to their ends by that.
    pub(super) fn conclude(
        &mut self,
        call: CallId,
        meaning: Meaning,
        rows: Vec<SettledRow>,
    ) -> Ends {
        let sent = self.calls.remove(&call).unwrap_or_default();
        let settled = self.settle(rows);
        let mut released = Vec::new();
        for row in &sent {
            let Some(held) = self.rows.get_mut(row) else {
                continue;
            };
            match meaning {
                Meaning::Rows => {}
                Meaning::Lost => held.in_doubt = true,
                Meaning::Throttled
                | Meaning::Unauthorized
                | Meaning::Refused
                | Meaning::Failed
                | Meaning::NeverSent => {
                    if !held.in_doubt {
                        released.push(held.key);
                    }
                }
            }
        }
        Ends { released, settled }
    }

    /// Lets go of rows that came to their ends; those that are to be kept.
    ///
    /// An end that isn't final leaves the claim as its attempts left it. So does one without an attempt:
    /// a rejection costs no call, and is found again.
    pub(super) fn settle(&mut self, rows: Vec<SettledRow>) -> Vec<SettledClaim> {
        let kept = rows.into_iter().filter_map(|settled| {
            let held = self.rows.remove(&settled.row)?;
            let is_kept =
                held.claimed || (held.in_doubt && settled.outcome == Outcome::Unconfirmed);
            if !settled.is_final || !is_kept {
                return None;
            }
            Some(SettledClaim {
                key: held.key,
                end: ClaimEnd {
                    outcome: settled.outcome,
                    lead_id: settled.lead_id,
                    code: settled.code,
                    reason: settled.reason,
                },
            })
        });
        kept.collect()
    }
}
