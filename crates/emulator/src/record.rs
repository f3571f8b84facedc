use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use crate::keys::KeyPlace;

/// One request, as it came and as it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// Its place in the order of arrival, from 1.
    pub number: usize,
    /// When it arrived, since the emulator started.
    pub at: Duration,
    /// The HTTP method.
    pub method: String,
    /// The path, without the query, where the keys may be.
    pub path: String,
    /// How the keys came.
    pub keys: KeyPlace,
    /// The status of the answer; none until there is one, and none for a call that is cut off.
    pub status: Option<u16>,
    /// How many leads it carried; none when its body was not looked at, or was not leads.
    pub leads: Option<usize>,
    /// How many leads it created.
    pub created: usize,
    /// It was answered that the limit was exceeded, by the limit or by a fault.
    pub throttled: bool,
    /// It met a [`Fault`](crate::Fault).
    pub faulty: bool,
    /// The body, if [`record_bodies`](crate::EmulatorBuilder::record_bodies) asked for it.
    pub body: Option<Bytes>,
    /// It had the right keys and so was held against the rate limit.
    pub(crate) counted: bool,
}

/// The most of these arrivals, which are in order, in any half-open window of this length.
pub(crate) fn fullest(arrivals: impl Iterator<Item = Duration>, window: Duration) -> usize {
    let mut inside = VecDeque::new();
    let mut most = 0;
    for at in arrivals {
        inside.push_back(at);
        while inside
            .front()
            .is_some_and(|first| at.saturating_sub(*first) >= window)
        {
            inside.pop_front();
        }
        most = most.max(inside.len());
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn most(millis: &[u64]) -> usize {
        let arrivals = millis.iter().map(|ms| Duration::from_millis(*ms));
        fullest(arrivals, Duration::from_secs(5))
    }

    #[test]
    fn a_window_is_half_open() {
        assert_eq!(most(&[0, 5000, 10_000]), 1);
        assert_eq!(most(&[0, 4999, 5000]), 2);
    }

    #[test]
    fn the_fullest_window_can_start_anywhere() {
        assert_eq!(most(&[0, 4000, 4500, 8000, 8900, 20_000]), 4);
        assert_eq!(most(&[]), 0);
    }
}
