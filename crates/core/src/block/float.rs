//! Float columns.

use std::ops::Range;

use arrow::array::{ArrayRef, AsArray, PrimitiveArray};
use arrow::datatypes::{ArrowPrimitiveType, DataType, Float32Type, Float64Type};
use multiversion::multiversion;

use super::bits::RowSet;
use super::digits;
use super::texts::{Slots, Texts, slot_start};
use super::{Prepare, ROWS, values_of};
use crate::encode::{Float, push_float};
use crate::plan::Column;

/// For `Float32` and `Float64`.
pub(super) fn prepare(array: &ArrayRef) -> Option<Box<dyn Prepare>> {
    Some(match array.data_type() {
        DataType::Float32 => Box::new(Floats(array.as_primitive::<Float32Type>().clone())),
        DataType::Float64 => Box::new(Floats(array.as_primitive::<Float64Type>().clone())),
        _ => return None,
    })
}

struct Floats<T: ArrowPrimitiveType>(PrimitiveArray<T>);

impl<T: ArrowPrimitiveType<Native: Float + Hundredths>> Prepare for Floats<T> {
    fn prepare(&self, _column: &Column, rows: Range<usize>, texts: &mut Texts, left: &mut RowSet) {
        let values = &self.0.values()[rows];
        let mut hundredths = [NOT_HUNDREDTHS; ROWS];
        let all = T::Native::count(values, &mut hundredths);
        let mut negative = [false; ROWS];
        for (negative, value) in negative.iter_mut().zip(values) {
            *negative = (*value).into().is_sign_negative();
        }
        let valid = texts.valid & RowSet::first(values.len());
        let others = if all {
            RowSet::default()
        } else {
            valid & RowSet::collect(|row| hundredths[row] == NOT_HUNDREDTHS)
        };
        let mut slots = texts.slots();
        if others == valid {
            // Null rows have none either, and not what an earlier block left there.
            *slots.starts = [0; ROWS];
            *slots.lengths = [0; ROWS];
        } else {
            write(&hundredths, &negative, &mut slots);
        }
        let far = write_ordinary(values, others, &mut slots);
        for row in far.iter() {
            let start = texts.scratch.len();
            if push_float(values[row], &mut texts.scratch).is_err() {
                left.insert(row);
            }
            texts.end_text(row, start);
        }
        if far != RowSet::default() {
            texts.use_scratch();
        }
    }

    fn upcoming(&self, rows: Range<usize>) -> [&[u8]; 2] {
        [values_of(&self.0, &rows), &[]]
    }
}

/// Writes the rows' numbers of ordinary size, and gives the rows of the others.
fn write_ordinary<F: Float>(numbers: &[F], rows: RowSet, slots: &mut Slots<'_>) -> RowSet {
    let mut far = RowSet::default();
    let mut buffer = zmij::Buffer::new();
    for row in rows.iter() {
        let text = numbers[row].ordinary(&mut buffer).map(str::as_bytes);
        let place = text.and_then(|text| slots.each.get_mut(row)?.get_mut(..text.len()));
        let (Some(text), Some(place)) = (text, place) else {
            far.insert(row);
            continue;
        };
        // Most have a full row of digits: two copies of a known length are faster than one of theirs.
        if let (Some(head), Some(tail)) = (text.first_chunk::<16>(), text.last_chunk::<16>()) {
            if let Some(place) = place.first_chunk_mut() {
                *place = *head;
            }
            if let Some(place) = place.last_chunk_mut() {
                *place = *tail;
            }
        } else {
            place.copy_from_slice(text);
        }
        slots.starts[row] = slot_start(row);
        slots.lengths[row] = u32::try_from(text.len()).unwrap_or(u32::MAX);
    }
    far
}

/// More than any [`Hundredths`].
const NOT_HUNDREDTHS: u64 = u64::MAX;

/// Numbers that are mostly amounts of money, with two decimals, whose text needs no search.
trait Hundredths: Copy + Into<f64> {
    /// How many hundredths each number is, its sign aside, if exactly that many read back as it.
    ///
    /// Digits as few as these belong to one number only, and a number to one such row of digits: it
    /// is the shortest that reads back, the one that [`push_float`] would find. The others are
    /// [`NOT_HUNDREDTHS`]; true if there are none.
    fn count(numbers: &[Self], hundredths: &mut [u64; ROWS]) -> bool;
}

impl Hundredths for f64 {
    fn count(numbers: &[Self], hundredths: &mut [u64; ROWS]) -> bool {
        count_f64(numbers, hundredths)
    }
}

impl Hundredths for f32 {
    fn count(numbers: &[Self], hundredths: &mut [u64; ROWS]) -> bool {
        count_f32(numbers, hundredths)
    }
}

#[multiversion(targets = "simd")]
#[expect(clippy::float_cmp, reason = "the same or not is the question")]
fn count_f64(numbers: &[f64], hundredths: &mut [u64; ROWS]) -> bool {
    let mut others = 0;
    for (hundredths, &number) in hundredths.iter_mut().zip(numbers) {
        let nearest = nearest_hundredths(number);
        // 15 digits always survive in an f64; ten are as many as `write` takes.
        let reads_back = nearest < 1e10 && nearest / 100.0 == number.abs();
        *hundredths = whole_or_not(nearest, reads_back);
        others |= u64::from(!reads_back);
    }
    others == 0
}

#[multiversion(targets = "simd")]
#[expect(
    clippy::cast_possible_truncation,
    clippy::float_cmp,
    reason = "the same or not is the question"
)]
fn count_f32(numbers: &[f32], hundredths: &mut [u64; ROWS]) -> bool {
    let mut others = 0;
    for (hundredths, &number) in hundredths.iter_mut().zip(numbers) {
        let nearest = nearest_hundredths(number.into());
        // Six digits always survive in an f32.
        let reads_back = nearest < 1e6 && (nearest / 100.0) as f32 == number.abs();
        *hundredths = whole_or_not(nearest, reads_back);
        others |= u64::from(!reads_back);
    }
    others == 0
}

/// The whole number of hundredths, as a float, below 2^52 next to the number; larger ones as they are.
#[inline(always)]
fn nearest_hundredths(number: f64) -> f64 {
    /// Adding it leaves no bits for what is behind the point.
    const NO_FRACTION: f64 = 4_503_599_627_370_496.0;
    (number.abs() * 100.0 + NO_FRACTION) - NO_FRACTION
}

#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "if it reads back, it is whole, positive and less than 10^10"
)]
fn whole_or_not(nearest: f64, reads_back: bool) -> u64 {
    // Any number converts, without a branch; whether it counts is chosen after.
    let whole = nearest.clamp(0.0, 1e10) as i64 as u64;
    if reads_back { whole } else { NOT_HUNDREDTHS }
}

#[multiversion(targets = "simd")]
#[expect(
    clippy::cast_possible_truncation,
    reason = "hundredths have ten digits, slots are small"
)]
fn write(hundredths: &[u64; ROWS], negative: &[bool; ROWS], slots: &mut Slots<'_>) {
    /// Where the point stands in the slot.
    const POINT: usize = 20;
    // Ten digits are more than a u32 holds; a fourth of them is not.
    let (mut whole, mut fractions) = ([0; ROWS], [0; ROWS]);
    for ((whole, fraction), &hundredths) in whole.iter_mut().zip(&mut fractions).zip(hundredths) {
        let hundredths = if hundredths == NOT_HUNDREDTHS {
            0
        } else {
            hundredths
        };
        *whole = (hundredths >> 2) as u32 / 25;
        *fraction = (hundredths as u32).wrapping_sub(whole.wrapping_mul(100));
    }
    let digits = digits::eight_each(&whole);
    let each_slot = slots
        .each
        .iter_mut()
        .zip(slots.starts.iter_mut())
        .zip(slots.lengths.iter_mut());
    for (row, ((slot, start), length)) in each_slot.enumerate() {
        let decimals = digits::two(fractions[row]);
        if let Some(before) = slot[..POINT].last_chunk_mut() {
            *before = digits::text(digits[row]);
        }
        if let Some(after) = slot.last_chunk_mut() {
            // The point, two decimals, and a byte that is never read.
            *after = (u32::from(b'.') | (decimals | 0x3030) << 8).to_le_bytes();
        }
        let end = match decimals {
            0 => POINT,
            tenths if tenths < 0x100 => POINT + 2,
            _ => POINT + 3,
        };
        let first = POINT - 8 + digits::leading_zeros(digits[row]);
        // Always there, and part of the text or not: signs come without a pattern to predict.
        if let Some(before) = slot.get_mut(first - 1) {
            *before = b'-';
        }
        let first = first - usize::from(negative[row]);
        *start = slot_start(row) + first as u32;
        *length = (end - first) as u32;
    }
}
