//! The part of every round trip that surely lies after the counting.

use std::time::Duration;

/// The least that a round trip takes, learned from those of accepted calls.
///
/// What matters to a limit is the time between two countings. A call is counted by its answer at the
/// latest, and the next one no earlier than it is sent: between the two lie the way back of the one
/// and the way there of the other, with the server's work wherever the counting is not. Together that
/// is no less than the shortest round trip possible. So a slot can be given back that much before a
/// window has passed since the answer, and two countings are still a window apart.
///
/// The shortest round trip seen is a little more than the shortest possible, so a margin is taken
/// off: three times the mean excess over the shortest, divided by the cube root of the number of
/// round trips. A round trip is short only if the way there, the work and the way back all are,
/// which is why the shortest seen nears the shortest possible no faster than that. Until there are
/// five of them the floor is zero, which is the strict rule.
///
/// ```
/// use std::time::Duration;
/// use leadsquared_sink::RoundTripFloor;
///
/// let mut floor = RoundTripFloor::default();
/// for millis in [100, 120, 110, 130] {
///     floor.record(Duration::from_millis(millis));
/// }
/// assert_eq!(floor.get(), Duration::ZERO);
/// for _ in 0..1_000 {
///     floor.record(Duration::from_millis(120));
/// }
/// assert!(floor.get() > Duration::from_millis(90) && floor.get() < Duration::from_millis(100));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct RoundTripFloor {
    trips: u32,
    shortest: Duration,
    total: Duration,
}

/// How many round trips it takes to believe in a floor.
const FEWEST: u32 = 5;

/// How many mean excesses the margin is, before it shrinks. With one of them, in simulations of a
/// minute of 10 or 25 calls in 5 s, one run in forty put a call too many in a window; with two, one in
/// six hundred; with three none, at a tenth of a point of utilisation.
const MARGIN: f64 = 3.0;

impl RoundTripFloor {
    /// Takes the round trip of an accepted call into account.
    pub fn record(&mut self, round_trip: Duration) {
        self.shortest = match self.trips {
            0 => round_trip,
            _ => self.shortest.min(round_trip),
        };
        self.total = self.total.saturating_add(round_trip);
        self.trips = self.trips.saturating_add(1);
    }

    /// The floor as it is known now: a new shortest round trip acts at once.
    #[must_use]
    pub fn get(&self) -> Duration {
        if self.trips < FEWEST {
            return Duration::ZERO;
        }
        let mean = self.total / self.trips;
        let margin = mean
            .saturating_sub(self.shortest)
            .mul_f64(MARGIN / f64::from(self.trips).cbrt());
        self.shortest.saturating_sub(margin)
    }
}
