//! Sets of row numbers, small where the numbers are consecutive.

/// A set of row numbers: sorted ranges, both ends included, with gaps between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// The numbers of any ranges, in any order.
    pub(crate) fn from_unsorted(mut ranges: Vec<(u64, u64)>) -> Self {
        ranges.sort_unstable();
        let mut all = Self::default();
        for (first, last) in ranges {
            all.push(first, last);
        }
        all
    }

    /// Adds a range that begins no earlier than any before it.
    pub(crate) fn push(&mut self, first: u64, last: u64) {
        match self.0.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
            _ => self.0.push((first, last)),
        }
    }

    pub(crate) fn contains(&self, number: u64) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= number);
        after > 0 && number <= self.0[after - 1].1
    }

    /// Whether all numbers from `first` to `last` are in it.
    pub(crate) fn covers(&self, first: u64, last: u64) -> bool {
        // Ranges have gaps between them, so one must have them all.
        let after = self.0.partition_point(|(from, _)| *from <= first);
        after > 0 && last <= self.0[after - 1].1
    }

    /// Whether any number from `first` to `last` is in it.
    pub(crate) fn meets(&self, first: u64, last: u64) -> bool {
        let near = self.0.partition_point(|(_, end)| *end < first);
        self.0.get(near).is_some_and(|(from, _)| *from <= last)
    }

    pub(crate) fn union(mut self, other: &Self) -> Self {
        self.0.extend_from_slice(&other.0);
        Self::from_unsorted(self.0)
    }

    /// The numbers that are in this set and not in the other.
    pub(crate) fn minus(&self, other: &Self) -> Self {
        let mut rest = Self::default();
        for &(mut first, last) in &self.0 {
            let near = other.0.partition_point(|(_, end)| *end < first);
            let mut is_over = false;
            for &(from, to) in other.0[near..].iter().take_while(|(from, _)| *from <= last) {
                if from > first {
                    rest.push(first, from - 1);
                }
                let Some(next) = to.checked_add(1).filter(|next| *next <= last) else {
                    is_over = true;
                    break;
                };
                first = next;
            }
            if !is_over {
                rest.push(first, last);
            }
        }
        rest
    }

    /// How many ranges it takes.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_million_rows_in_a_row_are_one_range() {
        let mut ranges = Ranges::default();
        for number in 1..=2_000_000 {
            ranges.push(number, number);
        }
        assert_eq!(ranges.len(), 1);
        assert!(ranges.contains(1) && ranges.contains(2_000_000));
        assert!(!ranges.contains(0) && !ranges.contains(2_000_001));
    }

    #[test]
    fn the_largest_number_there_is_has_no_next_one() {
        let mut ranges = Ranges::default();
        ranges.push(u64::MAX - 1, u64::MAX - 1);
        ranges.push(u64::MAX, u64::MAX);
        assert_eq!(ranges, Ranges(vec![(u64::MAX - 1, u64::MAX)]));
        assert_eq!(ranges.minus(&ranges), Ranges::default());
    }

    fn some_ranges() -> impl Strategy<Value = Vec<(u64, u64)>> {
        prop::collection::vec((0..40_u64, 0..5_u64), 0..12)
            .prop_map(|all| all.into_iter().map(|(at, more)| (at, at + more)).collect())
    }

    fn as_set(ranges: &[(u64, u64)]) -> BTreeSet<u64> {
        ranges.iter().flat_map(|(from, to)| *from..=*to).collect()
    }

    proptest! {
        #[test]
        fn they_are_sets(left in some_ranges(), right in some_ranges()) {
            let (a, b) = (Ranges::from_unsorted(left.clone()), Ranges::from_unsorted(right.clone()));
            let (left, right) = (as_set(&left), as_set(&right));
            let (both, rest) = (a.clone().union(&b), a.minus(&b));
            for number in 0..50 {
                prop_assert_eq!(a.contains(number), left.contains(&number));
                prop_assert_eq!(both.contains(number), left.contains(&number) || right.contains(&number));
                prop_assert_eq!(rest.contains(number), left.contains(&number) && !right.contains(&number));
                for last in number..50 {
                    let mut numbers = number..=last;
                    prop_assert_eq!(a.covers(number, last), numbers.clone().all(|n| left.contains(&n)));
                    prop_assert_eq!(a.meets(number, last), numbers.any(|n| left.contains(&n)));
                }
            }
            for ranges in [&a, &both, &rest] {
                prop_assert!(ranges.0.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
            }
        }
    }
}
