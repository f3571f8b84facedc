//! The books: every row is in exactly one column.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use leadsquared_core::{Rejected, Rejection};
use tokio::time::Instant;

use crate::{Content, Event, Observer, Outcome, RateLimit, RowReport, SettledRow, meters};

/// What became of everything a sink was given.
///
/// `read` is the sum of the six outcomes whenever the sink is closed; while it runs, rows that have
/// no outcome yet are only in `read`.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Rows that the sink was given.
    pub read: u64,
    /// Leads the server created, each with its id.
    pub created: u64,
    /// Leads created by an attempt whose answer never came.
    pub created_earlier: u64,
    /// Rows whose unique field the server has already.
    pub duplicate: u64,
    /// Rows that can't be leads.
    pub rejected: u64,
    /// Rows that were sent without a sure answer.
    pub unconfirmed: u64,
    /// Rows that were never sent.
    pub not_sent: u64,
    /// Calls made, retries and throttled ones included.
    pub calls: u64,
    /// Calls that the server refused because of the rate limit.
    pub throttled: u64,
    /// Calls that repeated one which failed in a way that passes.
    pub retried: u64,
    /// From the sink's first row to its last answer.
    pub elapsed: Duration,
    /// The account's limit, as known at the end.
    pub limit: RateLimit,
}

impl Summary {
    /// Whether every row that was read has exactly one outcome.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.read
            == Outcome::ALL
                .into_iter()
                .map(|outcome| self.of(outcome))
                .sum::<u64>()
    }

    /// How many rows have this outcome.
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> u64 {
        match outcome {
            Outcome::Created => self.created,
            Outcome::CreatedEarlier => self.created_earlier,
            Outcome::Duplicate => self.duplicate,
            Outcome::Rejected => self.rejected,
            Outcome::Unconfirmed => self.unconfirmed,
            Outcome::NotSent => self.not_sent,
        }
    }

    /// Whether every row's lead is in the account because of this load.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.created + self.created_earlier == self.read
    }

    /// Leads created a second; 0 before any time has passed.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    pub fn leads_per_second(&self) -> f64 {
        match self.elapsed.as_secs_f64() {
            0.0 => 0.0,
            seconds => self.created as f64 / seconds,
        }
    }

    /// Accepted calls as a share of what the limit allows in the time, from 0 to 1.
    ///
    /// A run shorter than one window is measured against that window.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share for people")]
    pub fn limit_utilisation(&self) -> f64 {
        let windows = (self.elapsed.as_secs_f64() / self.limit.per().as_secs_f64()).max(1.0);
        let allowed = windows * f64::from(self.limit.calls().get());
        ((self.calls - self.throttled) as f64 / allowed).min(1.0)
    }
}

/// The running books, and the observer that sees each entry.
pub(crate) struct Books {
    counts: Mutex<Counts>,
    observer: Arc<dyn Observer>,
}

#[derive(Default)]
struct Counts {
    read: u64,
    outcomes: [u64; Outcome::ALL.len()],
    calls: u64,
    throttled: u64,
    retried: u64,
    span: Option<(Instant, Instant)>,
}

impl Books {
    pub(crate) fn new(observer: Arc<dyn Observer>) -> Self {
        Self {
            counts: Mutex::default(),
            observer,
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Counting doesn't panic, so a poisoned lock still guards whole data.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn read(&self, rows: usize) {
        let mut counts = self.counts();
        counts.read += rows as u64;
        counts.touch();
    }

    pub(crate) fn called(&self, again: bool) {
        let mut counts = self.counts();
        counts.calls += 1;
        counts.retried += u64::from(again);
    }

    pub(crate) fn throttled(&self) {
        self.counts().throttled += 1;
    }

    pub(crate) fn event(&self, event: &Event<'_>) {
        self.observer.event(event);
    }

    /// Writes down the end of one row.
    pub(crate) fn settle(&self, report: &RowReport<'_>) {
        {
            let mut counts = self.counts();
            counts.outcomes[report.outcome as usize] += 1;
            counts.touch();
        }
        meters::lead(report.outcome);
        self.observer.row(report);
    }

    /// Writes down the end of a row whose lead is known.
    pub(crate) fn settle_lead(&self, settled: &SettledRow, lead: &[u8]) {
        self.settle(&RowReport {
            row: settled.row.clone(),
            outcome: settled.outcome,
            lead_id: settled.lead_id.as_deref(),
            code: settled.code.as_deref(),
            reason: settled.reason.as_deref(),
            content: Content::Lead(lead),
        });
    }

    /// How many rows were rejected, and how many have come to their end.
    pub(crate) fn rejected(&self) -> (u64, u64) {
        let counts = self.counts();
        (
            counts.outcomes[Outcome::Rejected as usize],
            counts.outcomes.iter().sum(),
        )
    }

    /// Writes down a row that was rejected before any call.
    pub(crate) fn reject(&self, rejection: &Rejection) {
        self.settle(&RowReport {
            row: rejection.row.clone(),
            outcome: Outcome::Rejected,
            lead_id: None,
            code: Some(rejection.error.code()),
            reason: Some(&rejection.error.to_string()),
            content: match &rejection.content {
                Rejected::Lead(lead) => Content::Lead(lead),
                Rejected::Raw(raw) => Content::Raw(raw),
            },
        });
    }

    pub(crate) fn summary(&self, limit: RateLimit) -> Summary {
        let counts = self.counts();
        let of = |outcome: Outcome| counts.outcomes[outcome as usize];
        Summary {
            read: counts.read,
            created: of(Outcome::Created),
            created_earlier: of(Outcome::CreatedEarlier),
            duplicate: of(Outcome::Duplicate),
            rejected: of(Outcome::Rejected),
            unconfirmed: of(Outcome::Unconfirmed),
            not_sent: of(Outcome::NotSent),
            calls: counts.calls,
            throttled: counts.throttled,
            retried: counts.retried,
            elapsed: counts
                .span
                .map(|(first, last)| last - first)
                .unwrap_or_default(),
            limit,
        }
    }
}

impl Counts {
    fn touch(&mut self) {
        let now = Instant::now();
        self.span = Some((self.span.map_or(now, |(first, _)| first), now));
    }
}
