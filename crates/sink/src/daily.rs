//! A budget of calls for a day.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The most calls that an account may make in a day, shared by everything that calls it.
///
/// Plans have one beside the limit of 25 in 5 seconds: from 10,000 calls up. When the account's day
/// begins is not documented, so the budget holds for any 24 hours. A sink whose next call would pass
/// it [stops](crate::StopReason::DailyBudget) instead, and can go on later.
///
/// Clones share the count: give the same one to every sink of the account.
///
/// ```
/// use leadsquared_sink::DailyBudget;
///
/// let budget = DailyBudget::new(10_000);
/// assert_eq!(budget.left(), 10_000);
/// ```
#[derive(Clone, Debug)]
pub struct DailyBudget {
    calls: u64,
    made: Arc<Mutex<Made>>,
}

/// Calls of the last day, counted by the minute.
#[derive(Debug, Default)]
struct Made {
    minutes: VecDeque<(Instant, u64)>,
    /// Minutes of an earlier process: how long they still count, from the moment that is given.
    earlier: Vec<(Instant, u64)>,
}

const DAY: Duration = Duration::from_hours(24);
const MINUTE: Duration = Duration::from_mins(1);

impl DailyBudget {
    /// So many calls in any 24 hours.
    #[must_use]
    pub fn new(calls: u64) -> Self {
        Self {
            calls,
            made: Arc::default(),
        }
    }

    /// Counts calls that were made before, as a journal has them: how long ago, and how many.
    #[must_use]
    pub fn with_made(self, made: impl IntoIterator<Item = (Duration, u64)>) -> Self {
        let now = Instant::now();
        self.made().earlier.extend(
            made.into_iter()
                .filter_map(|(ago, calls)| Some((now + DAY.checked_sub(ago)?, calls))),
        );
        self
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        // Nothing panics while it is held, so a poisoned lock still guards whole data.
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The most calls in any 24 hours.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// How many calls may be made now.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.calls.saturating_sub(self.made().count(Instant::now()))
    }

    /// Counts a call that is about to be made; false if it would pass the budget.
    pub(crate) fn take(&self) -> bool {
        let now = Instant::now();
        let mut made = self.made();
        if made.count(now) >= self.calls {
            return false;
        }
        match made.minutes.back_mut() {
            // Counted as if made at the minute's end: it never counts too short.
            Some((until, calls)) if *until > now => *calls += 1,
            _ => made.minutes.push_back((now + MINUTE, 1)),
        }
        true
    }
}

impl DailyBudget {
    /// Takes a call back: it never got to the server.
    pub(crate) fn give_back(&self) {
        if let Some((_, calls)) = self.made().minutes.back_mut() {
            *calls = calls.saturating_sub(1);
        }
    }
}

impl Made {
    fn count(&mut self, now: Instant) -> u64 {
        while let Some((end, _)) = self.minutes.front()
            && *end + DAY <= now
        {
            self.minutes.pop_front();
        }
        self.earlier.retain(|(until, _)| *until > now);
        let minutes = self.minutes.iter().map(|(_, calls)| calls);
        minutes
            .chain(self.earlier.iter().map(|(_, calls)| calls))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_24_hours_hold_more() {
        let budget = DailyBudget::new(3);
        let other = budget.clone();
        assert!(budget.take());
        advance(Duration::from_hours(12)).await;
        assert!(other.take() && budget.take() && !other.take());
        assert_eq!(budget.left(), 0);
        advance(Duration::from_hours(12) + MINUTE).await;
        assert!(budget.take() && !budget.take());
    }

    #[tokio::test(start_paused = true)]
    async fn calls_of_an_earlier_process_count() {
        let hours = Duration::from_hours;
        let budget =
            DailyBudget::new(10).with_made([(hours(1), 6), (hours(23), 3), (hours(25), 9)]);
        assert_eq!(budget.left(), 1);
        assert!(budget.take() && !budget.take());
        advance(hours(1)).await;
        assert_eq!(budget.left(), 3);
    }
}
