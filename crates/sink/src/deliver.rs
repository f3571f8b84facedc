//! One payload's way: a slot, a post, a verdict, and again if it must, until each row has its end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use leadsquared_core::{Payload, Rejection};
use tokio::time::{Instant, sleep};
use tracing::Instrument as _;

use crate::answer::{Doubt, RowVerdict, Setback, Verdict, classify, classify_error, is_duplicate};
use crate::books::Books;
use crate::call::{Call, Posted};
use crate::journal::{Conclusion, Intent, Journal, JournalError, SettledRow};
use crate::pool::BufferPool;
use crate::refusals::Refusals;
use crate::stop::Stop;
use crate::{
    Ambiguous, CallEnding, CallId, DailyBudget, Event, Lesson, Limiter, MaxRejects, Outcome,
    RetryPolicy, Slot, StopReason, Transport, Urgency, meters,
};

/// What all calls of a sink share.
pub(crate) struct Delivery {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) limiter: Arc<dyn Limiter>,
    pub(crate) daily_budget: Option<DailyBudget>,
    pub(crate) journal: Option<Arc<dyn Journal>>,
    pub(crate) timeout: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) ambiguous: Ambiguous,
    pub(crate) max_rejects: Option<MaxRejects>,
    pub(crate) refusals: Refusals,
    pub(crate) books: Arc<Books>,
    pub(crate) stop: Arc<Stop>,
    /// Where the memory of a payload goes when it is over.
    pub(crate) pool: Arc<BufferPool>,
    /// How many calls have been answered by rows: a sign that the server is well.
    pub(crate) answered: AtomicU64,
}

/// How a call ended that was not stopped on its way.
enum Ended {
    /// Each of its rows is in the books.
    Settled,
    /// The server refused it whole.
    Refused { code: String, message: String },
}

/// What the journal is told of the attempt that settled rows.
type Attempt = Option<(CallId, Conclusion)>;

/// The end of rows that no answer settled.
struct Why<'a> {
    outcome: Outcome,
    code: &'a str,
    reason: &'a str,
    is_final: bool,
}

impl Delivery {
    /// Brings a payload to its end: when it returns, each of its rows is in the books.
    pub(crate) async fn deliver(&self, payload: Payload) {
        let posted = Posted::new(payload, self.journal.as_deref());
        for call in self.first_calls(&posted).await {
            self.deliver_call(&posted, call).await;
        }
        let Posted { body, rows, .. } = posted;
        self.pool.put_back(body, rows);
    }

    /// The calls that a payload takes if nothing goes wrong: one, of all its leads.
    ///
    /// But leads that an earlier part of the run left in doubt are held for the operator, if that is
    /// the policy.
    async fn first_calls(&self, posted: &Posted) -> Vec<Call> {
        let held = match self.ambiguous {
            Ambiguous::Hold => posted.runs(true),
            Ambiguous::Retry => Vec::new(),
        };
        if held.is_empty() {
            return vec![posted.whole()];
        }
        for leads in held {
            let call = posted.part(leads, Doubt::Lost);
            let why = Why {
                outcome: Outcome::Unconfirmed,
                code: "no-answer",
                reason: "it was sent before the run was interrupted, and its answer is not known",
                is_final: true,
            };
            self.settle_all(posted, &call, &why, None).await;
        }
        let fresh = posted.runs(false).into_iter();
        fresh.map(|leads| posted.part(leads, Doubt::None)).collect()
    }

    /// Sends a call, and in parts if it is refused whole.
    async fn deliver_call(&self, posted: &Posted, call: Call) {
        // First in, first out: all parts of one size go before any smaller one, so that the good
        // ones get through early.
        let mut calls = VecDeque::from([call]);
        while let Some(mut call) = calls.pop_front() {
            let Ended::Refused { code, message } = self.send(posted, &mut call).await else {
                continue;
            };
            self.books.event(&Event::Refused {
                leads: call.leads.len(),
                code: &code,
                reason: &message,
            });
            // A duplicate is a row's own matter, however the server tells it.
            let duplicate = is_duplicate(&code) || is_duplicate(&message);
            let never_accepted = self.refusals.is_open();
            if !duplicate && self.refusals.refuse(call.leads.len(), &code, &message) {
                self.stop.stop(StopReason::AllRefused {
                    code: code.clone(),
                    message: message.clone(),
                });
                calls.push_front(call);
                self.settle_refused(posted, &mut calls, &code, &message)
                    .await;
                return;
            }
            if call.leads.len() > 1 {
                if let Some(parts) = self.refusals.split(call.leads.clone()) {
                    calls.extend(
                        parts
                            .into_iter()
                            .map(|leads| posted.part(leads, call.doubt)),
                    );
                    continue;
                }
                let reason = format!(
                    "{message} (refused together with other rows: the budget of calls for finding \
                     the one at fault is used up)"
                );
                let why = Why {
                    outcome: Outcome::Rejected,
                    code: &code,
                    reason: &reason,
                    is_final: true,
                };
                self.settle_all(posted, &call, &why, None).await;
                continue;
            }
            let why = Why {
                outcome: match duplicate {
                    true if call.is_lost(posted, call.leads.start) => Outcome::CreatedEarlier,
                    true => Outcome::Duplicate,
                    false => Outcome::Rejected,
                },
                code: &code,
                reason: &message,
                // Until a call gets through, it may turn out not to be the row.
                is_final: duplicate || !never_accepted,
            };
            self.settle_all(posted, &call, &why, None).await;
        }
    }

    /// Settles calls that were refused for what is not the rows' fault.
    async fn settle_refused(
        &self,
        posted: &Posted,
        calls: &mut VecDeque<Call>,
        code: &str,
        message: &str,
    ) {
        let why = Why {
            outcome: Outcome::Rejected,
            code,
            reason: message,
            is_final: false,
        };
        for call in calls.drain(..) {
            self.settle_all(posted, &call, &why, None).await;
        }
    }

    /// Sends a call until its rows are in the books, or it is refused.
    async fn send(&self, posted: &Posted, call: &mut Call) -> Ended {
        let answered_before = self.answered.load(Ordering::Relaxed);
        let mut urgency = Urgency::InTurn;
        loop {
            let Some(slot) = self.slot(urgency).await else {
                self.settle_stopped(posted, call).await;
                return Ended::Settled;
            };
            let (verdict, lesson, attempt) = match self.attempt(posted, call, slot).await {
                Ok(done) => done,
                Err(error) => {
                    self.stop.stop(StopReason::Journal(error));
                    self.settle_stopped(posted, call).await;
                    return Ended::Settled;
                }
            };
            match verdict {
                Verdict::Rows(rows) => {
                    self.answered.fetch_add(1, Ordering::Relaxed);
                    self.refusals.accept();
                    self.settle_rows(posted, call, rows, attempt).await;
                    return Ended::Settled;
                }
                Verdict::Throttled { retry_after, .. } => {
                    self.conclude(attempt).await;
                    self.books.throttled();
                    self.books.event(&Event::Throttled {
                        learned: lesson.limit,
                        share: lesson.share,
                    });
                    urgency = Urgency::First;
                    if !self.pause(RetryPolicy::believed(retry_after)).await {
                        self.settle_stopped(posted, call).await;
                        return Ended::Settled;
                    }
                }
                Verdict::Exhausted { limit } => {
                    self.conclude(attempt).await;
                    self.books.throttled();
                    self.stop.stop(StopReason::Exhausted {
                        calls: limit.calls().get(),
                        per: limit.per(),
                    });
                    self.settle_stopped(posted, call).await;
                    return Ended::Settled;
                }
                Verdict::Unauthorized { status, message } => {
                    self.conclude(attempt).await;
                    self.stop.stop(StopReason::Unauthorized { status, message });
                    self.settle_stopped(posted, call).await;
                    return Ended::Settled;
                }
                Verdict::Refused { code, message } => {
                    self.conclude(attempt).await;
                    return Ended::Refused { code, message };
                }
                Verdict::Failed(setback) => {
                    urgency = Urgency::InTurn;
                    let again = self
                        .set_back(posted, call, setback, attempt, answered_before)
                        .await;
                    if !again {
                        return Ended::Settled;
                    }
                }
            }
        }
    }

    /// Waits for leave to send, unless the sink stops first.
    async fn slot(&self, urgency: Urgency) -> Option<Slot> {
        let slot = tokio::select! {
            biased;
            () = self.stop.stopped() => return None,
            slot = self.limiter.acquire(urgency, self.timeout) => slot,
        };
        if let Some(budget) = &self.daily_budget
            && !budget.take()
        {
            slot.complete(CallEnding::NeverSent).await;
            self.stop.stop(StopReason::DailyBudget {
                calls: budget.calls(),
            });
            return None;
        }
        Some(slot)
    }

    /// Waits, unless the sink stops first; false if it did.
    async fn pause(&self, wait: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.stop.stopped() => false,
            () = sleep(wait) => true,
        }
    }

    /// Posts the call once: writes down that it will, and lets the limiter learn from how it ended.
    async fn attempt(
        &self,
        posted: &Posted,
        call: &Call,
        slot: Slot,
    ) -> Result<(Verdict, Lesson, Attempt), JournalError> {
        let leads = call.leads.len();
        let id = match &self.journal {
            Some(journal) => {
                let intent = Intent {
                    rows: posted.rows_of(call),
                    at: SystemTime::now(),
                    timeout: self.timeout,
                };
                Some(journal.intend(intent).await?)
            }
            None => None,
        };
        let again = call.failed > 0;
        self.books.called(again);
        let sent = Instant::now();
        let span = tracing::debug_span!("call", leads, attempt = call.failed + 1);
        let answer = self
            .transport
            .post(call.body.clone())
            .instrument(span)
            .await;
        let elapsed = sent.elapsed();
        let (status, verdict) = match answer {
            Ok(answer) => {
                self.books.event(&Event::Answered {
                    status: answer.status,
                    leads,
                    elapsed,
                });
                (Some(answer.status), classify(&answer, leads))
            }
            Err(error) => (None, classify_error(&error)),
        };
        let meaning = verdict.meaning();
        tracing::debug!(
            status,
            leads,
            result = meaning.as_str(),
            ?elapsed,
            "call ended"
        );
        let lesson = slot.complete(verdict.ending()).await;
        meters::call(meaning, again, elapsed);
        let conclusion = Conclusion {
            at: SystemTime::now(),
            status,
            meaning,
        };
        Ok((verdict, lesson, id.map(|id| (id, conclusion))))
    }

    /// Waits for the next attempt; false if there is none, and the rows are in the books.
    async fn set_back(
        &self,
        posted: &Posted,
        call: &mut Call,
        setback: Setback,
        attempt: Attempt,
        answered_before: u64,
    ) -> bool {
        let Setback {
            cause,
            retry_after,
            doubt,
            ..
        } = setback;
        call.doubt = call.doubt.max(doubt);
        call.failed += 1;
        if doubt == Doubt::Lost && self.ambiguous == Ambiguous::Hold {
            let why = Why {
                outcome: Outcome::Unconfirmed,
                code: "no-answer",
                reason: &cause,
                is_final: true,
            };
            self.settle_all(posted, call, &why, attempt).await;
            return false;
        }
        self.conclude(attempt).await;
        if call.failed >= self.retry.attempts() {
            // If others got through meanwhile, it is this call; if none did, it is the server.
            if self.answered.load(Ordering::Relaxed) == answered_before {
                let attempts = call.failed;
                self.stop.stop(StopReason::GaveUp {
                    attempts,
                    cause: cause.clone(),
                });
            }
            self.settle_unsent(posted, call, "gave-up", &cause).await;
            return false;
        }
        let after = self.retry.wait(call.failed, retry_after, &mut rand::rng());
        tracing::debug!(
            attempt = call.failed,
            ?after,
            cause,
            "call failed, goes again"
        );
        self.books.event(&Event::Retrying {
            attempt: call.failed,
            after,
            cause: &cause,
        });
        let go_on = self.pause(after).await;
        if !go_on {
            self.settle_unsent(posted, call, "stopped", &cause).await;
        }
        go_on
    }

    async fn settle_rows(
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
    async fn settle_stopped(&self, posted: &Posted, call: &Call) {
        let reason = self.stop.reason().map(|reason| reason.to_string());
        self.settle_unsent(posted, call, "stopped", &reason.unwrap_or_default())
            .await;
    }

    /// Settles a call that is not sent any more: not sent, or unconfirmed if it may have happened.
    async fn settle_unsent(&self, posted: &Posted, call: &Call, code: &str, reason: &str) {
        let rows = call.leads.clone().filter_map(|index| {
            let outcome = if call.may_be_in(posted, index) {
                Outcome::Unconfirmed
            } else {
                Outcome::NotSent
            };
            Some(SettledRow {
                row: posted.rows.row(index)?,
                outcome,
                lead_id: None,
                code: Some(code.to_owned()),
                reason: Some(reason.to_owned()),
                is_final: false,
            })
        });
        self.settle(posted, call, rows.collect(), None).await;
    }

    /// Settles all rows of a call in one way.
    async fn settle_all(&self, posted: &Posted, call: &Call, why: &Why<'_>, attempt: Attempt) {
        let rows = call.leads.clone().filter_map(|index| {
            Some(SettledRow {
                row: posted.rows.row(index)?,
                outcome: why.outcome,
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
    async fn conclude(&self, attempt: Attempt) {
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
        if most.is_passed(rejected, ended) {
            self.stop
                .stop(StopReason::TooManyRejects { rejected, most });
        }
    }
}
