//! Dates `YYYY-MM-DD`, timestamps `YYYY-MM-DD HH:MM:SS` in UTC, times `HH:MM:SS`.
//!
//! A zoned Arrow timestamp is stored as an instant in UTC already, so its zone changes nothing. What
//! is finer than a second is cut off, as the API's text has no place for it.

use std::fmt::Display;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Date64Type, Time32MillisecondType, Time32SecondType,
    Time64MicrosecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};

use super::{Cells, Fault};

pub(crate) const SECONDS_A_DAY: i64 = 86_400;
const MILLISECONDS_A_DAY: i64 = 86_400_000;
/// Days from 1970-01-01 to 0001-01-01 and to 9999-12-31.
pub(crate) const FIRST_DAY: i64 = -719_162;
pub(crate) const LAST_DAY: i64 = 2_932_896;

/// The cells of a date, timestamp or time array.
pub(super) fn cells(array: &ArrayRef) -> Option<Box<dyn Cells>> {
    use DataType as T;
    use TimeUnit as U;
    Some(match array.data_type() {
        T::Date32 => temporals::<Date32Type>(array, 1, Dates),
        T::Date64 => temporals::<Date64Type>(array, MILLISECONDS_A_DAY, Dates),
        T::Timestamp(U::Second, _) => temporals::<TimestampSecondType>(array, 1, Timestamps),
        T::Timestamp(U::Millisecond, _) => {
            temporals::<TimestampMillisecondType>(array, 1_000, Timestamps)
        }
        T::Timestamp(U::Microsecond, _) => {
            temporals::<TimestampMicrosecondType>(array, 1_000_000, Timestamps)
        }
        T::Timestamp(U::Nanosecond, _) => {
            temporals::<TimestampNanosecondType>(array, 1_000_000_000, Timestamps)
        }
        T::Time32(U::Second) => temporals::<Time32SecondType>(array, 1, Times),
        T::Time32(U::Millisecond) => temporals::<Time32MillisecondType>(array, 1_000, Times),
        T::Time64(U::Microsecond) => temporals::<Time64MicrosecondType>(array, 1_000_000, Times),
        T::Time64(U::Nanosecond) => temporals::<Time64NanosecondType>(array, 1_000_000_000, Times),
        _ => return None,
    })
}

fn temporals<T>(array: &ArrayRef, per_unit: i64, form: impl Form + 'static) -> Box<dyn Cells>
where
    T: ArrowPrimitiveType<Native: Into<i64> + Display>,
{
    Box::new(Temporals {
        values: array.as_primitive::<T>().clone(),
        per_unit,
        form,
    })
}

/// Values that count in fractions of a day (dates) or of a second (timestamps, times).
struct Temporals<T: ArrowPrimitiveType, F> {
    values: PrimitiveArray<T>,
    per_unit: i64,
    form: F,
}

impl<T, F> Cells for Temporals<T, F>
where
    T: ArrowPrimitiveType<Native: Into<i64> + Display>,
    F: Form,
{
    fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        let value = self.values.value(row);
        if self.form.write(value.into().div_euclid(self.per_unit), out) {
            Ok(())
        } else {
            Err(Fault::OutOfRange {
                value: value.to_string(),
                range: F::RANGE,
            })
        }
    }
}

trait Form: Send + Sync {
    const RANGE: &'static str;

    /// Appends the text of `value`, whole days or seconds; false if it is out of range.
    fn write(&self, value: i64, out: &mut Vec<u8>) -> bool;
}

struct Dates;

impl Form for Dates {
    const RANGE: &'static str = "the dates from 0001-01-01 to 9999-12-31";

    fn write(&self, days: i64, out: &mut Vec<u8>) -> bool {
        push_date(days, out)
    }
}

struct Timestamps;

impl Form for Timestamps {
    const RANGE: &'static str = "the years from 0001 to 9999";

    fn write(&self, seconds: i64, out: &mut Vec<u8>) -> bool {
        if !push_date(seconds.div_euclid(SECONDS_A_DAY), out) {
            return false;
        }
        out.push(b' ');
        push_time(seconds.rem_euclid(SECONDS_A_DAY), out);
        true
    }
}

struct Times;

impl Form for Times {
    const RANGE: &'static str = "the times of a day, 00:00:00 to 23:59:59";

    fn write(&self, seconds: i64, out: &mut Vec<u8>) -> bool {
        let valid = (0..SECONDS_A_DAY).contains(&seconds);
        if valid {
            push_time(seconds, out);
        }
        valid
    }
}

pub(crate) fn push_date(days: i64, out: &mut Vec<u8>) -> bool {
    if !(FIRST_DAY..=LAST_DAY).contains(&days) {
        return false;
    }
    let (year, month, day) = civil(days);
    push_two(year / 100, out);
    push_two(year % 100, out);
    out.push(b'-');
    push_two(month, out);
    out.push(b'-');
    push_two(day, out);
    true
}

fn push_time(seconds: i64, out: &mut Vec<u8>) {
    push_two(seconds / 3600, out);
    out.push(b':');
    push_two(seconds / 60 % 60, out);
    out.push(b':');
    push_two(seconds % 60, out);
}

/// Appends a number under 100 as two digits.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "each digit is 0 to 9"
)]
fn push_two(number: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]);
}

/// Year, month and day of the proleptic Gregorian calendar, from days since 1970-01-01.
///
/// Howard Hinnant's `civil_from_days`: years that start in March put the leap day last.
fn civil(days: i64) -> (i64, i64, i64) {
    const DAYS_IN_400_YEARS: i64 = 146_097;
    const MARCH_OF_YEAR_0: i64 = 719_468;
    let shifted = days + MARCH_OF_YEAR_0;
    let era = shifted.div_euclid(DAYS_IN_400_YEARS);
    let day_of_era = shifted.rem_euclid(DAYS_IN_400_YEARS);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use arrow::temporal_conversions::date32_to_datetime;

    use super::*;

    fn date(days: i64) -> Option<String> {
        let mut out = Vec::new();
        push_date(days, &mut out).then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn every_day_of_ten_thousand_years_agrees_with_chrono() {
        for days in FIRST_DAY..=LAST_DAY {
            let expected = date32_to_datetime(i32::try_from(days).unwrap()).unwrap();
            assert_eq!(date(days).unwrap(), expected.date().to_string());
        }
    }

    #[test]
    fn the_borders_are_the_first_and_the_last_day() {
        assert_eq!(date(FIRST_DAY).unwrap(), "0001-01-01");
        assert_eq!(date(LAST_DAY).unwrap(), "9999-12-31");
        assert_eq!(date(FIRST_DAY - 1), None);
        assert_eq!(date(LAST_DAY + 1), None);
        assert_eq!(date(i64::MAX), None);
    }

    #[test]
    fn times_before_1970_count_forward() {
        let mut out = Vec::new();
        assert!(Timestamps.write(-1, &mut out));
        assert_eq!(out, b"1969-12-31 23:59:59");
    }
}
