//! The text of one value of any type that has one.

use arrow::array::{Array, ArrowPrimitiveType, AsArray, DictionaryArray, RunArray};
use arrow::datatypes::{
    ArrowDictionaryKeyType, ArrowNativeType as _, DataType, Date32Type, Date64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, RunEndIndexType, Time32MillisecondType, Time32SecondType,
    Time64MicrosecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow::temporal_conversions::{
    date32_to_datetime, date64_to_datetime, timestamp_ms_to_datetime, timestamp_ns_to_datetime,
    timestamp_s_to_datetime, timestamp_us_to_datetime,
};

use super::{Code, number};

const OUT_OF_RANGE: Code = "out-of-range";

type Text = Result<Option<String>, Code>;

/// The text of the value at `row`, or `None` if it is null, even if only by what it refers to.
pub(super) fn text(array: &dyn Array, row: usize) -> Text {
    use DataType as T;
    if array.is_null(row) {
        return Ok(None);
    }
    let text = match array.data_type() {
        T::Null => return Ok(None),
        T::Dictionary(keys, _) => return referred_by_key(keys, array, row),
        T::RunEndEncoded(ends, _) => return referred_by_run(ends.data_type(), array, row),
        T::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        T::LargeUtf8 => array.as_string::<i64>().value(row).to_owned(),
        T::Utf8View => array.as_string_view().value(row).to_owned(),
        T::Boolean => array.as_boolean().value(row).to_string(),
        T::List(_) => joined(&array.as_list::<i32>().value(row))?,
        T::LargeList(_) => joined(&array.as_list::<i64>().value(row))?,
        T::ListView(_) => joined(&array.as_list_view::<i32>().value(row))?,
        T::LargeListView(_) => joined(&array.as_list_view::<i64>().value(row))?,
        T::FixedSizeList(..) => joined(&array.as_fixed_size_list().value(row))?,
        T::Date32 => date(date32_to_datetime(at::<Date32Type>(array, row)))?,
        T::Date64 => date(date64_to_datetime(at::<Date64Type>(array, row)))?,
        T::Timestamp(unit, _) => timestamp(*unit, array, row)?,
        T::Time32(unit) | T::Time64(unit) => time(*unit, array, row)?,
        _ => number::text(array, row)?,
    };
    Ok(Some(text))
}

/// The primitive value at `row`.
pub(super) fn at<T: ArrowPrimitiveType>(array: &dyn Array, row: usize) -> T::Native {
    array.as_primitive::<T>().value(row)
}

fn joined(elements: &dyn Array) -> Result<String, Code> {
    let mut texts = Vec::new();
    for element in 0..elements.len() {
        texts.extend(text(elements, element)?);
    }
    Ok(texts.join(";"))
}

fn referred_by_key(keys: &DataType, array: &dyn Array, row: usize) -> Text {
    fn referred<K: ArrowDictionaryKeyType>(array: &dyn Array, row: usize) -> Text {
        let dictionary: &DictionaryArray<K> = array.as_dictionary();
        let key = dictionary.keys().value(row).as_usize();
        text(dictionary.values(), key)
    }
    match keys {
        DataType::Int8 => referred::<Int8Type>(array, row),
        DataType::Int16 => referred::<Int16Type>(array, row),
        DataType::Int32 => referred::<Int32Type>(array, row),
        DataType::Int64 => referred::<Int64Type>(array, row),
        DataType::UInt8 => referred::<UInt8Type>(array, row),
        DataType::UInt16 => referred::<UInt16Type>(array, row),
        DataType::UInt32 => referred::<UInt32Type>(array, row),
        _ => referred::<UInt64Type>(array, row),
    }
}

fn referred_by_run(ends: &DataType, array: &dyn Array, row: usize) -> Text {
    fn referred<R: RunEndIndexType>(array: &dyn Array, row: usize) -> Text {
        let runs: &RunArray<R> = array.as_run();
        let row = runs.run_ends().offset() + row;
        let mut ends = runs.run_ends().values().iter();
        let run = ends.position(|end| end.as_usize() > row).unwrap();
        text(runs.values(), run)
    }
    match ends {
        DataType::Int16 => referred::<Int16Type>(array, row),
        DataType::Int32 => referred::<Int32Type>(array, row),
        _ => referred::<Int64Type>(array, row),
    }
}

/// A moment, as chrono displays it: years of other than four digits come with a sign.
fn moment(moment: Option<impl ToString>) -> Result<String, Code> {
    let text = moment.ok_or(OUT_OF_RANGE)?.to_string();
    if text.starts_with(['+', '-']) || text.starts_with("0000") {
        return Err(OUT_OF_RANGE);
    }
    Ok(text)
}

fn date(date: Option<impl ToString>) -> Result<String, Code> {
    Ok(moment(date)?[.."YYYY-MM-DD".len()].to_owned())
}

fn timestamp(unit: TimeUnit, array: &dyn Array, row: usize) -> Result<String, Code> {
    let text = moment(match unit {
        TimeUnit::Second => timestamp_s_to_datetime(at::<TimestampSecondType>(array, row)),
        TimeUnit::Millisecond => {
            timestamp_ms_to_datetime(at::<TimestampMillisecondType>(array, row))
        }
        TimeUnit::Microsecond => {
            timestamp_us_to_datetime(at::<TimestampMicrosecondType>(array, row))
        }
        TimeUnit::Nanosecond => timestamp_ns_to_datetime(at::<TimestampNanosecondType>(array, row)),
    })?;
    Ok(text[.."YYYY-MM-DD HH:MM:SS".len()].to_owned())
}

fn time(unit: TimeUnit, array: &dyn Array, row: usize) -> Result<String, Code> {
    let (value, a_second) = match unit {
        TimeUnit::Second => (at::<Time32SecondType>(array, row).into(), 1),
        TimeUnit::Millisecond => (at::<Time32MillisecondType>(array, row).into(), 1_000),
        TimeUnit::Microsecond => (at::<Time64MicrosecondType>(array, row), 1_000_000),
        TimeUnit::Nanosecond => (at::<Time64NanosecondType>(array, row), 1_000_000_000),
    };
    if !(0..24 * 60 * 60 * a_second).contains(&value) {
        return Err(OUT_OF_RANGE);
    }
    let (hours, minutes, seconds) = (
        value / a_second / 60 / 60,
        value / a_second / 60 % 60,
        value / a_second % 60,
    );
    Ok(format!("{hours:02}:{minutes:02}:{seconds:02}"))
}
