//! What a process knows, and with whom it counts.

use std::time::Duration;

use leadsquared_sink::{Limiter as _, RateLimit, RoundTripFloor, SlotLimiter};
use redis::aio::MultiplexedConnection;
use tokio::time::Instant;

use crate::calls::Calls;
use crate::script::Reply;
use crate::server::PATIENCE;

/// How long a failed look for Redis lets us count by ourselves.
///
/// Looks are a second apart. A process that was halted for longer may have missed that all others
/// went back to Redis: it looks before it calls.
const LOOK_HOLDS: Duration = Duration::from_millis(1_500);

pub(crate) struct State {
    pub(crate) mode: Mode,
    /// Goes up whenever the mode changes, so that late news is told from news.
    pub(crate) epoch: u64,
    /// The account's limit: the lowest that we were told of.
    pub(crate) limit: RateLimit,
    /// How many slots were taken when Redis last told.
    pub(crate) taken: usize,
    pub(crate) floor: RoundTripFloor,
    pub(crate) calls: Calls,
}

/// With whom we count.
pub(crate) enum Mode {
    /// With all others, in Redis.
    Shared(MultiplexedConnection),
    /// By ourselves, since Redis is gone.
    Alone(Alone),
    /// With nobody: our calls are in Redis, and others may still count by themselves.
    Returning(MultiplexedConnection),
}

/// What it takes to count by ourselves.
pub(crate) struct Alone {
    /// The first call is not before.
    quiet_until: Instant,
    /// When Redis was last looked for.
    looked: Instant,
    limiter: Option<SlotLimiter>,
}

/// What somebody who wants a slot does next.
pub(crate) enum Step {
    Ask {
        connection: MultiplexedConnection,
        epoch: u64,
        number: u64,
    },
    TakeOwn {
        limiter: SlotLimiter,
        epoch: u64,
    },
    WaitUntil(Instant),
    WaitForChange,
}

impl Alone {
    /// From now on, after a time of quiet.
    ///
    /// Calls that Redis granted, to us or to others, may have been sent until now, and one that is
    /// sent is taken to be counted within a window. So after two windows no window has both one of
    /// them and one of ours. An answer of Redis may have been underway for our patience.
    pub(crate) fn after_quiet(window: Duration) -> Self {
        let now = Instant::now();
        Self {
            quiet_until: now + 2 * window + PATIENCE,
            looked: now,
            limiter: None,
        }
    }

    pub(crate) fn looked(&mut self) {
        self.looked = Instant::now();
    }

    fn looked_lately(&self) -> bool {
        self.looked.elapsed() <= LOOK_HOLDS
    }
}

impl State {
    /// The next step; `own` makes the limiter that counts our share.
    pub(crate) fn step(&mut self, own: impl FnOnce(RateLimit) -> Option<SlotLimiter>) -> Step {
        let epoch = self.epoch;
        match &mut self.mode {
            Mode::Shared(connection) => Step::Ask {
                connection: connection.clone(),
                epoch,
                number: self.calls.number(),
            },
            Mode::Returning(_) => Step::WaitForChange,
            Mode::Alone(alone) => {
                if alone.quiet_until > Instant::now() {
                    return Step::WaitUntil(alone.quiet_until);
                }
                if !alone.looked_lately() {
                    return Step::WaitForChange;
                }
                if alone.limiter.is_none() {
                    alone.limiter = own(self.limit);
                    if let Some(limiter) = &alone.limiter {
                        limiter.seed(&self.calls.for_ourselves());
                    }
                }
                match &alone.limiter {
                    Some(limiter) => Step::TakeOwn {
                        limiter: limiter.clone(),
                        epoch,
                    },
                    None => Step::WaitForChange,
                }
            }
        }
    }

    /// Whether a slot of our own may be used now that it is here.
    pub(crate) fn own_holds(&self, epoch: u64) -> bool {
        matches!(&self.mode, Mode::Alone(alone) if alone.looked_lately()) && self.epoch == epoch
    }

    /// The connection, if there is one.
    pub(crate) fn connection(&self) -> Option<MultiplexedConnection> {
        match &self.mode {
            Mode::Shared(connection) | Mode::Returning(connection) => Some(connection.clone()),
            Mode::Alone(_) => None,
        }
    }

    pub(crate) fn enter(&mut self, mode: Mode) {
        self.mode = mode;
        self.epoch += 1;
    }

    /// Takes over what Redis told; the limit, if it is another one than before.
    pub(crate) fn told(&mut self, reply: &Reply) -> Option<RateLimit> {
        self.taken = reply.taken;
        // Replies may overtake each other, and a limit never rises.
        let holds = |limit: &RateLimit| {
            *limit != self.limit && limit.calls_per_second() <= self.limit.calls_per_second()
        };
        let limit = reply.limit.filter(holds)?;
        self.limit = limit;
        Some(limit)
    }

    /// Takes over a lower limit while we count by ourselves; whether it was.
    pub(crate) fn learn_alone(&mut self, limit: RateLimit) -> bool {
        let lower = limit.calls_per_second() < self.limit.calls_per_second();
        if lower {
            self.limit = limit;
            if let Mode::Alone(alone) = &mut self.mode {
                // The next one has our share of the new limit; who waits for the old one is late.
                alone.limiter = None;
                self.epoch += 1;
            }
        }
        lower
    }

    /// How many slots are taken, as far as we know.
    pub(crate) fn slots_in_use(&self) -> usize {
        match &self.mode {
            Mode::Alone(Alone {
                limiter: Some(limiter),
                ..
            }) => limiter.slots_in_use(),
            _ => self.taken,
        }
    }
}
