//! Which casts can't fail, and change nothing that a lead shows.

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;

/// Whether every value of `from` becomes the same lead as a `to`.
pub(super) fn is_plain(from: &DataType, to: &DataType) -> bool {
    use DataType::{
        Boolean, Date32, Date64, Decimal32, Decimal64, Decimal128, Decimal256, Dictionary,
        FixedSizeList, LargeList, LargeUtf8, List, Null, RunEndEncoded, Struct, Time32, Time64,
        Timestamp, Utf8, Utf8View,
    };
    use TimeUnit::Nanosecond;

    if from == to {
        return true;
    }
    match (from, to) {
        (Null, _) | (Date32, Date64) | (Time32(_) | Time64(_), Time32(_) | Time64(_)) => true,
        (Date32 | Date64, Timestamp(unit, None)) => *unit != Nanosecond,
        (Dictionary(_, values), _) => is_plain(values, to),
        (RunEndEncoded(_, values), _) => is_plain(values.data_type(), to),
        (_, Utf8 | LargeUtf8 | Utf8View) => {
            from.is_integer()
                || from.is_decimal()
                || matches!(from, Utf8 | LargeUtf8 | Utf8View | Boolean | Date32)
        }
        // Leads are sent to the second. Nanoseconds go no further than 2262.
        (Timestamp(unit, _), Timestamp(Nanosecond, _)) if *unit != Nanosecond => false,
        (Timestamp(_, zone), Timestamp(_, other)) => {
            zone == other
                || is_utc(zone.as_deref()) && other.is_none()
                || zone.is_some() && other.is_some()
        }
        (_, Decimal32(..) | Decimal64(..) | Decimal128(..) | Decimal256(..)) => {
            let (Some((digits, scale)), Some((others, other_scale))) = (digits(from), digits(to))
            else {
                return false;
            };
            other_scale == scale && others >= digits
        }
        (
            List(item) | LargeList(item) | FixedSizeList(item, _),
            List(other) | LargeList(other) | FixedSizeList(other, _),
        ) => !matches!(to, FixedSizeList(..)) && is_plain(item.data_type(), other.data_type()),
        (Struct(fields), Struct(others)) => {
            fields.len() == others.len()
                && fields.iter().zip(others).all(|(field, other)| {
                    field.name() == other.name() && is_plain(field.data_type(), other.data_type())
                })
        }
        _ => widens(from, to),
    }
}

/// Whether a value that stands in the statement is the same as a `to`.
///
/// That a text is a number or a date is seen when it is planned: it can't fail later.
pub(super) fn keeps(value: &ScalarValue, to: &DataType) -> bool {
    let from = value.data_type();
    if is_plain(&from, to) || from.is_string() && !to.is_string() {
        return true;
    }
    let there_and_back = || value.cast_to(to)?.cast_to(&from);
    from.is_numeric() && to.is_numeric() && there_and_back().is_ok_and(|back| back == *value)
}

fn is_utc(zone: Option<&str>) -> bool {
    matches!(zone, Some("UTC" | "Z" | "+00:00" | "Etc/UTC"))
}

/// Whether one number's type has all values of the other, as the same text.
fn widens(from: &DataType, to: &DataType) -> bool {
    let (Some(bits), Some(others)) = (integer_bits(from), integer_bits(to)) else {
        return to.is_floating() && integer_bits(from).is_some_and(|bits| bits <= mantissa(to));
    };
    let (signed, other_signed) = (from.is_signed_integer(), to.is_signed_integer());
    match (signed, other_signed) {
        (true, true) | (false, false) => others >= bits,
        (false, true) => others > bits,
        (true, false) => false,
    }
}

fn integer_bits(data_type: &DataType) -> Option<u8> {
    match data_type {
        DataType::Int8 | DataType::UInt8 => Some(8),
        DataType::Int16 | DataType::UInt16 => Some(16),
        DataType::Int32 | DataType::UInt32 => Some(32),
        DataType::Int64 | DataType::UInt64 => Some(64),
        _ => None,
    }
}

/// How many bits an integer may have, to be the same as a float.
fn mantissa(data_type: &DataType) -> u8 {
    match data_type {
        DataType::Float16 => 11,
        DataType::Float32 => 24,
        DataType::Float64 => 53,
        _ => 0,
    }
}

/// The digits of a decimal or an integer, and how many of them are behind the point.
fn digits(data_type: &DataType) -> Option<(i16, i16)> {
    match data_type {
        DataType::Decimal32(digits, scale)
        | DataType::Decimal64(digits, scale)
        | DataType::Decimal128(digits, scale)
        | DataType::Decimal256(digits, scale) => Some((i16::from(*digits), i16::from(*scale))),
        DataType::Int8 | DataType::UInt8 => Some((3, 0)),
        DataType::Int16 | DataType::UInt16 => Some((5, 0)),
        DataType::Int32 | DataType::UInt32 => Some((10, 0)),
        DataType::Int64 => Some((19, 0)),
        DataType::UInt64 => Some((20, 0)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::TimeUnit::{Microsecond, Nanosecond};

    use super::*;
    use DataType::{
        Boolean, Date32, Decimal128, Float32, Float64, Int32, Int64, Null, Timestamp, UInt8,
        UInt64, Utf8, Utf8View,
    };

    fn dictionary(values: DataType) -> DataType {
        DataType::Dictionary(Box::new(Int32), Box::new(values))
    }

    #[test]
    fn what_keeps_every_value_is_plain() {
        for (from, to) in [
            (Null, Int64),
            (Utf8View, Utf8),
            (dictionary(Utf8), Utf8View),
            (Int64, Utf8),
            (Boolean, Utf8),
            (Date32, Utf8),
            (Int32, Int64),
            (UInt8, Int32),
            (Int32, Float64),
            (Int64, Decimal128(19, 0)),
            (Decimal128(10, 2), Decimal128(12, 2)),
            (Date32, Timestamp(Microsecond, None)),
            (Timestamp(Nanosecond, None), Timestamp(Microsecond, None)),
            (
                Timestamp(Microsecond, Some("UTC".into())),
                Timestamp(Microsecond, None),
            ),
        ] {
            assert!(is_plain(&from, &to), "{from} to {to}");
        }
    }

    #[test]
    fn what_can_fail_or_changes_a_value_is_not() {
        for (from, to) in [
            (Utf8, Int64),
            (Utf8, Date32),
            (Int64, Int32),
            (UInt64, Int64),
            (Int32, UInt64),
            (Int64, Float64),
            (Float64, Int64),
            (Float32, Float64),
            (Float64, Utf8),
            (Decimal128(12, 4), Decimal128(12, 2)),
            (Decimal128(10, 2), Decimal128(12, 4)),
            (Int64, Decimal128(21, 2)),
            (Date32, Timestamp(Nanosecond, None)),
            (Timestamp(Microsecond, None), Timestamp(Nanosecond, None)),
            (Timestamp(Nanosecond, None), Date32),
            (Timestamp(Nanosecond, None), Utf8),
            (
                Timestamp(Microsecond, Some("Asia/Kolkata".into())),
                Timestamp(Microsecond, None),
            ),
            (
                Timestamp(Microsecond, None),
                Timestamp(Microsecond, Some("UTC".into())),
            ),
        ] {
            assert!(!is_plain(&from, &to), "{from} to {to}");
        }
    }
}
