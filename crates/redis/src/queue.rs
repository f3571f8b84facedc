//! Who of this process asks for the next slot.

use std::sync::atomic::{AtomicUsize, Ordering};

use leadsquared_sink::Urgency;
use tokio::sync::{Mutex, MutexGuard, Notify};

/// First come, first served, but for the urgent.
///
/// At most one of those in turn and one of the urgent are before the counter; [`Turn::may_ask`] lets
/// the urgent one ask, so that a process has one question at a time.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    in_turn: Mutex<()>,
    first: Mutex<()>,
    counter: Mutex<()>,
    /// How many of the urgent wait.
    urgent: AtomicUsize,
    /// Somebody's wait may be over earlier than they think.
    pub(crate) changed: Notify,
}

/// A place before the counter.
pub(crate) struct Turn<'a> {
    queue: &'a Queue,
    urgency: Urgency,
    // Dropped in this order: who is next finds the urgent counted right.
    _urgent: Option<Urgent<'a>>,
    _place: MutexGuard<'a, ()>,
}

impl Queue {
    pub(crate) async fn turn(&self, urgency: Urgency) -> Turn<'_> {
        let (urgent, place) = match urgency {
            Urgency::First => (Some(Urgent::new(self)), self.first.lock().await),
            Urgency::InTurn => (None, self.in_turn.lock().await),
        };
        Turn {
            queue: self,
            urgency,
            _urgent: urgent,
            _place: place,
        }
    }
}

impl<'a> Turn<'a> {
    /// The counter, for one question; `None` while somebody urgent waits and we are not.
    pub(crate) async fn may_ask(&self) -> Option<MutexGuard<'a, ()>> {
        let counter = self.queue.counter.lock().await;
        let ours = self.urgency == Urgency::First || self.queue.urgent.load(Ordering::SeqCst) == 0;
        ours.then_some(counter)
    }
}

/// Counts somebody among the urgent for as long as they wait.
struct Urgent<'a>(&'a Queue);

impl<'a> Urgent<'a> {
    fn new(queue: &'a Queue) -> Self {
        queue.urgent.fetch_add(1, Ordering::SeqCst);
        Self(queue)
    }
}

impl Drop for Urgent<'_> {
    fn drop(&mut self) {
        self.0.urgent.fetch_sub(1, Ordering::SeqCst);
        self.0.changed.notify_waiters();
    }
}
