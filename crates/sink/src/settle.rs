//! The ends of rows, written down in the books and in the journal.

use leadsquared_core::Rejection;

use crate::answer::RowVerdict;
use crate::call::{Call, Posted};
use crate::deliver::Delivery;
use crate::journal::{Conclusion, JournalError, SettledRow};
use crate::{CallId, Outcome, StopReason};

/// What the journal is told of the attempt that settled rows.
pub(crate) type Attempt = Option<(CallId, Conclusion)>;

/// Why rows ended that no answer settled.
pub(crate) struct Why<'a> {
    pub(crate) code: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) is_final: bool,
}

/// Why the server refused a call; it is final if the rows are surely at fault.
pub(crate) struct Refusal<'a> {
    pub(crate) why: Why<'a>,
    /// Whether its one row is a duplicate.
    pub(crate) duplicate: bool,
}

impl Delivery {
    pub(crate) async fn settle_rows(
        &self,
        posted: &Posted,
        call: &Call,
        verdicts: Vec<RowVerdict>,
        attempt: Attempt,
    ) {
        let rows = call.leads.clone().zip(verdicts).filter_map(|(index, row)| {
            let ours = row.outcome == Outcome::Duplicate && call.is_lost(posted, index);
            Some(SettledRow {
                row: posted.rows.row(index)?,
                outcome: if ours {
                    Outcome::CreatedEarlier
                } else {
                    row.outcome
                },
                lead_id: row.lead_id,
                code: row.code,
                reason: row.reason,
                is_final: true,
            })
        });
        self.settle(posted, call, rows.collect(), attempt).await;
    }

    /// Settles a call that is not sent any more because the sink stopped.
    pub(crate) async fn settle_stopped(&self, posted: &Posted, call: &Call) {
        let reason = self.stop.reason().map(|reason| reason.to_string());
        self.settle_unsent(posted, call, "stopped", &reason.unwrap_or_default())
            .await;
    }

    /// Settles a call that is not sent any more: not sent, or unconfirmed if it may have happened.
    pub(crate) async fn settle_unsent(
        &self,
        posted: &Posted,
        call: &Call,
        code: &str,
        reason: &str,
    ) {
        let why = Why {
            code,
            reason,
            is_final: false,
        };
        let outcome = |index| {
            if call.is_lost(posted, index) {
                Outcome::Unconfirmed
            } else {
                Outcome::NotSent
            }
        };
        self.settle_each(posted, call, &why, outcome, None).await;
    }

    /// Settles the rows of a call that was refused.
    pub(crate) async fn settle_refused(&self, posted: &Posted, call: &Call, refusal: &Refusal<'_>) {
        let outcome = |index| {
            let lost = call.is_lost(posted, index);
            match refusal.duplicate {
                true if lost => Outcome::CreatedEarlier,
                true => Outcome::Duplicate,
                // The refusal may not be this row's, and says nothing of what was lost before.
                false if lost && (!refusal.why.is_final || call.leads.len() > 1) => {
                    Outcome::Unconfirmed
                }
                false => Outcome::Rejected,
            }
        };
        self.settle_each(posted, call, &refusal.why, outcome, None)
            .await;
    }

    /// Leaves the rows of a call to the operator: they may be in.
    pub(crate) async fn hold(&self, posted: &Posted, call: &Call, reason: &str, attempt: Attempt) {
        let why = Why {
            code: "no-answer",
            reason,
            is_final: true,
        };
        let outcome = |_| Outcome::Unconfirmed;
        self.settle_each(posted, call, &why, outcome, attempt).await;
    }

    /// Settles the rows of a call for one reason; `outcome` tells each one's, by its index.
    async fn settle_each(
        &self,
        posted: &Posted,
        call: &Call,
        why: &Why<'_>,
        outcome: impl Fn(usize) -> Outcome,
        attempt: Attempt,
    ) {
        let rows = call.leads.clone().filter_map(|index| {
            Some(SettledRow {
                row: posted.rows.row(index)?,
                outcome: outcome(index),
                lead_id: None,
                code: Some(why.code.to_owned()),
                reason: Some(why.reason.to_owned()),
                is_final: why.is_final,
            })
        });
        self.settle(posted, call, rows.collect(), attempt).await;
    }

    /// Writes down the end of a call's rows, in the books and in the journal.
    async fn settle(&self, posted: &Posted, call: &Call, rows: Vec<SettledRow>, attempt: Attempt) {
        for (index, row) in call.leads.clone().zip(&rows) {
            let lead = posted.rows.lead(index, &posted.body).unwrap_or_default();
            self.books.settle_lead(row, lead);
        }
        self.write(rows, attempt).await;
        self.check_rejects();
    }

    /// Writes down rows that can't be leads.
    pub(crate) async fn reject(&self, rejections: Vec<Rejection>) {
        if rejections.is_empty() {
            return;
        }
        let rows = rejections.iter().map(|rejection| {
            self.books.reject(rejection);
            SettledRow {
                row: rejection.row.clone(),
                outcome: Outcome::Rejected,
                lead_id: None,
                code: Some(rejection.error.code().to_owned()),
                reason: Some(rejection.error.to_string()),
                is_final: true,
            }
        });
        let rows = rows.collect();
        self.write(rows, None).await;
        self.check_rejects();
    }

    /// Tells the journal how an attempt ended that settled nothing.
    pub(crate) async fn conclude(&self, attempt: Attempt) {
        self.write(Vec::new(), attempt).await;
    }

    async fn write(&self, rows: Vec<SettledRow>, attempt: Attempt) {
        let Some(journal) = &self.journal else { return };
        let written = match attempt {
            Some((id, conclusion)) => journal.conclude(id, conclusion, rows).await,
            None if rows.is_empty() => Ok(()),
            None => journal.settle(rows).await,
        };
        self.check_journal(written);
    }

    /// Waits until the journal is safe.
    pub(crate) async fn flush(&self) {
        if let Some(journal) = &self.journal {
            self.check_journal(journal.flush().await);
        }
    }

    fn check_journal(&self, written: Result<(), JournalError>) {
        if let Err(error) = written {
            self.stop.stop(StopReason::Journal(error));
        }
    }

    fn check_rejects(&self) {
        let Some(most) = self.max_rejects else { return };
        let (rejected, ended) = self.books.rejected();
        let before = self.journal.as_ref().map(|journal| journal.left_out());
        let before = before.unwrap_or_default();
        let (rejected, ended) = (rejected + before.rejected, ended + before.rows);
        if most.is_passed(rejected, ended) {
            self.stop
                .stop(StopReason::TooManyRejects { rejected, most });
        }
    }
}
