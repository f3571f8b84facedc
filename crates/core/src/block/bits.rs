//! A bit for each row of a block.

use std::ops::{BitAnd, BitOr, Not, Range};

use arrow::array::BooleanArray;
use arrow::buffer::{BooleanBuffer, NullBuffer};

use super::ROWS;

const WORDS: usize = ROWS / 64;

/// Some rows of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RowSet([u64; WORDS]);

impl RowSet {
    /// The first `count` rows.
    pub(super) fn first(count: usize) -> Self {
        Self(std::array::from_fn(|word| {
            match count.saturating_sub(word * 64) {
                0 => 0,
                bits @ 1..64 => (1 << bits) - 1,
                _ => u64::MAX,
            }
        }))
    }

    /// The rows for which `is_in` is true.
    pub(super) fn collect(mut is_in: impl FnMut(usize) -> bool) -> Self {
        Self(std::array::from_fn(|word| {
            (0..64).fold(0, |bits, bit| {
                bits | u64::from(is_in(word * 64 + bit)) << bit
            })
        }))
    }

    pub(super) fn insert(&mut self, row: usize) {
        if let Some(word) = self.0.get_mut(row / 64) {
            *word |= 1 << (row % 64);
        }
    }

    pub(super) fn contains(&self, row: usize) -> bool {
        self.0
            .get(row / 64)
            .is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// The first row in it from `row` on, or [`ROWS`].
    pub(super) fn first_from(&self, row: usize) -> usize {
        (row / 64..WORDS)
            .find_map(|word| {
                let before = if word == row / 64 {
                    (1 << (row % 64)) - 1
                } else {
                    0
                };
                let bits = self.0[word] & !before;
                (bits != 0).then(|| word * 64 + bits.trailing_zeros() as usize)
            })
            .unwrap_or(ROWS)
    }

    /// The rows in it, in order.
    pub(super) fn iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(word, mut bits)| {
            std::iter::from_fn(move || {
                let bit = bits.trailing_zeros() as usize;
                bits &= bits.wrapping_sub(1);
                (bit < 64).then_some(word * 64 + bit)
            })
        })
    }

    /// 32 bits for each 32 rows, which is what a lane of a vector takes.
    pub(super) fn halves(self) -> [u32; WORDS * 2] {
        #[expect(clippy::cast_possible_truncation, reason = "each half in turn")]
        std::array::from_fn(|half| (self.0[half / 2] >> (half % 2 * 32)) as u32)
    }
}

impl BitAnd for RowSet {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] & other.0[word]))
    }
}

impl BitOr for RowSet {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }
}

impl Not for RowSet {
    type Output = Self;

    fn not(self) -> Self {
        Self(self.0.map(|word| !word))
    }
}

/// The rows that are not null.
pub(super) fn valid(nulls: Option<&NullBuffer>, rows: &Range<usize>) -> RowSet {
    nulls.map_or(!RowSet::default(), |nulls| bits(nulls.inner(), rows))
}

/// The rows that are true.
pub(super) fn true_rows(array: &BooleanArray, rows: &Range<usize>) -> RowSet {
    bits(array.values(), rows)
}

fn bits(buffer: &BooleanBuffer, rows: &Range<usize>) -> RowSet {
    let bytes = buffer.values();
    RowSet(std::array::from_fn(|word| {
        let bit = buffer.offset() + rows.start + word * 64;
        // 64 bits that start anywhere in a byte stand in nine bytes.
        let mut nine = [0; 16];
        let available = bytes.get(bit / 8..).unwrap_or_default();
        match available.first_chunk::<9>() {
            Some(chunk) => nine[..9].copy_from_slice(chunk),
            None => nine[..available.len()].copy_from_slice(available),
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the 64 bits that are asked for"
        )]
        let word = (u128::from_le_bytes(nine) >> (bit % 8)) as u64;
        word
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_the_rows_that_were_put_in() {
        let mut set = RowSet::default();
        for row in [0, 63, 64, 127, 128, 191, 192, 255] {
            set.insert(row);
            assert!(set.contains(row) && !set.contains(row ^ 1));
        }
        set.insert(ROWS); // outside: nothing happens
        assert_eq!(
            set.iter().collect::<Vec<_>>(),
            [0, 63, 64, 127, 128, 191, 192, 255]
        );
        assert_eq!((!set).iter().count(), ROWS - 8);
        assert_eq!(RowSet::collect(|row| set.contains(row)), set);
        for row in 0..ROWS + 2 {
            let next = set.iter().find(|&next| next >= row).unwrap_or(ROWS);
            assert_eq!(set.first_from(row), next);
        }
    }

    #[test]
    fn the_first_rows_are_as_many_as_asked_for() {
        for count in 0..=ROWS {
            let rows: Vec<usize> = RowSet::first(count).iter().collect();
            assert_eq!(rows, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn bits_are_found_from_any_offset_and_up_to_the_end() {
        let all: Vec<bool> = (0..300).map(|at| at % 3 == 0 || at % 7 == 2).collect();
        for offset in 0..20 {
            let sliced = BooleanBuffer::from(all.clone()).slice(offset, 300 - offset);
            for start in [0, 1, 63, 100, 279 - offset] {
                let set = bits(&sliced, &(start..300 - offset));
                for row in 0..(300 - offset - start).min(ROWS) {
                    assert_eq!(set.contains(row), all[offset + start + row]);
                }
            }
        }
    }
}
