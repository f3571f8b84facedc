use std::time::{Duration, Instant};

use super::{Limiter, Quota};

/// Windows of S from the server's start, N calls in each.
///
/// Two bursts can meet at an edge: N at the end of a window, N at the start of the next. Whether
/// refused calls count makes no difference here: a full window stays full to its end.
pub(crate) struct FixedWindow {
    quota: Quota,
    start: Instant,
    window: u128,
    taken: u32,
}

impl FixedWindow {
    pub(crate) fn new(quota: Quota, start: Instant) -> Self {
        Self {
            quota,
            start,
            window: 0,
            taken: 0,
        }
    }
}

impl Limiter for FixedWindow {
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let since_start = now.saturating_duration_since(self.start).as_nanos();
        let length = self.quota.window.as_nanos().max(1);
        let window = since_start / length;
        if window != self.window {
            self.window = window;
            self.taken = 0;
        }
        if self.taken < self.quota.calls {
            self.taken += 1;
            return Ok(());
        }
        let left = length - since_start % length;
        Err(Duration::from_nanos(
            u64::try_from(left).unwrap_or(u64::MAX),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{answers, quota};
    use super::*;
    use crate::Algorithm::FixedWindow as Fixed;

    #[test]
    fn a_full_window_waits_for_its_end() {
        let start = Instant::now();
        let mut limiter = FixedWindow::new(quota(Fixed, 2, false), start);
        assert_eq!(
            answers(
                &mut limiter,
                start,
                &[100, 4000, 4500, 4999, 5000, 5001, 5002, 20_000]
            ),
            [None, None, Some(500), Some(1), None, None, Some(4998), None],
        );
    }

    #[test]
    fn two_bursts_meet_at_an_edge() {
        let start = Instant::now();
        let mut limiter = FixedWindow::new(quota(Fixed, 2, false), start);
        assert_eq!(
            answers(&mut limiter, start, &[4999, 4999, 5000, 5000]),
            [None, None, None, None],
        );
    }

    #[test]
    fn refused_calls_make_no_difference() {
        let start = Instant::now();
        let times = [0, 0, 1000, 4999, 5000, 5000, 6000, 10_000];
        let mut counting = FixedWindow::new(quota(Fixed, 2, true), start);
        let mut ignoring = FixedWindow::new(quota(Fixed, 2, false), start);
        assert_eq!(
            answers(&mut counting, start, &times),
            answers(&mut ignoring, start, &times),
        );
    }
}
