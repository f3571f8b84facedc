//! Who holds a slot, and until when: the book of an account's calls.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::CallEnding;

/// The number of a call in the book.
pub(super) type Ticket = u64;

/// Every call that the server may still count, and those before it that explain a throttle.
///
/// Nothing is decided when a call ends: what it holds follows from the window and the floor at each
/// use, so that a longer window or a shorter round trip acts at once on all calls in the book.
#[derive(Debug, Default)]
pub(super) struct Holds {
    /// In the order of their tickets, without a gap.
    calls: VecDeque<Call>,
    /// The ticket of the first of them.
    first: Ticket,
    /// Calls that were counted up to then are not all in the book any more.
    forgotten: Option<Instant>,
    /// Memory to sort in.
    free_at: Vec<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Call {
    sent: Instant,
    /// The latest moment at which the server can have counted it.
    counted_by: Instant,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// On its way, given up, or an earlier process's: all that is known is when it was counted at
    /// the latest.
    Open,
    Accepted,
    Ended,
    Throttled,
    NeverSent,
}

/// When slots are free again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) window: Duration,
    /// How much earlier than a window after its answer an accepted call's slot is free.
    pub(super) floor: Duration,
}

/// How long calls are remembered beyond the window, for a throttle that they may explain and for a
/// longer window that may be learned.
const REMEMBERED: Duration = Duration::from_mins(1);

/// How many calls are remembered at least, if they are not older than that: a limit of so many calls
/// in a longer window can be learned without forgetting one that counts.
const FEWEST: usize = 240;

impl Call {
    fn free_at(&self, terms: Terms) -> Instant {
        match self.state {
            State::NeverSent => self.sent,
            // The floor is no more than this call's own round trip: never before a window has
            // passed since the send.
            State::Accepted => self.counted_by + terms.window.saturating_sub(terms.floor),
            State::Open | State::Ended | State::Throttled => self.counted_by + terms.window,
        }
    }

    /// Whether the server may have taken it for one of those that fill a window.
    fn fills(&self) -> bool {
        !matches!(self.state, State::NeverSent | State::Throttled)
    }
}

impl Holds {
    /// A call that is sent now, and can be counted for as long as its time-out.
    pub(super) fn send(&mut self, now: Instant, timeout: Duration) -> Ticket {
        self.push(now, now + timeout, State::Open)
    }

    /// A call that an earlier process sent.
    pub(super) fn seed(&mut self, now: Instant, counted_by: Instant) {
        self.push(now.min(counted_by), counted_by, State::Open);
    }

    /// Writes down how a call ended, and says when it was sent.
    pub(super) fn end(&mut self, ticket: Ticket, now: Instant, ending: CallEnding) -> Instant {
        let state = match ending {
            CallEnding::Accepted => State::Accepted,
            CallEnding::Ended => State::Ended,
            CallEnding::Throttled { .. } => State::Throttled,
            CallEnding::NeverSent => State::NeverSent,
        };
        let index = ticket
            .checked_sub(self.first)
            .and_then(|index| usize::try_from(index).ok());
        if let Some(call) = index.and_then(|index| self.calls.get_mut(index)) {
            call.counted_by = now;
            call.state = state;
            return call.sent;
        }
        // It outlived its time-out by so much that it was forgotten: it holds a slot all the same.
        self.push(now, now, state);
        now
    }

    /// How many slots are taken.
    pub(super) fn taken(&self, now: Instant, terms: Terms) -> usize {
        let taken = |call: &&Call| call.free_at(terms) > now;
        self.calls.iter().filter(taken).count()
    }

    /// Whether fewer than `share` slots are taken; else when that may be so.
    pub(super) fn room(&mut self, now: Instant, share: usize, terms: Terms) -> Result<(), Instant> {
        if self.calls.len() < share {
            return Ok(());
        }
        let held = self.calls.iter().map(|call| call.free_at(terms));
        self.free_at.clear();
        self.free_at.extend(held.filter(|free_at| *free_at > now));
        let Some(above) = self.free_at.len().checked_sub(share) else {
            return Ok(());
        };
        let (_, free_at, _) = self.free_at.select_nth_unstable(above);
        Err(*free_at)
    }

    /// The most of our calls that can have filled the window in which a call was throttled that was
    /// sent and answered then; `None` if the book doesn't reach back so far.
    ///
    /// The server looked at some moment between send and answer, at the window that ended there. A
    /// call can have been counted in it if it was sent by that moment and the latest moment of its
    /// own counting lies within the window. What is throttled itself doesn't fill a window, and what
    /// was never sent neither; all else may, whatever its end. The most over all such moments is
    /// reached at the send or when another call was sent, as only then the number goes up.
    pub(super) fn possible(
        &self,
        sent: Instant,
        answered: Instant,
        window: Duration,
    ) -> Option<usize> {
        if self.forgotten.is_some_and(|until| until + window > sent) {
            return None;
        }
        let filling = || self.calls.iter().filter(|call| call.fills());
        let at = |moment: Instant| {
            filling()
                .filter(|call| call.sent <= moment && call.counted_by + window > moment)
                .count()
        };
        let between = filling()
            .map(|call| call.sent)
            .filter(|other| *other > sent && *other <= answered);
        std::iter::once(sent).chain(between).map(at).max()
    }

    /// How many accepted calls may have been in the window in which a call was throttled that was
    /// sent then.
    pub(super) fn accepted(&self, sent: Instant, window: Duration) -> usize {
        let inside =
            |call: &&Call| call.state == State::Accepted && call.counted_by + window > sent;
        self.calls.iter().filter(inside).count()
    }

    /// Forgets the oldest calls that hold nothing and explain nothing any more.
    pub(super) fn forget(&mut self, now: Instant, window: Duration, share: usize) {
        let most = share.saturating_mul(4).max(FEWEST);
        while let Some(oldest) = self.calls.front().copied() {
            let expired = oldest.counted_by + window <= now;
            let old = oldest.counted_by + window + REMEMBERED <= now;
            if !(old || expired && self.calls.len() > most) {
                return;
            }
            self.calls.pop_front();
            self.first += 1;
            if oldest.fills() {
                self.forgotten = self.forgotten.max(Some(oldest.counted_by));
            }
        }
    }

    fn push(&mut self, sent: Instant, counted_by: Instant, state: State) -> Ticket {
        self.calls.push_back(Call {
            sent,
            counted_by,
            state,
        });
        self.first + self.calls.len() as Ticket - 1
    }
}

#[cfg(test)]
mod tests;
