//! Numbers as text: plain digits that read back as the same number.

use std::fmt::Debug;
use std::str::FromStr;

use arrow::array::Array;
use arrow::datatypes::{
    DataType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Float16Type,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use half::f16;

use super::Code;
use super::text::at;

const NOT_FINITE: Code = "not-finite";

pub(super) fn text(array: &dyn Array, row: usize) -> Result<String, Code> {
    use DataType as T;
    Ok(match array.data_type() {
        T::Int8 => integer(at::<Int8Type>(array, row)),
        T::Int16 => integer(at::<Int16Type>(array, row)),
        T::Int32 => integer(at::<Int32Type>(array, row)),
        T::Int64 => integer(at::<Int64Type>(array, row)),
        T::UInt8 => integer(at::<UInt8Type>(array, row)),
        T::UInt16 => integer(at::<UInt16Type>(array, row)),
        T::UInt32 => integer(at::<UInt32Type>(array, row)),
        T::UInt64 => integer(at::<UInt64Type>(array, row)),
        T::Decimal32(_, scale) => decimal(&at::<Decimal32Type>(array, row).to_string(), *scale),
        T::Decimal64(_, scale) => decimal(&at::<Decimal64Type>(array, row).to_string(), *scale),
        T::Decimal128(_, scale) => decimal(&at::<Decimal128Type>(array, row).to_string(), *scale),
        T::Decimal256(_, scale) => decimal(&at::<Decimal256Type>(array, row).to_string(), *scale),
        T::Float16 => half(at::<Float16Type>(array, row))?,
        T::Float32 => single(at::<Float32Type>(array, row))?,
        T::Float64 => double(at::<Float64Type>(array, row))?,
        other => panic!("{other} is no number"),
    })
}

/// Checks that `text` is plain, and reads back as the number that `same` knows.
fn checked<N: FromStr<Err: Debug>>(text: String, same: impl Fn(N) -> bool) -> String {
    assert!(
        text.bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-')),
        "{text} is not plain"
    );
    assert!(same(text.parse().unwrap()), "{text} is another number");
    text
}

fn integer<N: ToString + FromStr<Err: Debug> + Copy + PartialEq>(value: N) -> String {
    checked(value.to_string(), |read: N| read == value)
}

fn double(value: f64) -> Result<String, Code> {
    if !value.is_finite() {
        return Err(NOT_FINITE);
    }
    let same = |read: f64| read.to_bits() == value.to_bits();
    let text = nearest(
        format!("{value}"),
        |text| same(text.parse().unwrap()),
        |places| format!("{value:.places$e}"),
    );
    Ok(checked(text, same))
}

fn single(value: f32) -> Result<String, Code> {
    if !value.is_finite() {
        return Err(NOT_FINITE);
    }
    let same = |read: f32| read.to_bits() == value.to_bits();
    let text = nearest(
        format!("{value}"),
        |text| same(text.parse().unwrap()),
        |places| format!("{value:.places$e}"),
    );
    Ok(checked(text, same))
}

/// Among the shortest decimals, `Display` finds the nearest one; of two that are equally near, it takes
/// the one with the odd last digit as soon as the even one. This takes the even one, as rounding does.
fn nearest(
    shortest: String,
    is_same: impl Fn(&str) -> bool,
    with_places: impl Fn(usize) -> String,
) -> String {
    let bare = shortest.replace(['-', '.'], "");
    let significant = bare.trim_start_matches('0').trim_end_matches('0');
    let Some(places) = significant.len().checked_sub(1) else {
        return shortest;
    };
    let rounded = with_places(places);
    let mut digits = rounded.bytes().filter(u8::is_ascii_digit).take(places + 1);
    let mut in_significant = false;
    let even: String = shortest
        .chars()
        .map(|character| {
            in_significant |= character.is_ascii_digit() && character != '0';
            if in_significant && character.is_ascii_digit() {
                digits.next().map_or('0', char::from)
            } else {
                character
            }
        })
        .collect();
    if is_same(&even) { even } else { shortest }
}

/// The shortest of the decimals that are nearest to the value, in one to five digits.
fn half(value: f16) -> Result<String, Code> {
    if !value.is_finite() {
        return Err(NOT_FINITE);
    }
    let same = |read: f64| f16::from_f64(read).to_bits() == value.to_bits();
    let shortest = (0..5)
        .map(|places| format!("{:.places$e}", value.to_f64()))
        .find(|text| same(text.parse().unwrap()))
        .unwrap();
    let plain = shortest.parse::<f64>().unwrap().to_string();
    Ok(checked(plain, same))
}

/// The decimal of `unscaled` / 10^`scale`, all places of a positive scale written.
fn decimal(unscaled: &str, scale: i8) -> String {
    let (sign, digits) = match unscaled.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", unscaled),
    };
    let Ok(places) = usize::try_from(scale) else {
        let zeros = match digits {
            "0" => 0,
            _ => usize::from(scale.unsigned_abs()),
        };
        return format!("{sign}{digits}{}", "0".repeat(zeros));
    };
    if places == 0 {
        return unscaled.to_owned();
    }
    // A zero before the point at least.
    let digits = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    format!("{sign}{whole}.{fraction}")
}
