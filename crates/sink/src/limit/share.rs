//! What is left to us of the account's limit, when others use it too.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

/// How many calls of each window are ours.
///
/// It goes down at once, when a throttle proves that somebody else is on the account, and up by one
/// call at a time, when there was no throttle for a while. Each such step is a probe, on trial for as
/// long as was waited for it; a throttle in that time takes it back and doubles the wait.
#[derive(Debug)]
pub(super) struct Share {
    calls: u32,
    /// When it was lowered last: what was sent before says nothing about the share since.
    lowered: Option<Instant>,
    throttled: Option<Instant>,
    /// How long to wait for the next probe, and how long that is on trial.
    wait: Duration,
    /// When the probe that is on trial began.
    trial: Option<Instant>,
}

const FIRST_WAIT: Duration = Duration::from_secs(10);
const LONGEST_WAIT: Duration = Duration::from_secs(160);

/// How long after a throttle calls are sent at the full pace.
const CAREFUL: Duration = Duration::from_mins(5);

impl Share {
    pub(super) fn new(most: u32) -> Self {
        Self {
            calls: most,
            lowered: None,
            throttled: None,
            wait: FIRST_WAIT,
            trial: None,
        }
    }

    pub(super) fn calls(&self) -> u32 {
        self.calls
    }

    /// How far apart sends are: half of what the share comes to on average, and all of it for five
    /// minutes after a throttle.
    pub(super) fn pace(&self, now: Instant, window: Duration) -> Duration {
        let careful = self.throttled.is_some_and(|at| now < at + CAREFUL);
        let average = window / self.calls.max(1);
        if careful { average } else { average / 2 }
    }

    /// Ends a trial that is over, and takes a call more if it is time for that.
    pub(super) fn probe(&mut self, now: Instant, most: u32) {
        if self.trial.is_some_and(|began| now >= began + self.wait) {
            self.trial = None;
            self.wait = FIRST_WAIT;
        }
        if self.next_probe(most).is_some_and(|at| now >= at) {
            self.calls += 1;
            self.trial = Some(now);
        }
    }

    /// When the share may go up, if nothing happens until then.
    pub(super) fn next_probe(&self, most: u32) -> Option<Instant> {
        if self.calls >= most {
            return None;
        }
        Some(self.trial.or(self.throttled)? + self.wait)
    }

    /// Takes a throttled call into account; the new share if that lowered it.
    ///
    /// `ours` is how many of our calls were accepted in the window, if there is proof that they can't
    /// have filled it.
    pub(super) fn throttled(
        &mut self,
        now: Instant,
        sent: Instant,
        ours: Option<usize>,
    ) -> Option<NonZeroU32> {
        self.throttled = Some(now);
        if self.lowered.is_some_and(|at| sent < at) {
            return None;
        }
        let probe_failed = self.trial.is_some_and(|began| sent >= began);
        if probe_failed {
            self.wait = (self.wait * 2).min(LONGEST_WAIT);
        }
        let most = self.calls.checked_sub(1).filter(|most| *most > 0)?;
        let calls = match ours {
            Some(ours) => u32::try_from(ours).unwrap_or(u32::MAX).clamp(1, most),
            None if probe_failed => most,
            None => return None,
        };
        self.calls = calls;
        self.trial = None;
        self.lowered = Some(now);
        NonZeroU32::new(calls)
    }

    /// Goes over to another limit, of which `most` calls can be ours: as many calls a second as
    /// before, if that is less.
    pub(super) fn go_over(&mut self, from: Duration, to: Duration, most: u32) {
        let scaled = (u128::from(self.calls) * to.as_nanos()).div_ceil(from.as_nanos().max(1));
        self.calls = u32::try_from(scaled).unwrap_or(u32::MAX).clamp(1, most);
        self.trial = None;
    }
}

#[cfg(test)]
mod tests;
