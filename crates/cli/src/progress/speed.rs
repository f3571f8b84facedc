//! How fast it goes now, rather than on the whole.

use std::collections::VecDeque;
use std::time::Duration;

/// How far back the speed looks: over several windows of the usual limit, which lets calls go in bursts.
const MEMORY: Duration = Duration::from_secs(30);

/// Rows a second over the last while.
#[derive(Default)]
pub(super) struct Speed {
    samples: VecDeque<(Duration, u64)>,
}

impl Speed {
    /// At `elapsed` so many rows were through: rows a second since the oldest that is remembered.
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    pub(super) fn at(&mut self, elapsed: Duration, rows: u64) -> Option<f64> {
        // One that is older than the memory stays, so that the memory is always full.
        while let Some((second, _)) = self.samples.get(1)
            && elapsed.saturating_sub(*second) >= MEMORY
        {
            self.samples.pop_front();
        }
        self.samples.push_back((elapsed, rows));
        let (since, before) = *self.samples.front()?;
        let time = elapsed.saturating_sub(since);
        (!time.is_zero()).then(|| rows.saturating_sub(before) as f64 / time.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_long_ago_does_not_count() {
        let mut speed = Speed::default();
        let mut at = |seconds, rows| speed.at(Duration::from_secs(seconds), rows);
        assert_eq!(at(0, 0), None);
        assert_eq!(at(10, 2500), Some(250.0));
        // Then the account throttles, and hardly anything goes through.
        for seconds in 11..40 {
            at(seconds, 2500 + (seconds - 10) * 10);
        }
        assert_eq!(at(40, 2800), Some(10.0));
        assert_eq!(at(100, 2800), Some(0.0));
    }

    #[test]
    fn a_memory_is_bounded() {
        let mut speed = Speed::default();
        for tick in 0..10_000 {
            speed.at(Duration::from_millis(200 * tick), tick);
        }
        assert!(speed.samples.len() <= 152, "{}", speed.samples.len());
    }
}
