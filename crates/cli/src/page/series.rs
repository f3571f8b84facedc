//! What happened over time, in a bounded number of slices.

use std::time::Duration;

/// What is counted in a slice of time.
pub(super) trait Slice: Default {
    /// Takes in what was counted in the slice after it.
    fn absorb(&mut self, later: Self);
}

/// A run's time, cut into slices of equal width.
///
/// When there would be more than [`MOST`](Self::MOST), two by two become one, and the width doubles:
/// memory is bounded whatever the length of the run, and nothing that was counted is lost.
pub(super) struct Series<S> {
    width: Duration,
    slices: Vec<S>,
}

impl<S: Slice> Series<S> {
    /// The most slices; after the first doubling there are at least half as many.
    pub(super) const MOST: usize = 128;
    /// The width of slices at first.
    pub(super) const FIRST_WIDTH: Duration = Duration::from_millis(100);

    /// The slice of this time since the start.
    pub(super) fn at(&mut self, time: Duration) -> &mut S {
        let place = loop {
            let place = time.as_nanos() / self.width.as_nanos();
            match usize::try_from(place) {
                Ok(place) if place < Self::MOST => break place,
                _ => self.widen(),
            }
        };
        if self.slices.len() <= place {
            self.slices.resize_with(place + 1, S::default);
        }
        &mut self.slices[place]
    }

    /// How long each slice is.
    pub(super) fn width(&self) -> Duration {
        self.width
    }

    /// The slices from the start to the last in which something was counted.
    pub(super) fn slices(&self) -> &[S] {
        &self.slices
    }

    fn widen(&mut self) {
        self.width = self.width.saturating_mul(2);
        let mut narrow = std::mem::take(&mut self.slices).into_iter();
        while let Some(mut slice) = narrow.next() {
            if let Some(later) = narrow.next() {
                slice.absorb(later);
            }
            self.slices.push(slice);
        }
    }
}

impl<S: Slice> Default for Series<S> {
    fn default() -> Self {
        Self {
            width: Self::FIRST_WIDTH,
            slices: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    impl Slice for u64 {
        fn absorb(&mut self, later: Self) {
            *self += later;
        }
    }

    /// Times from a blink to years, in any order.
    fn times() -> impl Strategy<Value = Vec<Duration>> {
        let time = prop_oneof![0..20_000_u64, 0..100_000_000_u64, any::<u64>()];
        prop::collection::vec(time.prop_map(Duration::from_millis), 0..300)
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_there_are_never_too_many(times in times()) {
            let mut series = Series::<u64>::default();
            for time in &times {
                *series.at(*time) += 1;
                prop_assert!(series.slices().len() <= Series::<u64>::MOST);
            }
            prop_assert_eq!(series.slices().iter().sum::<u64>(), times.len() as u64);
        }

        #[test]
        fn each_is_counted_in_the_slice_of_its_time(times in times()) {
            let mut series = Series::<u64>::default();
            for time in &times {
                *series.at(*time) += 1;
            }
            let mut expected = vec![0; series.slices().len()];
            for time in &times {
                let place = time.as_nanos() / series.width().as_nanos();
                expected[usize::try_from(place).unwrap()] += 1;
            }
            prop_assert_eq!(series.slices(), expected);
        }
    }

    #[test]
    fn the_width_doubles_no_more_than_it_must() {
        let mut series = Series::<u64>::default();
        *series.at(Duration::from_millis(12_799)) += 1;
        assert_eq!(
            (series.width(), series.slices().len()),
            (Duration::from_millis(100), 128)
        );
        *series.at(Duration::from_millis(12_800)) += 1;
        assert_eq!(
            (series.width(), series.slices().len()),
            (Duration::from_millis(200), 65)
        );
    }
}
