//! The account's rate limit. The contract says `25 in 5 second(s)` but not how the server counts,
//! so each plausible way is here. Time is an input: a limiter never reads a clock.

mod fixed_window;
mod sliding_window;
mod token_bucket;

use std::time::{Duration, Instant};

use fixed_window::FixedWindow;
use sliding_window::SlidingWindow;
use token_bucket::TokenBucket;

use crate::names::named;

/// How the server counts calls against the account's limit of N calls in S seconds.
///
/// The contract does not say. The default is the strictest, [`SlidingWindow`](Self::SlidingWindow):
/// a client that it never throttles, the other two never throttle either.
///
/// ```
/// use leadsquared_emulator::Algorithm;
///
/// assert_eq!("token-bucket".parse::<Algorithm>()?, Algorithm::TokenBucket);
/// assert_eq!(Algorithm::default().to_string(), "sliding-window");
/// # Ok::<(), leadsquared_emulator::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// No more than N calls arrive in any S seconds, wherever they begin.
    #[default]
    SlidingWindow,
    /// Time is cut in windows of S seconds from the server's start; each takes N calls.
    FixedWindow,
    /// A bucket of N tokens, full at the start, that gains N tokens in S seconds, evenly. A call
    /// takes one.
    TokenBucket,
}

named!(Algorithm, "algorithm", {
    SlidingWindow => "sliding-window",
    FixedWindow => "fixed-window",
    TokenBucket => "token-bucket",
});

/// Counts calls.
pub(crate) trait Limiter: Send {
    /// A call that arrives at `now`: accepted, or refused with the time after which a call would
    /// be accepted if none came before.
    fn take(&mut self, now: Instant) -> Result<(), Duration>;
}

/// The account's limit and how it is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quota {
    pub(crate) calls: u32,
    pub(crate) window: Duration,
    pub(crate) algorithm: Algorithm,
    pub(crate) refused_count: bool,
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            calls: 25,
            window: Duration::from_secs(5),
            algorithm: Algorithm::default(),
            refused_count: false,
        }
    }
}

impl Quota {
    /// The counter for this quota, for a server that starts at `start`.
    pub(crate) fn limiter(self, start: Instant) -> Box<dyn Limiter> {
        match self.algorithm {
            Algorithm::SlidingWindow => Box::new(SlidingWindow::new(self)),
            Algorithm::FixedWindow => Box::new(FixedWindow::new(self, start)),
            Algorithm::TokenBucket => Box::new(TokenBucket::new(self, start)),
        }
    }
}

#[cfg(test)]
mod testing {
    use super::{Algorithm, Duration, Instant, Limiter, Quota};

    /// A limit of `calls` in 5 s.
    pub(super) fn quota(algorithm: Algorithm, calls: u32, refused_count: bool) -> Quota {
        Quota {
            calls,
            window: Duration::from_secs(5),
            algorithm,
            refused_count,
        }
    }

    /// What a limiter says to calls at these milliseconds: `None` for accepted, else the wait in
    /// milliseconds.
    pub(super) fn answers(
        limiter: &mut dyn Limiter,
        start: Instant,
        millis: &[u64],
    ) -> Vec<Option<u128>> {
        millis
            .iter()
            .map(|ms| {
                let now = start + Duration::from_millis(*ms);
                limiter.take(now).err().map(|wait| wait.as_millis())
            })
            .collect()
    }
}
