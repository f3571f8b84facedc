//! When to try again.

use std::time::Duration;

use rand::Rng;

/// How often a call that failed in a way that passes is tried, and how long after.
///
/// The wait doubles from `base` up to `cap`, and half of each wait is chance, so that programs which
/// failed together don't come back together. A longer Retry-After of the server is honoured, up to
/// five minutes. The default is 10 attempts from 0.5 s up to 30 s: more than a minute in all.
///
/// Throttled calls are not failures: they go again in the next slot and use up no attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    attempts: u32,
    base: Duration,
    cap: Duration,
}

/// The longest Retry-After that is believed.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(5);

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 10,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// Sets how often a call is tried at most, the first time included; at least 1.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Sets the first wait and the longest one.
    #[must_use]
    pub fn with_backoff(mut self, base: Duration, cap: Duration) -> Self {
        self.base = base;
        self.cap = cap.max(base);
        self
    }

    /// How often a call is tried at most.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long to wait after the failed attempt number `attempt`, from 1.
    pub(crate) fn wait(
        &self,
        attempt: u32,
        retry_after: Option<Duration>,
        random: &mut impl Rng,
    ) -> Duration {
        let doublings = attempt.saturating_sub(1).min(30);
        let full = self.base.saturating_mul(1 << doublings).min(self.cap);
        let jittered = full.mul_f64(0.5 + unit(random) / 2.0);
        jittered.max(Self::believed(retry_after))
    }

    /// What is believed of a Retry-After.
    pub(crate) fn believed(retry_after: Option<Duration>) -> Duration {
        retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER)
    }
}

/// A number from 0 to 1.
fn unit(random: &mut impl Rng) -> f64 {
    f64::from(random.next_u32()) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    use super::*;

    proptest! {
        #[test]
        fn waits_double_up_to_the_cap_and_half_is_chance(attempt in 1_u32..=u32::MAX, seed: u64) {
            let policy = RetryPolicy::default();
            let wait = policy.wait(attempt, None, &mut SmallRng::seed_from_u64(seed));
            let full = Duration::from_millis(500 << (attempt - 1).min(6)).min(Duration::from_secs(30));
            prop_assert!(wait >= full / 2 && wait <= full, "{wait:?} of {full:?}");
        }
    }

    #[test]
    fn a_longer_retry_after_is_honoured_up_to_a_bound() {
        let wait = |seconds| {
            let asked = Some(Duration::from_secs(seconds));
            RetryPolicy::default().wait(1, asked, &mut SmallRng::seed_from_u64(1))
        };
        assert_eq!(wait(7), Duration::from_secs(7));
        assert_eq!(wait(86_400), LONGEST_RETRY_AFTER);
    }
}
