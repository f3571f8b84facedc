//! Date, timestamp and time columns.

use std::marker::PhantomData;
use std::ops::Range;

use arrow::array::{ArrayRef, AsArray, PrimitiveArray};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Date64Type, Time32MillisecondType, Time32SecondType,
    Time64MicrosecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use multiversion::multiversion;

use super::bits::RowSet;
use super::digits::two;
use super::texts::{Slots, Texts, slot_start};
use super::{Prepare, ROWS, values_of};
use crate::encode::{FIRST_DAY, LAST_DAY, SECONDS_A_DAY};
use crate::plan::Column;

/// For the types of dates and times.
pub(super) fn prepare(array: &ArrayRef) -> Option<Box<dyn Prepare>> {
    use DataType as T;
    use TimeUnit as U;
    Some(match array.data_type() {
        T::Date32 => temporals::<Date32Type, Dates, 1>(array),
        T::Date64 => temporals::<Date64Type, Dates, 86_400_000>(array),
        T::Timestamp(U::Second, _) => temporals::<TimestampSecondType, Timestamps, 1>(array),
        T::Timestamp(U::Millisecond, _) => {
            temporals::<TimestampMillisecondType, Timestamps, 1_000>(array)
        }
        T::Timestamp(U::Microsecond, _) => {
            temporals::<TimestampMicrosecondType, Timestamps, 1_000_000>(array)
        }
        T::Timestamp(U::Nanosecond, _) => {
            temporals::<TimestampNanosecondType, Timestamps, 1_000_000_000>(array)
        }
        T::Time32(U::Second) => temporals::<Time32SecondType, Times, 1>(array),
        T::Time32(U::Millisecond) => temporals::<Time32MillisecondType, Times, 1_000>(array),
        T::Time64(U::Microsecond) => temporals::<Time64MicrosecondType, Times, 1_000_000>(array),
        T::Time64(U::Nanosecond) => temporals::<Time64NanosecondType, Times, 1_000_000_000>(array),
        _ => return None,
    })
}

fn temporals<T, F, const UNIT: i64>(array: &ArrayRef) -> Box<dyn Prepare>
where
    T: ArrowPrimitiveType<Native: Into<i64>>,
    F: Form,
{
    Box::new(Temporals::<T, F, UNIT> {
        values: array.as_primitive::<T>().clone(),
        form: PhantomData,
    })
}

/// Values that count in fractions of a day (dates) or of a second (timestamps, times): `UNIT` of them
/// are a whole one.
struct Temporals<T: ArrowPrimitiveType, F, const UNIT: i64> {
    values: PrimitiveArray<T>,
    form: PhantomData<F>,
}

impl<T, F, const UNIT: i64> Prepare for Temporals<T, F, UNIT>
where
    T: ArrowPrimitiveType<Native: Into<i64>>,
    F: Form,
{
    fn prepare(&self, _column: &Column, rows: Range<usize>, texts: &mut Texts, left: &mut RowSet) {
        let whole = whole::<T, UNIT>(&self.values.values()[rows], F::RANGE, left);
        F::write(&whole, texts.slots());
    }

    fn upcoming(&self, rows: Range<usize>) -> [&[u8]; 2] {
        [values_of(&self.values, &rows), &[]]
    }
}

/// What whole days or seconds become.
trait Form: Send + Sync + 'static {
    /// The first and the last that have a text.
    const RANGE: (i64, i64);

    fn write(whole: &[i64; ROWS], slots: Slots<'_>);
}

struct Dates;

impl Form for Dates {
    const RANGE: (i64, i64) = (FIRST_DAY, LAST_DAY);

    fn write(days: &[i64; ROWS], slots: Slots<'_>) {
        write_dates(days, slots);
    }
}

struct Timestamps;

impl Form for Timestamps {
    const RANGE: (i64, i64) = (
        FIRST_DAY * SECONDS_A_DAY,
        (LAST_DAY + 1) * SECONDS_A_DAY - 1,
    );

    fn write(seconds: &[i64; ROWS], slots: Slots<'_>) {
        write_timestamps(seconds, slots);
    }
}

struct Times;

impl Form for Times {
    const RANGE: (i64, i64) = (0, SECONDS_A_DAY - 1);

    fn write(seconds: &[i64; ROWS], slots: Slots<'_>) {
        write_times(seconds, slots);
    }
}

/// The values in whole days or seconds, and inside `range`: a row whose value isn't is left.
fn whole<T: ArrowPrimitiveType<Native: Into<i64>>, const UNIT: i64>(
    values: &[T::Native],
    range: (i64, i64),
    left: &mut RowSet,
) -> [i64; ROWS] {
    let mut whole = [0; ROWS];
    if !divide::<T::Native, UNIT>(values, range, &mut whole) {
        for (row, whole) in whole.iter_mut().enumerate() {
            if !(range.0..=range.1).contains(whole) {
                left.insert(row);
                *whole = 0;
            }
        }
    }
    whole
}

/// Divides by `UNIT`, and tells whether every quotient is inside the range.
#[multiversion(targets = "simd")]
fn divide<T: Copy + Into<i64>, const UNIT: i64>(
    values: &[T],
    (first, last): (i64, i64),
    whole: &mut [i64; ROWS],
) -> bool {
    let mut outside = 0;
    for (whole, &value) in whole.iter_mut().zip(values) {
        let value: i64 = value.into();
        *whole = if UNIT == 1 {
            value
        } else {
            floor_divide(value, UNIT)
        };
        outside |= u64::from(*whole < first) | u64::from(*whole > last);
    }
    outside == 0
}

#[multiversion(targets = "simd")]
fn write_dates(days: &[i64; ROWS], slots: Slots<'_>) {
    let (mut months, mut of_month) = ([0; ROWS], [0; ROWS]);
    for ((month, day), &days) in months.iter_mut().zip(&mut of_month).zip(days) {
        (*month, *day) = date(shift(days));
    }
    let each_slot = slots.each.iter_mut().zip(slots.starts).zip(slots.lengths);
    for (row, ((slot, start), length)) in each_slot.enumerate() {
        slot[..8].copy_from_slice(&months[row].to_le_bytes());
        slot[8..12].copy_from_slice(&of_month[row].to_le_bytes());
        (*start, *length) = (slot_start(row), 10);
    }
}

#[multiversion(targets = "simd")]
fn write_timestamps(seconds: &[i64; ROWS], slots: Slots<'_>) {
    let (mut days, mut of_day) = ([0; ROWS], [0; ROWS]);
    for ((day, of_day), &seconds) in days.iter_mut().zip(&mut of_day).zip(seconds) {
        let whole = floor_divide(seconds, SECONDS_A_DAY);
        *day = shift(whole);
        *of_day = small(seconds - whole * SECONDS_A_DAY);
    }
    let (mut first, mut second, mut third) = ([0; ROWS], [0; ROWS], [0; ROWS]);
    for row in 0..ROWS {
        let (month, day) = date(days[row]);
        let (hours, seconds) = time(of_day[row]);
        first[row] = month;
        // The day, a space, and the time up to its second colon; the rest stands behind it.
        second[row] = u64::from(day) | u64::from(b' ') << 16 | hours << 24;
        third[row] = seconds << 8 | u32::from(b':');
    }
    let each_slot = slots.each.iter_mut().zip(slots.starts).zip(slots.lengths);
    for (row, ((slot, start), length)) in each_slot.enumerate() {
        slot[..8].copy_from_slice(&first[row].to_le_bytes());
        slot[8..16].copy_from_slice(&second[row].to_le_bytes());
        slot[16..20].copy_from_slice(&third[row].to_le_bytes());
        (*start, *length) = (slot_start(row), 19);
    }
}

#[multiversion(targets = "simd")]
fn write_times(of_day: &[i64; ROWS], slots: Slots<'_>) {
    let (mut hours, mut seconds) = ([0; ROWS], [0; ROWS]);
    for ((hours, seconds), &of_day) in hours.iter_mut().zip(&mut seconds).zip(of_day) {
        let (hour, second) = time(small(of_day));
        (*hours, *seconds) = (hour, second << 8 | u32::from(b':'));
    }
    let each_slot = slots.each.iter_mut().zip(slots.starts).zip(slots.lengths);
    for (row, ((slot, start), length)) in each_slot.enumerate() {
        slot[..8].copy_from_slice(&hours[row].to_le_bytes());
        slot[5..9].copy_from_slice(&seconds[row].to_le_bytes());
        (*start, *length) = (slot_start(row), 8);
    }
}

/// The quotient, rounded down, of a division that a processor has no vector instruction for.
///
/// By way of floats: the quotient can be off by one, which the remainder tells. It is never off by
/// more for the five divisors there are and quotients inside our ranges, as the tests try; a quotient
/// outside of a range stays outside.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "what is lost is mended"
)]
fn floor_divide(number: i64, by: i64) -> i64 {
    let quotient = (number as f64 * (1.0 / by as f64)) as i64;
    let remainder = number.wrapping_sub(quotient.wrapping_mul(by));
    quotient + i64::from(remainder >= by) - i64::from(remainder < 0)
}

/// A number of seconds less than a day.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is small"
)]
fn small(seconds: i64) -> u32 {
    seconds as u32
}

/// Days since 0000-03-01, from days since 1970-01-01 that are inside the range.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range makes it positive, and small"
)]
fn shift(days: i64) -> u32 {
    (days + 719_468) as u32
}

/// `YYYY-MM-` and `DD` of days since 0000-03-01, in the proleptic Gregorian calendar; the first
/// character in the lowest byte.
///
/// Neri and Schneider, "Euclidean affine functions and their application to calendar algorithms"
/// (2023): years that start in March put the leap day last, and multiplications replace divisions.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the low half is what is asked for"
)]
fn date(days: u32) -> (u64, u32) {
    let quarters = 4 * days + 3;
    let century = quarters / 146_097;
    let of_century = (quarters % 146_097) | 3;
    let scaled = 2_939_745 * u64::from(of_century);
    let year_of_century = (scaled >> 32) as u32;
    let day_of_year = scaled as u32 / 2_939_745 / 4;
    let month_and_day = 2_141 * day_of_year + 197_913;
    let (month, day) = (month_and_day >> 16, (month_and_day & 0xffff) / 2_141 + 1);
    let after_december = u32::from(day_of_year >= 306);
    let month = month - 12 * after_december;
    let year = 100 * century + year_of_century + after_december;
    let (high, low) = (year / 100, year % 100);

    let years = two(high) | two(low) << 16 | 0x3030_3030;
    let months = u32::from(b'-') | two(month) << 8 | 0x0030_3000 | u32::from(b'-') << 24;
    (
        u64::from(years) | u64::from(months) << 32,
        two(day) | 0x3030,
    )
}

/// `HH:MM` and `SS` of seconds since midnight; the first character in the lowest byte.
#[inline(always)]
fn time(seconds: u32) -> (u64, u32) {
    let hour = seconds / 3_600;
    let minute = (seconds - hour * 3_600) / 60;
    let second = seconds - hour * 3_600 - minute * 60;
    let hours = two(hour) | u32::from(b':') << 16 | 0x3030;
    let minutes = two(minute) | 0x3030;
    (
        u64::from(hours) | u64::from(minutes) << 24,
        two(second) | 0x3030,
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotients_are_rounded_down_at_every_border() {
        for by in [1_000, 86_400, 1_000_000, 86_400_000, 1_000_000_000] {
            for quotient in [
                -62_135_596_800,
                -719_162,
                -1,
                0,
                1,
                2_932_896,
                253_402_300_799_i64,
            ] {
                let Some(product) = quotient.checked_mul(by) else {
                    continue;
                };
                for number in [product - 1, product, product + 1, product + by - 1] {
                    assert_eq!(floor_divide(number, by), number.div_euclid(by));
                }
            }
        }
        assert_eq!(floor_divide(i64::MIN, 1_000_000_000), -9_223_372_037);
        assert_eq!(floor_divide(i64::MAX, 1_000_000_000), 9_223_372_036);
    }

    #[test]
    fn every_day_agrees_with_the_encoder_of_single_rows() {
        for start in (FIRST_DAY..=LAST_DAY).step_by(ROWS) {
            let days: Vec<i64> = (start..=LAST_DAY).take(ROWS).collect();
            for day in days {
                let (month, of_month) = date(shift(day));
                let mut text = month.to_le_bytes().to_vec();
                text.extend_from_slice(&of_month.to_le_bytes()[..2]);
                let mut expected = Vec::new();
                assert!(crate::encode::push_date(day, &mut expected));
                assert_eq!(text, expected);
            }
        }
    }

    proptest! {
        #[test]
        fn quotients_are_rounded_down(
            quotient in FIRST_DAY * SECONDS_A_DAY..(LAST_DAY + 1) * SECONDS_A_DAY,
            by in prop::sample::select(vec![1_000, 86_400, 1_000_000, 86_400_000, 1_000_000_000]),
            beyond in -1..=1_i64,
        ) {
            let days = [86_400, 86_400_000].contains(&by);
            let quotient = if days { quotient / SECONDS_A_DAY } else { quotient };
            if let Some(number) = quotient.checked_mul(by).and_then(|it| it.checked_add(beyond)) {
                prop_assert_eq!(floor_divide(number, by), number.div_euclid(by));
            }
        }
    }

    #[test]
    fn what_is_outside_stays_outside() {
        for value in [i64::MIN, i64::MIN / 1_000, i64::MAX / 1_000, i64::MAX] {
            let range = (FIRST_DAY * SECONDS_A_DAY, LAST_DAY * SECONDS_A_DAY);
            let mut whole = [0; ROWS];
            assert!(!divide::<i64, 1_000>(&[value], range, &mut whole));
        }
    }
}
