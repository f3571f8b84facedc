//! Numbers: integers and decimals plain, floats as the shortest text that reads back the same.

use std::fmt::Display;
use std::io::Write as _;
use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, downcast_integer};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    Float16Type, Float32Type, Float64Type, i256,
};
use half::f16;

use super::{Cells, Fault};

/// The cells of a numeric array.
pub(super) fn cells(array: &ArrayRef) -> Option<Box<dyn Cells>> {
    use DataType as T;
    macro_rules! integers {
        ($integer:ty, $array:ident) => {
            Box::new(Integers($array.as_primitive::<$integer>().clone()))
        };
    }
    Some(downcast_integer! {
        array.data_type() => (integers, array),
        T::Float16 => Box::new(Floats(array.as_primitive::<Float16Type>().clone())),
        T::Float32 => Box::new(Floats(array.as_primitive::<Float32Type>().clone())),
        T::Float64 => Box::new(Floats(array.as_primitive::<Float64Type>().clone())),
        T::Decimal32(_, scale) => decimals::<Decimal32Type>(array, *scale),
        T::Decimal64(_, scale) => decimals::<Decimal64Type>(array, *scale),
        T::Decimal128(_, scale) => decimals::<Decimal128Type>(array, *scale),
        T::Decimal256(_, scale) => decimals::<Decimal256Type>(array, *scale),
        _ => return None,
    })
}

struct Integers<T: ArrowPrimitiveType>(PrimitiveArray<T>);

impl<T: ArrowPrimitiveType<Native: itoa::Integer>> Cells for Integers<T> {
    fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        push_integer(self.0.value(row), out);
        Ok(())
    }
}

struct Floats<T: ArrowPrimitiveType>(PrimitiveArray<T>);

impl<T: ArrowPrimitiveType<Native: Float>> Cells for Floats<T> {
    fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        push_float(self.0.value(row), out)
    }
}

/// Appends the shortest digits that read back as the same value, without an exponent.
pub(crate) fn push_float(value: impl Float, out: &mut Vec<u8>) -> Result<(), Fault> {
    if value.is_finite() {
        value.push_plain(out);
        Ok(())
    } else {
        Err(Fault::NotFinite {
            value: value.to_string(),
        })
    }
}

/// A float of any width.
pub(crate) trait Float: Copy + Display {
    fn is_finite(self) -> bool;

    /// Appends the shortest digits of a finite value that read back the same, without an exponent.
    fn push_plain(self, out: &mut Vec<u8>);

    /// The same digits, if the value is of a size that is always written without an exponent.
    fn ordinary(self, _buffer: &mut zmij::Buffer) -> Option<&str> {
        None
    }
}

/// The sizes of ordinary numbers, all of which `zmij` writes without an exponent.
const ORDINARY: Range<f64> = 1e-3..1e12;

impl Float for f64 {
    fn is_finite(self) -> bool {
        f64::is_finite(self)
    }

    fn push_plain(self, out: &mut Vec<u8>) {
        push_without_exponent(zmij::Buffer::new().format_finite(self), out);
    }

    fn ordinary(self, buffer: &mut zmij::Buffer) -> Option<&str> {
        let is_ordinary = ORDINARY.contains(&self.abs());
        is_ordinary.then(|| without_zero(buffer.format_finite(self)))
    }
}

impl Float for f32 {
    fn is_finite(self) -> bool {
        f32::is_finite(self)
    }

    fn push_plain(self, out: &mut Vec<u8>) {
        push_without_exponent(zmij::Buffer::new().format_finite(self), out);
    }

    fn ordinary(self, buffer: &mut zmij::Buffer) -> Option<&str> {
        let is_ordinary = ORDINARY.contains(&f64::from(self.abs()));
        is_ordinary.then(|| without_zero(buffer.format_finite(self)))
    }
}

impl Float for f16 {
    fn is_finite(self) -> bool {
        f16::is_finite(self)
    }

    fn push_plain(self, out: &mut Vec<u8>) {
        // `half` shows the f32 of the same value, which takes more digits than an f16 has. Five
        // significant ones tell all f16 apart; the first length that reads back is the shortest.
        let exact = f64::from(self);
        let shortest = (0..5)
            .filter_map(|digits| format!("{exact:.digits$e}").parse::<f64>().ok())
            .find(|&short| f16::from_f64(short) == self)
            .unwrap_or(exact);
        shortest.push_plain(out);
    }
}

/// `-1.5` or `2.0` as `-1.5` or `2`.
fn without_zero(number: &str) -> &str {
    number.strip_suffix(".0").unwrap_or(number)
}

/// Appends a number like `-1.5`, `2.0` or `3.25e-7` as `-1.5`, `2` or `0.000000325`.
fn push_without_exponent(number: &str, out: &mut Vec<u8>) {
    let Some((mantissa, exponent)) = number.split_once('e') else {
        out.extend_from_slice(without_zero(number).as_bytes());
        return;
    };
    let digits = mantissa.strip_prefix('-').unwrap_or(mantissa);
    if digits.len() < mantissa.len() {
        out.push(b'-');
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let places = exponent.unsigned_abs() as usize;
    if exponent < 0 {
        // One digit stands before the point of a mantissa.
        out.extend_from_slice(b"0.");
        out.resize(out.len() + places.saturating_sub(1), b'0');
        out.extend_from_slice(whole.as_bytes());
        out.extend_from_slice(fraction.as_bytes());
    } else {
        let (before, after) = fraction.split_at(places.min(fraction.len()));
        out.extend_from_slice(whole.as_bytes());
        out.extend_from_slice(before.as_bytes());
        out.resize(out.len() + places - before.len(), b'0');
        if !after.is_empty() {
            out.push(b'.');
            out.extend_from_slice(after.as_bytes());
        }
    }
}

fn decimals<T: ArrowPrimitiveType<Native: Unscaled>>(
    array: &ArrayRef,
    scale: i8,
) -> Box<dyn Cells> {
    Box::new(Decimals {
        values: array.as_primitive::<T>().clone(),
        scale,
    })
}

struct Decimals<T: ArrowPrimitiveType> {
    values: PrimitiveArray<T>,
    scale: i8,
}

impl<T: ArrowPrimitiveType<Native: Unscaled>> Cells for Decimals<T> {
    fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        let start = out.len();
        self.values.value(row).push_digits(out);
        place_point(out, start, self.scale);
        Ok(())
    }
}

/// A decimal without its point.
trait Unscaled {
    fn push_digits(self, out: &mut Vec<u8>);
}

impl Unscaled for i32 {
    fn push_digits(self, out: &mut Vec<u8>) {
        push_integer(self, out);
    }
}

impl Unscaled for i64 {
    fn push_digits(self, out: &mut Vec<u8>) {
        push_integer(self, out);
    }
}

impl Unscaled for i128 {
    fn push_digits(self, out: &mut Vec<u8>) {
        // Nearly all of them are small enough for a processor's own division.
        match i64::try_from(self) {
            Ok(small) => push_integer(small, out),
            Err(_) => push_integer(self, out),
        }
    }
}

impl Unscaled for i256 {
    fn push_digits(self, out: &mut Vec<u8>) {
        match self.to_i128() {
            Some(small) => small.push_digits(out),
            // A Vec takes every write.
            None => drop(write!(out, "{self}")),
        }
    }
}

fn push_integer(number: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Turns the digits of an unscaled decimal, from `start` on, into the decimal.
///
/// Arrow's own formatter cuts a value with more digits than its precision; this keeps them all.
fn place_point(out: &mut Vec<u8>, start: usize, scale: i8) {
    let digits_start = start + usize::from(out.get(start) == Some(&b'-'));
    let digits = out.len() - digits_start;
    let places = usize::from(scale.unsigned_abs());
    if scale > 0 {
        if digits <= places {
            let zeros = places + 1 - digits;
            out.splice(digits_start..digits_start, std::iter::repeat_n(b'0', zeros));
        }
        out.insert(out.len() - places, b'.');
    } else if out[digits_start..] != *b"0" {
        out.resize(out.len() + places, b'0');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(unscaled: &str, scale: i8) -> String {
        let mut out = b"before".to_vec();
        out.extend_from_slice(unscaled.as_bytes());
        place_point(&mut out, 6, scale);
        String::from_utf8(out[6..].to_vec()).unwrap()
    }

    #[test]
    fn decimals_are_plain() {
        assert_eq!(decimal("12345", 2), "123.45");
        assert_eq!(decimal("-5", 2), "-0.05");
        assert_eq!(decimal("100", 2), "1.00");
        assert_eq!(decimal("0", 3), "0.000");
        assert_eq!(decimal("7", 0), "7");
        assert_eq!(decimal("-7", -2), "-700");
        assert_eq!(decimal("0", -2), "0");
    }

    fn plain(value: impl Float) -> String {
        let mut out = Vec::new();
        value.push_plain(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn floats_have_no_exponent() {
        assert_eq!(plain(1.0), "1");
        assert_eq!(plain(-0.0), "-0");
        assert_eq!(plain(0.1_f32), "0.1");
        assert_eq!(plain(1e21), "1000000000000000000000");
        assert_eq!(plain(5e-7), "0.0000005");
        assert_eq!(plain(-1.25e-9), "-0.00000000125");
        assert_eq!(plain(1.25e17), "125000000000000000");
        assert_eq!(plain(f64::MAX).len(), 309);
        assert_eq!(plain(f64::from_bits(1)).len(), 326);
    }

    #[test]
    fn every_finite_f16_is_short_and_reads_back() {
        assert_eq!(plain(f16::from_f32(0.1)), "0.1");
        assert_eq!(plain(f16::MAX), "65500");
        for bits in 0..=u16::MAX {
            let value = f16::from_bits(bits);
            if value.is_finite() {
                let text = plain(value);
                assert_eq!(
                    f16::from_f64(text.parse().unwrap()).to_bits(),
                    bits,
                    "{text}"
                );
            }
        }
    }
}
