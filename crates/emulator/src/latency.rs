use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// The time that a call takes on its way: to the server, in it, and back.
///
/// A call is counted against the rate limit after `inbound`; its leads are stored after `service`;
/// its answer is sent after `outbound`. So the calls can arrive in another order than they were
/// sent in, as on a real network. `service` is spent only on calls that got past the rate limit.
///
/// Default: no delay at all, so that tests are fast.
///
/// ```
/// use std::time::Duration;
/// use leadsquared_emulator::Latency;
///
/// // 40-60 ms each way, and 100-120 ms of work.
/// let latency = Latency {
///     service: Duration::from_millis(100),
///     jitter: Duration::from_millis(20),
///     ..Latency::one_way(Duration::from_millis(40))
/// };
/// assert_eq!(latency.inbound, latency.outbound);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// From the last byte of the request to its arrival, when it is counted.
    pub inbound: Duration,
    /// From arrival to the moment when the leads are stored.
    pub service: Duration,
    /// From the moment when the answer is ready to its first byte.
    pub outbound: Duration,
    /// Up to this much is added to each of the three, drawn evenly and apart.
    pub jitter: Duration,
    /// Where the draws start: the same seed gives the same draws, call by call.
    pub seed: u64,
}

/// One call's share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trip {
    pub(crate) inbound: Duration,
    pub(crate) service: Duration,
    pub(crate) outbound: Duration,
}

impl Latency {
    /// The same time there and back, no service time, no jitter.
    #[must_use]
    pub fn one_way(time: Duration) -> Self {
        Self {
            inbound: time,
            outbound: time,
            ..Self::default()
        }
    }

    /// The times of the `n`th request.
    pub(crate) fn trip(&self, n: u64) -> Trip {
        let mut rng = SmallRng::seed_from_u64(self.seed.rotate_left(32) ^ n);
        let mut leg = |time: Duration| time.saturating_add(self.jitter.mul_f64(rng.random()));
        Trip {
            inbound: leg(self.inbound),
            service: leg(self.service),
            outbound: leg(self.outbound),
        }
    }
}

/// Sleeps, and does not even touch the timer when there is nothing to wait for.
pub(crate) async fn pause(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn without_jitter_every_trip_is_as_asked() {
        let latency = Latency {
            service: 7 * MS,
            ..Latency::one_way(3 * MS)
        };
        let trip = Trip {
            inbound: 3 * MS,
            service: 7 * MS,
            outbound: 3 * MS,
        };
        assert_eq!((latency.trip(0), latency.trip(9)), (trip, trip));
    }

    #[test]
    fn jitter_adds_within_its_bound_and_differs_by_leg_call_and_seed() {
        let latency = Latency {
            jitter: 100 * MS,
            ..Latency::one_way(3 * MS)
        };
        for n in 0..1000 {
            let Trip { inbound, .. } = latency.trip(n);
            assert!((3 * MS..=103 * MS).contains(&inbound), "{inbound:?}");
        }
        let seeded = |seed| Latency { seed, ..latency };
        assert_ne!(latency.trip(1).inbound, latency.trip(1).outbound);
        assert_ne!(latency.trip(1), latency.trip(2));
        assert_ne!(seeded(0).trip(1), seeded(99).trip(1));
        assert_eq!(seeded(99).trip(1), seeded(99).trip(1));
    }
}
