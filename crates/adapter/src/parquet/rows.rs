//! Which rows of a file are read, and what their numbers are.

use std::collections::VecDeque;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use leadsquared_core::Origin;
use parquet::file::metadata::ParquetMetaData;

/// The rows that are still to come, by their numbers.
#[derive(Debug)]
pub(super) struct Rows {
    left: VecDeque<Range<u64>>,
    count: u64,
    /// The number of the row that was given out last; 0 for none.
    pub(super) last: u64,
    pub(super) given: u64,
}

impl Rows {
    /// Rows 1 to `rows`.
    pub(super) fn all(rows: u64) -> Self {
        Self::of(std::iter::once(1..rows.saturating_add(1)))
    }

    fn of(ranges: impl IntoIterator<Item = Range<u64>>) -> Self {
        let left: VecDeque<_> = ranges.into_iter().collect();
        Self {
            count: left.iter().map(|range| range.end - range.start).sum(),
            left,
            last: 0,
            given: 0,
        }
    }

    /// How many rows there should be in all.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The origin of the next `count` rows; should there be more than there are, they go on counting.
    pub(super) fn next(&mut self, name: &Arc<str>, count: usize) -> Origin {
        let mut runs: Vec<Range<u64>> = Vec::new();
        let mut missing = count as u64;
        while missing > 0 {
            let after = self.last.saturating_add(1);
            let range = self.left.pop_front().unwrap_or(after..u64::MAX);
            let end = range.end.min(range.start.saturating_add(missing));
            if end < range.end {
                self.left.push_front(end..range.end);
            }
            if end == range.start {
                break;
            }
            missing -= end - range.start;
            self.last = end - 1;
            match runs.last_mut() {
                Some(run) if run.end == range.start => run.end = end,
                _ => runs.push(range.start..end),
            }
        }
        self.given = self.given.saturating_add(count as u64);
        if let [run] = &*runs {
            return Origin::new(Arc::clone(name), run.start);
        }
        let numbers: Vec<u64> = runs.into_iter().flatten().collect();
        Origin::with_row_numbers(Arc::clone(name), numbers)
    }
}

/// The row groups that have a row which is needed, and their rows.
///
/// None if all of them have, or if what the groups say doesn't come to what the file says.
pub(super) fn needed(
    metadata: &ParquetMetaData,
    rows: u64,
    is_settled: &dyn Fn(RangeInclusive<u64>) -> bool,
) -> Option<(Vec<usize>, Rows)> {
    let mut start = 1_u64;
    let mut groups = Vec::new();
    let mut ranges = Vec::new();
    for (index, group) in metadata.row_groups().iter().enumerate() {
        let end = start.checked_add(u64::try_from(group.num_rows()).ok()?)?;
        if end > start && !is_settled(start..=end - 1) {
            groups.push(index);
            ranges.push(start..end);
        }
        start = end;
    }
    let is_told_right = start - 1 == rows;
    let is_less = groups.len() < metadata.num_row_groups();
    (is_told_right && is_less).then(|| (groups, Rows::of(ranges)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(rows: &mut Rows, count: usize) -> Vec<u64> {
        let origin = rows.next(&"a".into(), count);
        (0..count).map(|row| origin.row(row).number).collect()
    }

    #[test]
    fn rows_that_are_left_out_keep_their_numbers() {
        let mut rows = Rows::of([3..5, 8..9, 20..30]);
        assert_eq!(rows.count(), 13);
        assert_eq!(numbers(&mut rows, 1), [3]);
        assert_eq!(numbers(&mut rows, 4), [4, 8, 20, 21]);
        assert_eq!((rows.last, rows.given), (21, 5));
        assert_eq!(numbers(&mut rows, 8), (22..30).collect::<Vec<_>>());
        // A damaged file has more.
        assert_eq!(numbers(&mut rows, 2), [30, 31]);
        assert_eq!((rows.count(), rows.given), (13, 15));
    }
}
