use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{Limiter, Quota};

/// No more than N calls in any half-open window of S: a call at `t` and one at `t + S` never meet.
pub(crate) struct SlidingWindow {
    quota: Quota,
    /// When the counted calls arrived, oldest first; never more than N, as no older one matters.
    counted: VecDeque<Instant>,
}

impl SlidingWindow {
    pub(crate) fn new(quota: Quota) -> Self {
        Self {
            quota,
            counted: VecDeque::new(),
        }
    }

    fn is_full(&self) -> bool {
        self.counted.len() >= self.quota.calls as usize
    }

    fn age(now: Instant, then: Instant) -> Duration {
        now.saturating_duration_since(then)
    }
}

impl Limiter for SlidingWindow {
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        while let Some(oldest) = self.counted.front()
            && Self::age(now, *oldest) >= self.quota.window
        {
            self.counted.pop_front();
        }
        if !self.is_full() {
            self.counted.push_back(now);
            return Ok(());
        }
        if self.quota.refused_count {
            self.counted.pop_front();
            self.counted.push_back(now);
        }
        let oldest = self.counted.front().copied().unwrap_or(now);
        Err(self.quota.window.saturating_sub(Self::age(now, oldest)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{answers, quota};
    use super::*;
    use crate::Algorithm::SlidingWindow as Sliding;

    #[test]
    fn the_call_above_the_limit_waits_for_the_oldest_to_leave() {
        let mut limiter = SlidingWindow::new(quota(Sliding, 2, false));
        assert_eq!(
            answers(
                &mut limiter,
                Instant::now(),
                &[0, 1000, 4000, 4999, 5000, 5999, 6000]
            ),
            [None, None, Some(1000), Some(1), None, Some(1), None],
        );
    }

    #[test]
    fn there_is_no_edge_to_burst_over() {
        let mut limiter = SlidingWindow::new(quota(Sliding, 2, false));
        assert_eq!(
            answers(&mut limiter, Instant::now(), &[4999, 4999, 5001, 9998]),
            [None, None, Some(4998), Some(1)],
        );
    }

    #[test]
    fn refused_calls_that_count_put_the_next_one_off() {
        let mut limiter = SlidingWindow::new(quota(Sliding, 2, true));
        assert_eq!(
            answers(
                &mut limiter,
                Instant::now(),
                &[0, 0, 3000, 6000, 7999, 12_998]
            ),
            [None, None, Some(2000), None, Some(3001), None],
        );
    }

    #[test]
    fn a_flood_of_refused_calls_is_not_kept() {
        let mut limiter = SlidingWindow::new(quota(Sliding, 2, true));
        answers(&mut limiter, Instant::now(), &[1; 1000]);
        assert_eq!(limiter.counted.len(), 2);
    }
}
