//! What has happened so far.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use leadsquared_adapter::Source;
use leadsquared_ledger::Totals;
use leadsquared_sink::{Outcome, RateLimit};

use super::extent::{Extent, Read};
use super::standing::Standing;

/// What has happened so far.
pub(crate) struct Counters {
    outcomes: [AtomicU64; Outcome::ALL.len()],
    /// Rows that had come to their end in an earlier part of the run.
    earlier: AtomicU64,
    throttled: AtomicU64,
    limit: Mutex<Limit>,
    read: Mutex<Read>,
}

/// The account's limit, as it is believed.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    pub(super) now: RateLimit,
    /// Whether the server taught it.
    pub(super) is_learned: bool,
}

impl Counters {
    pub(crate) fn new(extent: Extent, limit: RateLimit) -> Self {
        Self {
            outcomes: Default::default(),
            earlier: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
            limit: Mutex::new(Limit {
                now: limit,
                is_learned: false,
            }),
            read: Mutex::new(Read::new(extent)),
        }
    }

    pub(crate) fn settle(&self, outcome: Outcome) {
        if let Some(counter) = self.outcomes.get(outcome as usize) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// So many rows had come to their end before.
    pub(crate) fn settled_earlier(&self, earlier: &Totals) {
        self.earlier.fetch_add(earlier.rows(), Ordering::Relaxed);
        for outcome in Outcome::ALL {
            if let Some(counter) = self.outcomes.get(outcome as usize) {
                counter.fetch_add(earlier.of(outcome), Ordering::Relaxed);
            }
        }
    }

    pub(crate) fn throttle(&self) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn learn(&self, limit: RateLimit) {
        *lock(&self.limit) = Limit {
            now: limit,
            is_learned: true,
        };
    }

    /// The next input is read from here on.
    pub(crate) fn begin(&self, source: &Source) {
        lock(&self.read).begin(source);
    }

    /// So many rows of the current input have been read.
    pub(crate) fn read(&self, rows: u64) {
        lock(&self.read).add(rows);
    }

    /// All inputs have been read.
    pub(crate) fn end(&self) {
        lock(&self.read).end();
    }

    /// Whether all inputs have been read.
    pub(crate) fn is_ended(&self) -> bool {
        lock(&self.read).is_ended()
    }

    fn of(&self, outcome: Outcome) -> u64 {
        self.outcomes
            .get(outcome as usize)
            .map_or(0, |counter| counter.load(Ordering::Relaxed))
    }

    /// Rows that this part of the run has brought to their end.
    pub(super) fn settled(&self) -> u64 {
        let all: u64 = Outcome::ALL.map(|outcome| self.of(outcome)).iter().sum();
        all.saturating_sub(self.earlier.load(Ordering::Relaxed))
    }

    /// How the load stands, at this speed of rows a second.
    pub(super) fn standing(&self, speed: Option<f64>) -> Standing {
        Standing {
            rows: self.settled() + self.earlier.load(Ordering::Relaxed),
            total: lock(&self.read).total(),
            rejected: self.of(Outcome::Rejected),
            duplicate: self.of(Outcome::Duplicate),
            unconfirmed: self.of(Outcome::Unconfirmed),
            throttled: self.throttled.load(Ordering::Relaxed),
            limit: *lock(&self.limit),
            speed,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Counting doesn't panic, so a poisoned lock still guards whole data.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
