use std::time::{Duration, Instant};

use super::{Limiter, Quota};

/// A bucket of N tokens that gains N tokens in S, evenly; full at the start.
///
/// In whole numbers, so that nothing is lost to rounding: a nanosecond brings N units, a token is
/// as many units as S has nanoseconds. A refused call that counts takes the part of a token that
/// is there.
pub(crate) struct TokenBucket {
    quota: Quota,
    units: u128,
    at: Instant,
}

impl TokenBucket {
    pub(crate) fn new(quota: Quota, start: Instant) -> Self {
        Self {
            quota,
            units: Self::capacity(quota),
            at: start,
        }
    }

    fn token(quota: Quota) -> u128 {
        quota.window.as_nanos()
    }

    fn capacity(quota: Quota) -> u128 {
        Self::token(quota).saturating_mul(quota.calls.into())
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_nanos();
        let gained = passed.saturating_mul(self.quota.calls.into());
        self.units = self
            .units
            .saturating_add(gained)
            .min(Self::capacity(self.quota));
        self.at = self.at.max(now);
    }
}

impl Limiter for TokenBucket {
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        self.refill(now);
        let token = Self::token(self.quota);
        if let Some(rest) = self.units.checked_sub(token) {
            self.units = rest;
            return Ok(());
        }
        if self.quota.refused_count {
            self.units = 0;
        }
        let wait = (token - self.units).div_ceil(u128::from(self.quota.calls).max(1));
        Err(Duration::from_nanos(
            u64::try_from(wait).unwrap_or(u64::MAX),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{answers, quota};
    use super::*;
    use crate::Algorithm::TokenBucket as Bucket;

    #[test]
    fn an_empty_bucket_gains_a_token_at_a_time() {
        let start = Instant::now();
        let mut limiter = TokenBucket::new(quota(Bucket, 2, false), start);
        assert_eq!(
            answers(
                &mut limiter,
                start,
                &[0, 0, 0, 1000, 2500, 2500, 5000, 5000]
            ),
            [
                None,
                None,
                Some(2500),
                Some(1500),
                None,
                Some(2500),
                None,
                Some(2500)
            ],
        );
    }

    #[test]
    fn a_burst_and_the_refill_pass_in_one_window() {
        let start = Instant::now();
        let mut limiter = TokenBucket::new(quota(Bucket, 2, false), start);
        assert_eq!(
            answers(&mut limiter, start, &[0, 0, 2500, 4999, 5000]),
            [None, None, None, Some(1), None],
        );
    }

    #[test]
    fn it_never_holds_more_than_the_limit() {
        let start = Instant::now();
        let mut limiter = TokenBucket::new(quota(Bucket, 2, false), start);
        assert_eq!(
            answers(&mut limiter, start, &[60_000, 60_000, 60_000]),
            [None, None, Some(2500)],
        );
    }

    #[test]
    fn refused_calls_that_count_take_what_is_there() {
        let start = Instant::now();
        let mut limiter = TokenBucket::new(quota(Bucket, 1, true), start);
        assert_eq!(
            answers(&mut limiter, start, &[0, 4000, 5000, 9999, 14_999]),
            [None, Some(5000), Some(5000), Some(5000), None],
        );
    }
}
