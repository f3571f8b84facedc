//! One payload's way: the calls it takes, until each row has its end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use leadsquared_core::Payload;

use crate::answer::is_duplicate;
use crate::books::Books;
use crate::call::{Call, Posted};
use crate::journal::Journal;
use crate::pool::BufferPool;
use crate::quiet::Quiet;
use crate::refusals::Refusals;
use crate::send::Ended;
use crate::settle::{Refusal, Why};
use crate::stop::Stop;
use crate::{
    Ambiguous, DailyBudget, Event, Limiter, MaxRejects, RetryPolicy, StopReason, Transport,
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
    /// What the server asked of everybody who calls it.
    pub(crate) quiet: Quiet,
    /// How many calls have been answered by rows: a sign that the server is well.
    pub(crate) answered: AtomicU64,
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
            let call = posted.part(leads, true);
            let reason = "it was sent before the run was interrupted, and its answer is not known";
            self.hold(posted, &call, reason, None).await;
        }
        let fresh = posted.runs(false).into_iter();
        fresh.map(|leads| posted.part(leads, false)).collect()
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
            // Until a call gets through, it may turn out not to be the row.
            let is_final = duplicate || !self.refusals.is_open();
            let mut is_enough =
                !duplicate && self.refusals.refuse(call.leads.len(), &code, &message);
            let is_alone = call.leads.len() == 1;
            if !is_alone && !is_enough {
                if let Some(parts) = self.refusals.split(call.leads.clone()) {
                    calls.extend(parts.into_iter().map(|leads| posted.part(leads, call.lost)));
                    continue;
                }
                is_enough = !duplicate && self.refusals.leave_whole();
            }
            let left_whole = format!(
                "{message} (refused together with other rows: the budget of calls for finding the \
                 one at fault is used up)"
            );
            let refusal = Refusal {
                why: Why {
                    code: &code,
                    reason: if is_alone || is_enough {
                        &message
                    } else {
                        &left_whole
                    },
                    is_final: is_final && !is_enough,
                },
                duplicate: duplicate && is_alone,
            };
            self.settle_refused(posted, &call, &refusal).await;
            if is_enough {
                self.stop.stop(StopReason::AllRefused {
                    code: code.clone(),
                    message: message.clone(),
                });
                for call in calls.drain(..) {
                    self.settle_refused(posted, &call, &refusal).await;
                }
            }
        }
    }
}
