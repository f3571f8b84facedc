//! The slot limiter: no window ever holds more calls than the account allows.
//!
//! An account of *L* calls in *W* has *L* slots. A call takes a slot when it is sent and gives it
//! back at its response + *W*: *W* after the latest moment at which the server can have counted it.
//! Whatever moment between send and response the server counts, no window of *W* holds more than *L*
//! calls. A log of send times can't promise that: two calls 5.00 s apart at the sender may arrive
//! 4.98 s apart.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Mutex as Turnstile, Notify};
use tokio::time::{Instant, sleep_until};

use super::{
    CallEnding, EarlierCall, Lease, Lesson, Limiter, RateLimit, Slot, SlotOptions, Urgency,
};

/// One account's rate limit, shared by everything that calls it.
///
/// Clones share the slots: give the same limiter to every sink that uses the account. Waiting is
/// first come, first served, but for [`Urgency::First`]. Cancelling a wait is safe; dropping a
/// [`Slot`] without [`completing`](Slot::complete) it frees nothing early.
///
/// ```
/// # use std::time::Duration;
/// use leadsquared_sink::{CallEnding, Limiter, RateLimit, SlotLimiter, Urgency};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let limiter = SlotLimiter::new(RateLimit::default());
/// let slot = limiter.acquire(Urgency::InTurn, Duration::from_secs(30)).await;
/// // … post the call …
/// slot.complete(CallEnding::Accepted).await; // the slot is free again about 5 s from now
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SlotLimiter {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    slots: Mutex<Slots>,
    /// Somebody's wait may be over earlier than they think.
    changed: Notify,
    in_turn: Turnstile<()>,
    first: Turnstile<()>,
}

#[derive(Debug)]
struct Slots {
    limit: RateLimit,
    /// When each slot is free again, and who may still change that.
    taken: Vec<(Instant, Ticket)>,
    next_ticket: Ticket,
    next_send: Instant,
    /// How many callers with [`Urgency::First`] wait.
    urgent: usize,
}

type Ticket = u64;

impl SlotLimiter {
    /// A limiter for an account that nobody has called within the window.
    #[must_use]
    pub fn new(limit: RateLimit) -> Self {
        Self::with_options(SlotOptions::new(limit))
    }

    /// As [`new`](Self::new), with more to say about the account.
    #[must_use]
    pub fn with_options(options: SlotOptions) -> Self {
        let limit = options.limit();
        let now = Instant::now();
        let taken = vec![(now, 0); limit.calls().get() as usize];
        let slots = Slots {
            limit,
            taken,
            next_ticket: 1,
            next_send: now,
            urgent: 0,
        };
        Self {
            shared: Arc::new(Shared {
                slots: Mutex::new(slots),
                changed: Notify::new(),
                in_turn: Turnstile::new(()),
                first: Turnstile::new(()),
            }),
        }
    }
}

#[async_trait]
impl Limiter for SlotLimiter {
    fn limit(&self) -> RateLimit {
        self.shared.lock().limit
    }

    fn slots_in_use(&self) -> usize {
        let now = Instant::now();
        let slots = self.shared.lock();
        slots
            .taken
            .iter()
            .filter(|(free_at, _)| *free_at > now)
            .count()
    }

    async fn acquire(&self, urgency: Urgency, timeout: Duration) -> Slot {
        let shared = &self.shared;
        let (_urgent, _turn) = match urgency {
            Urgency::First => (Some(Urgent::new(shared)), shared.first.lock().await),
            Urgency::InTurn => (None, shared.in_turn.lock().await),
        };
        loop {
            let changed = shared.changed.notified();
            let mut changed = std::pin::pin!(changed);
            changed.as_mut().enable();
            let attempt = {
                let mut slots = shared.lock();
                // Those in turn wait for the urgent ones, however long they take.
                (urgency == Urgency::First || slots.urgent == 0)
                    .then(|| slots.take(Instant::now(), timeout))
            };
            match attempt {
                Some(Ok(ticket)) => {
                    return Slot::new(Box::new(Ticketed {
                        shared: Arc::clone(shared),
                        ticket,
                    }));
                }
                Some(Err(free_at)) => tokio::select! {
                    () = sleep_until(free_at) => {}
                    () = changed => {}
                },
                None => changed.await,
            }
        }
    }

    fn seed(&self, _earlier: &[EarlierCall]) {}
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Slots> {
        // Nothing panics while it is held, so a poisoned lock still guards whole data.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    /// Takes the slot that is free the longest, or tells when to look again.
    fn take(&mut self, now: Instant, timeout: Duration) -> Result<Ticket, Instant> {
        let lease = now + timeout + self.limit.per();
        let ticket = self.next_ticket;
        let Some(slot) = self.taken.iter_mut().min_by_key(|(free_at, _)| *free_at) else {
            return Err(lease);
        };
        let earliest = slot.0.max(self.next_send);
        if earliest > now {
            return Err(earliest);
        }
        *slot = (lease, ticket);
        self.next_ticket += 1;
        self.next_send = now + self.limit.pace();
        Ok(ticket)
    }

    /// Sets when a call's slot is free; a slot that a lower limit took away has none to set.
    fn release(&mut self, ticket: Ticket, free_at: Instant) {
        if let Some(slot) = self
            .taken
            .iter_mut()
            .find(|(_, taken_by)| *taken_by == ticket)
        {
            *slot = (free_at, 0);
        }
    }

    /// Takes over a limit that the server named, if it is lower; true if it was.
    fn learn(&mut self, limit: RateLimit) -> bool {
        let lower = limit.calls_per_second() < self.limit.calls_per_second();
        if lower {
            self.lower(limit);
        }
        lower
    }

    /// Keeps the slots that are taken the longest, each for as long as the longer window asks.
    fn lower(&mut self, limit: RateLimit) {
        self.taken
            .sort_unstable_by_key(|(free_at, _)| std::cmp::Reverse(*free_at));
        let calls = limit.calls().get() as usize;
        let longer = limit.per().saturating_sub(self.limit.per());
        for (free_at, _) in &mut self.taken {
            *free_at += longer;
        }
        let now = Instant::now();
        self.taken.resize(calls, (now, 0));
        self.limit = limit;
    }
}

/// Counts a caller among the urgent ones for as long as it waits.
struct Urgent<'a>(&'a Shared);

impl<'a> Urgent<'a> {
    fn new(shared: &'a Shared) -> Self {
        shared.lock().urgent += 1;
        Self(shared)
    }
}

impl Drop for Urgent<'_> {
    fn drop(&mut self) {
        self.0.lock().urgent -= 1;
        self.0.changed.notify_waiters();
    }
}

/// A call's hold on its slot.
struct Ticketed {
    shared: Arc<Shared>,
    ticket: Ticket,
}

#[async_trait]
impl Lease for Ticketed {
    async fn complete(self: Box<Self>, ending: CallEnding) -> Lesson {
        let mut slots = self.shared.lock();
        let free_at = Instant::now() + slots.limit.per();
        slots.release(self.ticket, free_at);
        let learned = match ending {
            CallEnding::Throttled { limit: Some(limit) } => slots.learn(limit).then_some(limit),
            _ => None,
        };
        drop(slots);
        self.shared.changed.notify_waiters();
        Lesson {
            limit: learned,
            share: None,
        }
    }
}

#[cfg(test)]
mod tests;
