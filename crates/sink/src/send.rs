//! A call is sent, and again if it must, until its rows are in the books or it is refused.

use std::mem;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep};
use tracing::Instrument as _;

use crate::answer::{Failure, Setback, Verdict, classify, classify_error};
use crate::call::{Call, Posted};
use crate::deliver::Delivery;
use crate::journal::{Conclusion, Intent, JournalError};
use crate::settle::Attempt;
use crate::{
    Ambiguous, CallEnding, CallId, Event, Lesson, Meaning, RetryPolicy, Slot, StopReason, Urgency,
    meters,
};

/// The longest that writing an intent may take: a slot is held for so much longer.
const LATE: Duration = Duration::from_secs(2);
/// How often a call's intent may take longer before the journal is given up.
const MOST_LATE: u32 = 5;

/// How a call ended that was not stopped on its way.
pub(crate) enum Ended {
    /// Each of its rows is in the books.
    Settled,
    /// The server refused it whole.
    Refused { code: String, message: String },
}

impl Delivery {
    /// Sends a call until its rows are in the books, or it is refused.
    pub(crate) async fn send(&self, posted: &Posted, call: &mut Call) -> Ended {
        let answered_before = self.answered.load(Ordering::Relaxed);
        let mut urgency = Urgency::InTurn;
        loop {
            let Some(slot) = self.slot(urgency).await else {
                self.settle_stopped(posted, call).await;
                return Ended::Settled;
            };
            let id = match self.intend(posted, call, slot).await {
                Ok(id) => id,
                Err(error) => {
                    self.stop.stop(StopReason::Journal(error));
                    self.settle_stopped(posted, call).await;
                    return Ended::Settled;
                }
            };
            let Some((slot, id)) = id else {
                urgency = Urgency::First;
                continue;
            };
            let (verdict, lesson, attempt) = self.attempt(call, slot, id).await;
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
                    self.quiet.ask(RetryPolicy::believed(retry_after));
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
        loop {
            if !self.pause(self.quiet.left()).await {
                return None;
            }
            let slot = tokio::select! {
                biased;
                () = self.stop.stopped() => return None,
                slot = self.limiter.acquire(urgency, self.lease()) => slot,
            };
            if self.quiet.left().is_zero() {
                return self.within_budget(slot).await;
            }
            slot.complete(CallEnding::NeverSent).await;
        }
    }

    /// The slot, if the daily budget has a call left; else the sink stops.
    async fn within_budget(&self, slot: Slot) -> Option<Slot> {
        match &self.daily_budget {
            Some(budget) if !budget.take() => {
                slot.complete(CallEnding::NeverSent).await;
                self.stop.stop(StopReason::DailyBudget {
                    calls: budget.calls(),
                });
                None
            }
            _ => Some(slot),
        }
    }

    /// How long a slot is held if nobody tells how its call ended.
    fn lease(&self) -> Duration {
        match self.journal {
            Some(_) => self.timeout + LATE,
            None => self.timeout,
        }
    }

    /// Waits, unless the sink stops first; false if it did.
    async fn pause(&self, wait: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.stop.stopped() => false,
            () = sleep(wait) => true,
        }
    }

    /// Writes down that the call is about to be sent; gives nothing if the sink stopped meanwhile, or
    /// if that took so long that its slot may be another's before the call is answered.
    async fn intend(
        &self,
        posted: &Posted,
        call: &mut Call,
        slot: Slot,
    ) -> Result<Option<(Slot, Option<CallId>)>, JournalError> {
        let Some(journal) = &self.journal else {
            return Ok(Some((slot, None)));
        };
        let asked = Instant::now();
        let intent = Intent {
            rows: posted.rows_of(call),
            at: SystemTime::now(),
            timeout: self.lease(),
        };
        let id = match journal.intend(intent).await {
            Ok(id) => id,
            Err(error) => {
                slot.complete(CallEnding::NeverSent).await;
                self.call_off();
                return Err(error);
            }
        };
        let in_time = asked.elapsed() <= LATE;
        if in_time && self.stop.reason().is_none() {
            call.late = 0;
            return Ok(Some((slot, Some(id))));
        }
        call.late += u32::from(!in_time);
        let unsent = Conclusion {
            at: SystemTime::now(),
            status: None,
            meaning: Meaning::NeverSent,
        };
        self.conclude(Some((id, unsent))).await;
        slot.complete(CallEnding::NeverSent).await;
        self.call_off();
        if call.late >= MOST_LATE {
            let message = format!(
                "the journal takes longer than {} s to write down a call, {MOST_LATE} times in a row; is \
                 it on a busy disk, behind a slow network, or used by another program too?",
                LATE.as_secs()
            );
            return Err(JournalError::new(message));
        }
        Ok(None)
    }

    /// Posts the call once, and lets the limiter learn from how it ended.
    async fn attempt(
        &self,
        call: &mut Call,
        slot: Slot,
        id: Option<CallId>,
    ) -> (Verdict, Lesson, Attempt) {
        let leads = call.leads.len();
        let again = mem::take(&mut call.again);
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
            Ok(answer) => (Some(answer.status), classify(&answer, leads)),
            Err(error) => (None, classify_error(&error)),
        };
        let meaning = verdict.meaning();
        if let Some(status) = status {
            self.books.event(&Event::Answered {
                status,
                meaning,
                leads,
                elapsed,
            });
        }
        tracing::debug!(
            status,
            leads,
            result = meaning.as_str(),
            ?elapsed,
            "call ended"
        );
        let lesson = slot.complete(verdict.ending()).await;
        meters::call(meaning, again, elapsed);
        if meaning == Meaning::NeverSent {
            self.call_off();
        }
        let conclusion = Conclusion {
            at: SystemTime::now(),
            status,
            meaning,
        };
        (verdict, lesson, id.map(|id| (id, conclusion)))
    }

    /// A call that was counted against the daily budget did not get to the server.
    fn call_off(&self) {
        if let Some(budget) = &self.daily_budget {
            budget.give_back();
        }
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
            attempt: failure,
        } = setback;
        call.lost |= failure == Failure::Lost;
        call.failed += 1;
        call.again = true;
        if failure == Failure::Lost && self.ambiguous == Ambiguous::Hold {
            self.hold(posted, call, &cause, attempt).await;
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
}
