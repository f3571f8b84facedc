//! What one process may do by itself.

use std::num::NonZeroU32;
use std::time::Duration;

use leadsquared_sink::{RateLimit, SlotOptions};

/// The part of a limit that each of `processes` may use without asking anybody.
///
/// All together make no more calls in any window than `limit` less `reserve`. Only if there are fewer
/// calls than processes, one call each is more than that: each then has one in so long a window that
/// their sum is right in the long run, though some may meet by chance. `None` if that would be longer
/// than a day.
pub(crate) fn share(limit: RateLimit, reserve: u32, processes: NonZeroU32) -> Option<RateLimit> {
    let calls = ours(limit, reserve);
    if let Some(part) = NonZeroU32::new(calls.get() / processes) {
        return RateLimit::new(part, limit.per());
    }
    // Rounded up, so that it is never more than the share.
    let nanos = limit.per().as_nanos() * u128::from(processes.get());
    let nanos = u64::try_from(nanos.div_ceil(u128::from(calls.get()))).ok()?;
    RateLimit::new(NonZeroU32::MIN, Duration::from_nanos(nanos))
}

/// The calls that are left when others have theirs: at least one.
pub(crate) fn ours(limit: RateLimit, reserve: u32) -> NonZeroU32 {
    NonZeroU32::new(limit.calls().get().saturating_sub(reserve)).unwrap_or(NonZeroU32::MIN)
}

/// The settings of a limiter for that part: what is reserved has been taken off already.
pub(crate) fn options(share: RateLimit, of: SlotOptions) -> SlotOptions {
    SlotOptions::new(share).with_strategy(of.strategy())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(limit: &str, reserve: u32, processes: u32) -> Option<String> {
        let processes = NonZeroU32::new(processes).unwrap();
        share(limit.parse().unwrap(), reserve, processes).map(|share| share.to_string())
    }

    #[test]
    fn each_process_has_its_part_rounded_down() {
        assert_eq!(of("25/5s", 0, 4).as_deref(), Some("6/5s"));
        assert_eq!(of("25/5s", 0, 1).as_deref(), Some("25/5s"));
        assert_eq!(of("25/5s", 5, 4).as_deref(), Some("5/5s"));
    }

    #[test]
    fn fewer_calls_than_processes_are_one_call_in_a_longer_window() {
        assert_eq!(of("2/5s", 0, 4).as_deref(), Some("1/10s"));
        assert_eq!(of("3/1s", 0, 4).as_deref(), Some("1/1333ms"));
        // Something is always left to us, whatever is reserved.
        assert_eq!(of("2/5s", 9, 4).as_deref(), Some("1/20s"));
    }

    #[test]
    fn a_share_that_is_less_than_a_call_a_day_is_none() {
        assert_eq!(of("1/1440m", 0, 2), None);
    }

    #[test]
    fn all_shares_together_are_never_more_than_the_limit() {
        for calls in 1..40_u32 {
            for processes in 1..50_u32 {
                let limit =
                    RateLimit::new(calls.try_into().unwrap(), Duration::from_secs(5)).unwrap();
                let part = share(limit, 0, processes.try_into().unwrap()).unwrap();
                let all = f64::from(processes) * part.calls_per_second();
                assert!(
                    all <= limit.calls_per_second() * 1.000_001,
                    "{calls} / {processes}"
                );
            }
        }
    }
}
