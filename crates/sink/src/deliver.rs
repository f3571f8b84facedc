//! One call's way: a slot, a post, a verdict, and again if it must.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use leadsquared_core::{Payload, PayloadRows};
use tokio::time::{Instant, sleep};

use crate::answer::{Doubt, RowVerdict, Setback, Verdict, classify, classify_error, is_duplicate};
use crate::books::{Books, RowAnswer};
use crate::pool::BufferPool;
use crate::stop::Stop;
use crate::{
    Ambiguous, CallEnding, Event, Lesson, Limiter, Outcome, RetryPolicy, Slot, StopReason,
    Transport, Urgency,
};

/// What all calls of a sink share.
pub(crate) struct Delivery {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) limiter: Arc<dyn Limiter>,
    pub(crate) timeout: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) ambiguous: Ambiguous,
    pub(crate) books: Arc<Books>,
    pub(crate) stop: Arc<Stop>,
    /// Where the memory of a call goes when it is over.
    pub(crate) pool: Arc<BufferPool>,
    /// How many calls have been answered by rows: a sign that the server is well.
    pub(crate) answered: AtomicU64,
}

/// A call on its way.
struct Call {
    body: Bytes,
    rows: PayloadRows,
    /// Attempts that failed in a way that passes.
    failed: u32,
    /// The worst doubt that they left.
    doubt: Doubt,
}

impl Delivery {
    /// Brings a payload to its end: when it returns, each of its rows is in the books.
    pub(crate) async fn deliver(&self, payload: Payload) {
        let (body, rows) = payload.into_parts();
        let mut call = Call {
            body: body.into(),
            rows,
            failed: 0,
            doubt: Doubt::None,
        };
        self.settle(&mut call).await;
        self.pool.put_back(call.body, call.rows);
    }

    /// Sends a call until each of its rows is in the books.
    async fn settle(&self, call: &mut Call) {
        let answered_before = self.answered.load(Ordering::Relaxed);
        let mut urgency = Urgency::InTurn;
        loop {
            let Some(slot) = self.slot(urgency).await else {
                return self.settle_unsent(call, None);
            };
            let (verdict, lesson) = self.attempt(call, slot).await;
            match verdict {
                Verdict::Rows(rows) => {
                    self.answered.fetch_add(1, Ordering::Relaxed);
                    return self.settle_rows(call, &rows);
                }
                Verdict::Throttled { retry_after, .. } => {
                    self.books.throttled();
                    self.books.event(&Event::Throttled {
                        learned: lesson.limit,
                        share: lesson.share,
                    });
                    urgency = Urgency::First;
                    if !self.pause(retry_after.unwrap_or_default()).await {
                        return self.settle_unsent(call, None);
                    }
                }
                Verdict::Unauthorized { status, message } => {
                    self.stop.stop(StopReason::Unauthorized { status, message });
                    return self.settle_unsent(call, None);
                }
                Verdict::Refused { code, message } => {
                    return self.settle_refused(call, &code, &message);
                }
                Verdict::Failed(setback) => {
                    if !self.set_back(call, setback, answered_before).await {
                        return;
                    }
                }
            }
        }
    }

    /// Waits for a slot, unless the sink stops first.
    async fn slot(&self, urgency: Urgency) -> Option<Slot> {
        tokio::select! {
            biased;
            () = self.stop.stopped() => None,
            slot = self.limiter.acquire(urgency, self.timeout) => Some(slot),
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

    /// Posts the call once, and lets the limiter learn from how it ended.
    async fn attempt(&self, call: &Call, slot: Slot) -> (Verdict, Lesson) {
        self.books.called(call.failed > 0);
        let sent = Instant::now();
        let verdict = match self.transport.post(call.body.clone()).await {
            Ok(answer) => {
                self.books.event(&Event::Answered {
                    status: answer.status,
                    leads: call.rows.len(),
                    elapsed: sent.elapsed(),
                });
                classify(&answer, call.rows.len())
            }
            Err(error) => classify_error(&error),
        };
        let lesson = slot.complete(ending(&verdict)).await;
        (verdict, lesson)
    }

    /// Waits for the next attempt; false if there is none, and the rows are in the books.
    async fn set_back(&self, call: &mut Call, setback: Setback, answered_before: u64) -> bool {
        let Setback {
            cause,
            retry_after,
            doubt,
            ..
        } = setback;
        call.doubt = call.doubt.max(doubt);
        call.failed += 1;
        if doubt == Doubt::Lost && self.ambiguous == Ambiguous::Hold {
            self.settle_unsent(call, Some(("no-answer", &cause)));
            return false;
        }
        if call.failed >= self.retry.attempts() {
            // If others got through meanwhile, it is this call; if none did, it is the server.
            if self.answered.load(Ordering::Relaxed) == answered_before {
                let attempts = call.failed;
                self.stop.stop(StopReason::GaveUp {
                    attempts,
                    cause: cause.clone(),
                });
            }
            self.settle_unsent(call, Some(("gave-up", &cause)));
            return false;
        }
        let after = self.retry.wait(call.failed, retry_after, &mut rand::rng());
        self.books.event(&Event::Retrying {
            attempt: call.failed,
            after,
            cause: &cause,
        });
        let go_on = self.pause(after).await;
        if !go_on {
            self.settle_unsent(call, Some(("stopped", &cause)));
        }
        go_on
    }

    fn settle_rows(&self, call: &Call, rows: &[RowVerdict]) {
        for (index, row) in rows.iter().enumerate() {
            let ours = row.outcome == Outcome::Duplicate && call.doubt == Doubt::Lost;
            let answer = RowAnswer {
                outcome: if ours {
                    Outcome::CreatedEarlier
                } else {
                    row.outcome
                },
                lead_id: row.lead_id.as_deref(),
                code: row.code.as_deref(),
                reason: row.reason.as_deref(),
            };
            self.books
                .settle_lead(&call.rows, index, &call.body, &answer);
        }
    }

    fn settle_refused(&self, call: &Call, code: &str, message: &str) {
        self.books.event(&Event::Refused {
            leads: call.rows.len(),
            code,
            reason: message,
        });
        // A call that is a duplicate as a whole, after an answer that never came, may be our own.
        let ours = call.doubt == Doubt::Lost && (is_duplicate(code) || is_duplicate(message));
        let outcome = if ours {
            Outcome::Unconfirmed
        } else {
            Outcome::Rejected
        };
        let answer = RowAnswer {
            outcome,
            lead_id: None,
            code: Some(code),
            reason: Some(message),
        };
        self.books.settle_all(&call.rows, &call.body, &answer);
    }

    /// Settles a call that is not sent any more: not sent, or unconfirmed if it may have happened.
    fn settle_unsent(&self, call: &Call, why: Option<(&str, &str)>) {
        let stopped = self.stop.reason().map(|reason| reason.to_string());
        let (code, reason) = match (why, &stopped) {
            (Some((code, reason)), _) => (Some(code), Some(reason)),
            (None, Some(reason)) => (Some("stopped"), Some(reason.as_str())),
            (None, None) => (None, None),
        };
        let outcome = match call.doubt {
            Doubt::None => Outcome::NotSent,
            Doubt::Failed | Doubt::Lost => Outcome::Unconfirmed,
        };
        let answer = RowAnswer {
            outcome,
            lead_id: None,
            code,
            reason,
        };
        self.books.settle_all(&call.rows, &call.body, &answer);
    }
}

/// How a call ended, as far as the limit is concerned.
fn ending(verdict: &Verdict) -> CallEnding {
    match verdict {
        Verdict::Rows(_) => CallEnding::Accepted,
        Verdict::Throttled { limit, .. } => CallEnding::Throttled { limit: *limit },
        Verdict::Failed(setback) if setback.never_sent => CallEnding::NeverSent,
        _ => CallEnding::Ended,
    }
}
