//! How long calls took, in logarithmic buckets.

use std::collections::BTreeMap;
use std::time::Duration;

/// How long calls took: counts by the logarithm of the time.
///
/// Each doubling of the time has sixteen buckets, so that what is read from them is at most a
/// sixteenth more than what was recorded; the longest time is kept exactly. There are fewer than a
/// thousand buckets, however many calls there were.
#[derive(Clone, Debug, Default)]
pub(super) struct Latencies {
    buckets: BTreeMap<u16, u64>,
    count: u64,
    longest: Duration,
}

/// How many bits of a time's length in microseconds tell the buckets of one doubling apart.
const BITS: u32 = 4;
/// How many buckets a doubling has.
const PER_DOUBLING: u16 = 1 << BITS;

impl Latencies {
    pub(super) fn record(&mut self, time: Duration) {
        *self.buckets.entry(bucket(time)).or_default() += 1;
        self.count += 1;
        self.longest = self.longest.max(time);
    }

    pub(super) fn absorb(&mut self, other: Self) {
        for (bucket, count) in other.buckets {
            *self.buckets.entry(bucket).or_default() += count;
        }
        self.count += other.count;
        self.longest = self.longest.max(other.longest);
    }

    /// How many calls were recorded.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The longest.
    pub(super) fn longest(&self) -> Duration {
        self.longest
    }

    /// The time within which so many in a hundred calls were answered; none if there were no calls.
    pub(super) fn percentile(&self, percent: u64) -> Option<Duration> {
        let wanted = (u128::from(self.count) * u128::from(percent))
            .div_ceil(100)
            .max(1);
        let mut counted = 0;
        let (bucket, _) = self.buckets.iter().find(|(_, count)| {
            counted += u128::from(**count);
            counted >= wanted
        })?;
        Some(upper_end(*bucket).min(self.longest))
    }

    /// Bars for a chart on a logarithmic scale: at least about a dozen, if the times differ at all.
    ///
    /// They are side by side, from the shortest time to the longest, empty ones included.
    pub(super) fn bars(&self) -> Vec<Bar> {
        let (Some((first, _)), Some((last, _))) = (
            self.buckets.first_key_value(),
            self.buckets.last_key_value(),
        ) else {
            return Vec::new();
        };
        let spread = last - first + 1;
        let together = [8, 4, 2]
            .into_iter()
            .find(|together| spread / together >= 12)
            .unwrap_or(1);
        (first / together..=last / together)
            .map(|place| {
                let buckets = place * together..(place + 1) * together;
                Bar {
                    from: lower_end(buckets.start),
                    to: lower_end(buckets.end),
                    calls: self.buckets.range(buckets).map(|(_, count)| count).sum(),
                }
            })
            .collect()
    }
}

/// How many calls took a time between two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bar {
    pub(super) from: Duration,
    pub(super) to: Duration,
    pub(super) calls: u64,
}

/// The bucket of a time: those of less than 16 µs are one microsecond wide.
fn bucket(time: Duration) -> u16 {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let doublings = micros.checked_ilog2().unwrap_or(0).saturating_sub(BITS);
    // A time of `doublings` more bits than fit: its leading bits, of which the first is set.
    let leading = u16::try_from(micros >> doublings).unwrap_or(u16::MAX);
    let doublings = u16::try_from(doublings).unwrap_or(u16::MAX);
    doublings * PER_DOUBLING + leading
}

/// The shortest time of a bucket.
fn lower_end(bucket: u16) -> Duration {
    if bucket < PER_DOUBLING {
        return Duration::from_micros(bucket.into());
    }
    let doublings = bucket / PER_DOUBLING - 1;
    let leading = u128::from(bucket % PER_DOUBLING + PER_DOUBLING);
    let micros = u64::try_from(leading << doublings).unwrap_or(u64::MAX);
    Duration::from_micros(micros)
}

/// The longest time of a bucket.
fn upper_end(bucket: u16) -> Duration {
    lower_end(bucket + 1).saturating_sub(Duration::from_nanos(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn recorded(times: &[Duration]) -> Latencies {
        let mut latencies = Latencies::default();
        for time in times {
            latencies.record(*time);
        }
        latencies
    }

    fn times() -> impl Strategy<Value = Vec<Duration>> {
        let nanos = prop_oneof![0..1_000_000_u64, 0..60_000_000_000_u64, any::<u64>()];
        prop::collection::vec(nanos.prop_map(Duration::from_nanos), 1..200)
    }

    proptest! {
        #[test]
        fn a_time_is_in_its_bucket(nanos in any::<u64>()) {
            let time = Duration::from_nanos(nanos);
            let bucket = bucket(time);
            prop_assert!(lower_end(bucket) <= time && time <= upper_end(bucket));
        }

        #[test]
        fn a_percentile_is_a_sixteenth_too_long_at_most(
            mut times in times(), percent in 1..=100_usize,
        ) {
            let latencies = recorded(&times);
            times.sort();
            let rank = (times.len() * percent).div_ceil(100);
            let exact = times[rank - 1];
            let read = latencies.percentile(percent as u64).unwrap();
            let most = exact + exact / 16 + Duration::from_micros(1);
            prop_assert!(exact <= read && read <= most, "{exact:?} {read:?}");
        }

        #[test]
        fn parts_together_are_the_whole(times in times(), at in any::<prop::sample::Index>()) {
            let (first, second) = times.split_at(at.index(times.len()));
            let mut together = recorded(first);
            together.absorb(recorded(second));
            let whole = recorded(&times);
            prop_assert_eq!(together.count(), times.len() as u64);
            prop_assert_eq!(&together.buckets, &whole.buckets);
            prop_assert_eq!(together.longest(), whole.longest());
        }

        #[test]
        fn every_call_is_in_a_bar(times in times()) {
            let bars = recorded(&times).bars();
            prop_assert_eq!(bars.iter().map(|bar| bar.calls).sum::<u64>(), times.len() as u64);
            for pair in bars.windows(2) {
                prop_assert_eq!(pair[0].to, pair[1].from);
            }
            let calls = |bar: &Bar| {
                times.iter().filter(|time| bar.from <= **time && **time < bar.to).count() as u64
            };
            for bar in &bars {
                prop_assert_eq!(bar.calls, calls(bar));
            }
        }
    }

    #[test]
    fn no_call_has_no_percentile() {
        assert_eq!(Latencies::default().percentile(50), None);
        assert_eq!(Latencies::default().bars(), []);
    }

    #[test]
    fn the_longest_times_there_are_have_buckets_and_these_are_few() {
        let latencies = recorded(&[Duration::ZERO, Duration::MAX]);
        assert!(latencies.percentile(50).unwrap() < Duration::from_micros(1));
        assert_eq!(latencies.longest(), Duration::MAX);
        assert!(bucket(Duration::MAX) < 1000);
    }
}
