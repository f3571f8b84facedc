//! The slot limiter: no window ever holds more calls than the account allows.
//!
//! An account of *L* calls in *W* has *L* slots. A call takes a slot when it is sent and gives it
//! back at its answer + *W*: *W* after the latest moment at which the server can have counted it.
//! Whatever moment between send and answer the server counts, no window of *W* holds more than *L*
//! calls. A log of send times can't promise that: two calls 5.00 s apart at the sender may arrive
//! 4.98 s apart.
//!
//! Here is the waiting; what is waited for is decided by an account's books.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Mutex as Turnstile, Notify};
use tokio::time::{Instant, sleep_until};

use super::account::Account;
use super::holds::Ticket;
use super::{
    CallEnding, EarlierCall, Lease, Lesson, Limiter, RateLimit, Slot, SlotOptions, Urgency,
};

/// One account's rate limit, shared by everything that calls it.
///
/// It takes over a lower limit that the server names, and gives way when a throttle proves that
/// others use the account: then it keeps to a share of the limit, and looks every now and then whether
/// there is more. See [`SlotOptions`] for what it can be told.
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
    state: Mutex<State>,
    /// Somebody's wait may be over earlier than they think.
    changed: Notify,
    in_turn: Turnstile<()>,
    first: Turnstile<()>,
}

#[derive(Debug)]
struct State {
    account: Account,
    /// How many callers with [`Urgency::First`] wait.
    urgent: usize,
}

impl SlotLimiter {
    /// A limiter for an account that nobody has called within the window.
    #[must_use]
    pub fn new(limit: RateLimit) -> Self {
        Self::with_options(SlotOptions::new(limit))
    }

    /// As [`new`](Self::new), with more to say about the account.
    #[must_use]
    pub fn with_options(options: SlotOptions) -> Self {
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(State {
                    account: Account::new(options),
                    urgent: 0,
                }),
                changed: Notify::new(),
                in_turn: Turnstile::new(()),
                first: Turnstile::new(()),
            }),
        }
    }
}

/// The contract page's limit.
impl Default for SlotLimiter {
    fn default() -> Self {
        Self::new(RateLimit::default())
    }
}

#[async_trait]
impl Limiter for SlotLimiter {
    fn limit(&self) -> RateLimit {
        self.shared.lock().account.limit()
    }

    fn slots_in_use(&self) -> usize {
        self.shared.lock().account.slots_in_use(Instant::now())
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
                let mut state = shared.lock();
                // Those in turn wait for the urgent ones, however long they take.
                (urgency == Urgency::First || state.urgent == 0)
                    .then(|| state.account.take(Instant::now(), timeout))
            };
            match attempt {
                Some(Ok(ticket)) => {
                    return Slot::new(Box::new(Ticketed {
                        shared: Arc::clone(shared),
                        ticket,
                    }));
                }
                Some(Err(again)) => tokio::select! {
                    () = sleep_until(again) => {}
                    () = changed => {}
                },
                None => changed.await,
            }
        }
    }

    fn seed(&self, earlier: &[EarlierCall]) {
        self.shared.lock().account.seed(Instant::now(), earlier);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held, so a poisoned lock still guards whole data.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
        let now = Instant::now();
        let lesson = self.shared.lock().account.end(now, self.ticket, ending);
        self.shared.changed.notify_waiters();
        lesson
    }
}

#[cfg(test)]
mod tests;
