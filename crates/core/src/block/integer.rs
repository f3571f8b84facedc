//! Integer columns.

use std::ops::Range;

use arrow::array::{ArrayRef, AsArray, PrimitiveArray, downcast_integer};
use arrow::datatypes::ArrowPrimitiveType;
use multiversion::multiversion;

use super::bits::RowSet;
use super::digits::{self, EIGHT_DIGITS, eight_each};
use super::texts::{SLOT, Slots, Texts, slot_start};
use super::{Prepare, ROWS, values_of};
use crate::plan::Column;

/// For the integer types.
pub(super) fn prepare(array: &ArrayRef) -> Option<Box<dyn Prepare>> {
    macro_rules! integers {
        ($integer:ty, $array:ident) => {
            Some(Box::new(Integers(
                $array.as_primitive::<$integer>().clone(),
            )))
        };
    }
    downcast_integer! {
        array.data_type() => (integers, array),
        _ => None,
    }
}

struct Integers<T: ArrowPrimitiveType>(PrimitiveArray<T>);

impl<T: ArrowPrimitiveType<Native: TryInto<i64>>> Prepare for Integers<T> {
    fn prepare(&self, _column: &Column, rows: Range<usize>, texts: &mut Texts, left: &mut RowSet) {
        let mut numbers = [0; ROWS];
        let values = &self.0.values()[rows];
        for (row, (number, &value)) in numbers.iter_mut().zip(values).enumerate() {
            match value.try_into() {
                Ok(value) => *number = value,
                Err(_) => left.insert(row),
            }
        }
        write(&numbers, texts.slots());
    }

    fn upcoming(&self, rows: Range<usize>) -> [&[u8]; 2] {
        [values_of(&self.0, &rows), &[]]
    }
}

#[multiversion(targets = "simd")]
#[expect(
    clippy::cast_possible_truncation,
    reason = "a part has eight digits at most"
)]
fn write(numbers: &[i64; ROWS], slots: Slots<'_>) {
    let largest = numbers
        .iter()
        .fold(0, |largest, number| number.unsigned_abs().max(largest));
    let each_slot = slots.each.iter_mut().zip(slots.starts).zip(slots.lengths);
    // All digits of a part first: without a branch, that is a loop of vector instructions.
    let (mut low, mut rest) = ([0; ROWS], [0; ROWS]);
    for ((low, rest), number) in low.iter_mut().zip(&mut rest).zip(numbers) {
        let number = number.unsigned_abs();
        *rest = number / EIGHT_DIGITS;
        *low = (number % EIGHT_DIGITS) as u32;
    }
    let low = eight_each(&low);
    if largest < EIGHT_DIGITS {
        for (row, ((slot, start), length)) in each_slot.enumerate() {
            if let [_, _, last] = slot.as_chunks_mut().0 {
                *last = digits::text(low[row]);
            }
            let first = 16 + digits::leading_zeros(low[row]);
            (*start, *length) = sign(numbers[row], first, row, slot);
        }
        return;
    }
    let (mut middle, mut high) = ([0; ROWS], [0; ROWS]);
    for ((middle, high), rest) in middle.iter_mut().zip(&mut high).zip(&rest) {
        *high = (rest / EIGHT_DIGITS) as u32;
        *middle = (rest % EIGHT_DIGITS) as u32;
    }
    let (middle, high) = (eight_each(&middle), eight_each(&high));
    for (row, ((slot, start), length)) in each_slot.enumerate() {
        if let [first, second, last] = slot.as_chunks_mut().0 {
            *first = digits::text(high[row]);
            *second = digits::text(middle[row]);
            *last = digits::text(low[row]);
        }
        let first = match (high[row], middle[row]) {
            (0, 0) => 16 + digits::leading_zeros(low[row]),
            (0, middle) => 8 + digits::leading_zeros(middle),
            (high, _) => digits::leading_zeros(high),
        };
        (*start, *length) = sign(numbers[row], first, row, slot);
    }
}

/// Tells where the text of a number starts and how long it is, its sign included.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "a slot is small")]
fn sign(number: i64, first: usize, row: usize, slot: &mut [u8; SLOT]) -> (u32, u32) {
    // Always there, and part of the text or not: signs come without a pattern to predict.
    if let Some(before) = slot.get_mut(first - 1) {
        *before = b'-';
    }
    let first = first - usize::from(number < 0);
    (slot_start(row) + first as u32, (SLOT - first) as u32)
}
