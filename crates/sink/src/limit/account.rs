//! All that a limiter knows of an account, and what it decides: without a clock, and without waiting.

use std::time::Duration;

use tokio::time::Instant;

use super::holds::{Holds, Terms, Ticket};
use super::share::Share;
use super::{CallEnding, EarlierCall, Lesson, RateLimit, RoundTripFloor, SlotOptions, Strategy};

#[derive(Debug)]
pub(super) struct Account {
    limit: RateLimit,
    strategy: Strategy,
    reserve: u32,
    share: Share,
    holds: Holds,
    floor: RoundTripFloor,
    last_sent: Option<Instant>,
    past: Past,
}

/// What is known of the window before our first call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Past {
    /// Nothing was sent yet.
    Ahead,
    /// Our first call was sent then: the window before it may be full of calls that we know nothing
    /// of, such as those of a process before this one.
    Unknown(Instant),
    /// A throttle told of such calls, and they were waited out; or they are long past.
    Over,
}

/// The longest that a call is waited for, whatever its time-out: time must not run over.
const LONGEST_TIMEOUT: Duration = Duration::from_hours(24);

impl Account {
    pub(super) fn new(options: SlotOptions) -> Self {
        let (limit, reserve) = (options.limit(), options.reserve());
        Self {
            limit,
            strategy: options.strategy(),
            reserve,
            share: Share::new(most(limit, reserve)),
            holds: Holds::default(),
            floor: RoundTripFloor::default(),
            last_sent: None,
            past: Past::Ahead,
        }
    }

    pub(super) fn limit(&self) -> RateLimit {
        self.limit
    }

    pub(super) fn slots_in_use(&self, now: Instant) -> usize {
        self.holds.taken(now, self.terms())
    }

    /// Takes a slot, or tells when to look again.
    pub(super) fn take(&mut self, now: Instant, timeout: Duration) -> Result<Ticket, Instant> {
        let most = most(self.limit, self.reserve);
        self.share.probe(now, most);
        let share = self.share.calls() as usize;
        let window = self.limit.per();
        self.holds.forget(now, window, share);
        self.room(now, share).map_err(|at| {
            let probe = self.share.next_probe(most);
            probe.map_or(at, |probe| at.min(probe))
        })?;
        self.last_sent = Some(now);
        if self.past == Past::Ahead {
            self.past = Past::Unknown(now);
        }
        Ok(self.holds.send(now, timeout.min(LONGEST_TIMEOUT)))
    }

    fn room(&mut self, now: Instant, share: usize) -> Result<(), Instant> {
        let pace = self.share.pace(now, self.limit.per());
        match self.last_sent.map(|last| last + pace) {
            Some(at) if at > now => Err(at),
            _ => self.holds.room(now, share, self.terms()),
        }
    }

    /// Writes down how a call ended, and learns from it.
    pub(super) fn end(&mut self, now: Instant, ticket: Ticket, ending: CallEnding) -> Lesson {
        let sent = self.holds.end(ticket, now, ending);
        match ending {
            CallEnding::Accepted => self.floor.record(now - sent),
            CallEnding::Throttled { limit } => return self.learn(now, sent, limit),
            CallEnding::Ended | CallEnding::NeverSent => {}
        }
        Lesson::default()
    }

    pub(super) fn seed(&mut self, now: Instant, earlier: &[EarlierCall]) {
        for call in earlier {
            let still = call.still_counted_for.min(LONGEST_TIMEOUT);
            // A clock that doesn't reach back so far knows no better than now.
            let counted_by = (now + still).checked_sub(call.since_counted);
            let counted_by = counted_by.unwrap_or(now + still);
            if counted_by + self.limit.per() > now {
                self.holds.seed(now, counted_by);
            }
        }
    }

    /// What a throttled call says about the limit, and about others.
    fn learn(&mut self, now: Instant, sent: Instant, named: Option<RateLimit>) -> Lesson {
        let real = named.unwrap_or(self.limit);
        let calls = real.calls().get() as usize;
        let possible = self.holds.possible(sent, now, real.per());
        let ours = possible
            .filter(|possible| *possible < calls)
            .map(|_| self.holds.accepted(sent, real.per()));
        let lower = named.filter(|named| is_lower(*named, self.limit));
        if let Some(limit) = lower {
            let most = most(limit, self.reserve);
            self.share.go_over(self.limit.per(), limit.per(), most);
            self.limit = limit;
        }
        let ours = ours.filter(|_| !self.is_of_the_past(now, sent));
        Lesson {
            limit: lower,
            share: self.share.throttled(now, sent, ours),
        }
    }

    /// Whether a throttle that our calls can't explain may be due to calls from before our first one.
    ///
    /// Then the window is taken for full of them, once: all slots are free again a window from now.
    /// What is throttled after that is due to somebody who still calls.
    fn is_of_the_past(&mut self, now: Instant, sent: Instant) -> bool {
        let Past::Unknown(began) = self.past else {
            return false;
        };
        self.past = Past::Over;
        let window = self.limit.per();
        if sent >= began + window {
            return false;
        }
        for _ in 0..self.limit.calls().get() {
            self.holds.seed(now, now);
        }
        true
    }

    fn terms(&self) -> Terms {
        Terms {
            window: self.limit.per(),
            floor: match self.strategy {
                Strategy::Balanced => self.floor.get(),
                Strategy::Strict => Duration::ZERO,
            },
        }
    }
}

/// How many calls of a window can be ours: one is, whatever is reserved.
fn most(limit: RateLimit, reserve: u32) -> u32 {
    limit.calls().get().saturating_sub(reserve).max(1)
}

/// Whether a limit allows fewer calls a second; or as many, and fewer at once.
fn is_lower(limit: RateLimit, than: RateLimit) -> bool {
    let times =
        |calls: RateLimit, per: RateLimit| u128::from(calls.calls().get()) * per.per().as_nanos();
    let (calls, believed) = (times(limit, than), times(than, limit));
    calls < believed || calls == believed && limit.calls() < than.calls()
}

#[cfg(test)]
mod tests;
