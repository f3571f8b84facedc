//! A Parquet file with a column of every type becomes leads, which are compared field by field with
//! what an oracle of the tests' own reads from the arrays.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use leadsquared::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Date64Array, Decimal32Array,
    Decimal64Array, Decimal128Array, Decimal256Array, DictionaryArray, FixedSizeListBuilder,
    Float32Array, Float64Array, Float64Builder, Int8Array, Int16Array, Int32Array, Int64Array,
    Int64Builder, LargeListBuilder, LargeStringArray, ListBuilder, MapBuilder, NullArray,
    RecordBatch, StringArray, StringBuilder, StringViewArray, StructArray, Time32MillisecondArray,
    Time32SecondArray, Time64MicrosecondArray, Time64NanosecondArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt8Array,
    UInt16Array, UInt32Array, UInt64Array,
};
use leadsquared::arrow::buffer::NullBuffer;
use leadsquared::arrow::compute::cast;
use leadsquared::arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    Field, Fields, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time32MillisecondType, Time32SecondType, Time64MicrosecondType,
    Time64NanosecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    i256,
};
use leadsquared::{Input, LeadSink, ReadOptions, SinkConfig, SinkExt, Source};
use leadsquared_emulator::Emulator;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use crate::helpers::keys;

/// Two full calls, and one that isn't.
const ROWS: usize = 130;

#[tokio::test]
async fn every_type_arrives_as_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("types.parquet");
    let batch = batch();
    write(&path, &batch);

    let emulator = Emulator::start().await.unwrap();
    let config = SinkConfig::new(emulator.url(), keys(&emulator))
        .build()
        .unwrap();
    let mut sink = LeadSink::start(config).unwrap();
    // Batches that end neither with the row groups nor with the calls.
    let options = ReadOptions::new().with_batch_rows(48);
    let source = Source::open(&Input::file(path), &options).await.unwrap();
    sink.try_drain(source.into_stream()).await.unwrap();
    sink.close().await.unwrap();

    let summary = sink.summary();
    assert!(summary.balances());
    assert!(summary.is_complete(), "{summary:?}");
    assert_eq!((summary.read, summary.calls), (ROWS as u64, 3));

    let leads = emulator.leads();
    assert_eq!(leads.len(), ROWS);
    for row in 0..ROWS {
        let email = email(row);
        let lead = leads
            .iter()
            .find(|lead| lead.get("EmailAddress") == Some(&email))
            .unwrap();
        let (fields, field_sets) = expected(&batch, row);
        assert_eq!(lead.fields, fields, "row {row}");
        assert_eq!(lead.field_sets, field_sets, "row {row}");
    }
}

fn write(path: &Path, batch: &RecordBatch) {
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(37))
        .build();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

// What goes in.

fn email(row: usize) -> String {
    format!("person{row}@example.com")
}

/// The special values first, then others; every sixth row is null.
fn column<T: Clone>(special: &[T], other: impl Fn(usize) -> T) -> Vec<Option<T>> {
    (0..ROWS)
        .map(|row| match special.get(row) {
            Some(value) => Some(value.clone()),
            None if row % 6 == 5 => None,
            None => Some(other(row)),
        })
        .collect()
}

/// Bits without a pattern, the same at every run.
fn scrambled(row: usize) -> u64 {
    let mut bits = (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits ^ (bits >> 31)
}

/// A number from `low` to below `high`, without a pattern.
fn between(low: i64, high: i64, row: usize) -> i64 {
    low + (scrambled(row) >> 1).cast_signed() % (high - low)
}

macro_rules! integers {
    ($array:ty, $native:ty) => {{
        let special = [<$native>::MIN, <$native>::MAX, 0];
        let values = column(&special, |row| {
            let bytes = scrambled(row).to_le_bytes();
            <$native>::from_le_bytes(*bytes.first_chunk().unwrap())
        });
        Arc::new(<$array>::from(values)) as ArrayRef
    }};
}

macro_rules! timestamps {
    ($array:ty, $a_second:expr, $zone:expr) => {{
        // A second before 1970 less a bit, and the far ends of what the unit can say in all units.
        let far = [-9_000_000_000, 9_000_000_000].map(|second: i64| second * $a_second);
        let special = [0, -1, -$a_second - 1, far[0], far[1]];
        let values = column(&special, |row| {
            between(-2_000_000_000 * $a_second, 4_000_000_000 * $a_second, row)
        });
        let zone: Option<&str> = $zone;
        Arc::new(<$array>::from(values).with_timezone_opt(zone)) as ArrayRef
    }};
}

macro_rules! times {
    ($array:ty, $a_second:expr) => {{
        let special = [0, 86_400 * $a_second - 1];
        let values = column(&special, |row| {
            between(0, 86_400 * i64::from($a_second), row)
                .try_into()
                .unwrap()
        });
        Arc::new(<$array>::from(values)) as ArrayRef
    }};
}

fn batch() -> RecordBatch {
    let columns = [texts(), numbers(), temporals(), nested()];
    let columns = columns
        .into_iter()
        .flatten()
        .map(|(name, array)| (name, array, true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

type Columns = Vec<(&'static str, ArrayRef)>;

fn words() -> Vec<Option<String>> {
    let special = [
        "",
        " ",
        "quotes \" and \\ backslashes",
        "lines\nand\r\nlines\t.",
        "\u{0}\u{1}\u{1f}\u{7f}",
        "\u{2028}\u{2029}\u{feff}",
        "मार्टिन லூதர் كينغ 金",
        "👩‍👩‍👧‍👦 🇮🇳",
        "</script><b>&amp;'",
        "null",
    ];
    column(&special.map(str::to_owned), |row| {
        "long ".repeat(row) + &scrambled(row).to_string()
    })
}

fn texts() -> Columns {
    let emails: StringArray = (0..ROWS).map(|row| Some(email(row))).collect();
    let dictionary: DictionaryArray<Int32Type> = (0..ROWS)
        .map(|row| [Some("Gold"), Some("Silver \"plus\""), None][row % 3])
        .collect();
    let flags = column(&[true, false], |row| scrambled(row).is_multiple_of(2));
    vec![
        ("EmailAddress", Arc::new(emails)),
        ("mx_Utf8", Arc::new(StringArray::from_iter(words()))),
        (
            "mx_LargeUtf8",
            Arc::new(LargeStringArray::from_iter(words())),
        ),
        ("mx_Utf8View", Arc::new(StringViewArray::from_iter(words()))),
        ("mx_Dictionary", Arc::new(dictionary)),
        ("mx_Boolean", Arc::new(BooleanArray::from(flags))),
        ("mx_Null", Arc::new(NullArray::new(ROWS))),
    ]
}

fn numbers() -> Columns {
    // Halves: a decimal place is all it takes, in every width.
    let halves: Vec<Option<f32>> = column(&[0.0, -0.5, 60.5], |row| {
        f32::from(i16::try_from(between(-120, 120, row)).unwrap()) / 2.0
    });
    let halves = Float32Array::from(halves);
    let singles = [f32::MAX, f32::MIN_POSITIVE, -0.0, 0.1, 1e-45, 16_777_216.0];
    let singles = column(&singles, |row| {
        let bytes = scrambled(row).to_le_bytes();
        Some(f32::from_le_bytes(*bytes.first_chunk().unwrap()))
            .filter(|value| value.is_finite())
            .unwrap_or(1.5)
    });
    let doubles = [f64::MAX, f64::MIN_POSITIVE, -0.0, 0.1, 5e-324, 1e21, 1e-7];
    let doubles = column(&doubles, |row| {
        Some(f64::from_bits(scrambled(row)))
            .filter(|value| value.is_finite())
            .unwrap_or(1.5)
    });
    let small = Decimal32Array::from(column(&[999_999_999, -1, 0], |row| {
        i32::try_from(between(-999_999, 999_999, row)).unwrap()
    }));
    let medium = Decimal64Array::from(column(&[-999_999_999_999_999_999, 5, 0], |row| {
        between(-999_999_999_999, 999_999_999_999, row)
    }));
    let large = Decimal128Array::from(column(&[10_i128.pow(38) - 1, -7, 0], |row| {
        i128::from(scrambled(row)) * -3
    }));
    let huge = Decimal256Array::from(column(&[i256::from_i128(i128::MIN)], |row| {
        i256::from_i128(i128::from(scrambled(row)) << 60)
    }));
    vec![
        ("mx_Int8", integers!(Int8Array, i8)),
        ("mx_Int16", integers!(Int16Array, i16)),
        ("mx_Int32", integers!(Int32Array, i32)),
        ("mx_Int64", integers!(Int64Array, i64)),
        ("mx_UInt8", integers!(UInt8Array, u8)),
        ("mx_UInt16", integers!(UInt16Array, u16)),
        ("mx_UInt32", integers!(UInt32Array, u32)),
        ("mx_UInt64", integers!(UInt64Array, u64)),
        ("mx_Float16", cast(&halves, &DataType::Float16).unwrap()),
        ("mx_Float32", Arc::new(Float32Array::from(singles))),
        ("mx_Float64", Arc::new(Float64Array::from(doubles))),
        (
            "mx_Decimal32",
            Arc::new(small.with_precision_and_scale(9, 2).unwrap()),
        ),
        (
            "mx_Decimal64",
            Arc::new(medium.with_precision_and_scale(18, 0).unwrap()),
        ),
        (
            "mx_Decimal128",
            Arc::new(large.with_precision_and_scale(38, 38).unwrap()),
        ),
        (
            "mx_Decimal256",
            Arc::new(huge.with_precision_and_scale(76, 5).unwrap()),
        ),
    ]
}

fn temporals() -> Columns {
    let (first, last) = (-719_162, 2_932_896); // 0001-01-01 and 9999-12-31
    let days = column(&[first, last, 0, -1, 11_016], |row| {
        i32::try_from(between(-30_000, 30_000, row)).unwrap()
    });
    let day = |days: &Option<i32>| days.map(|days| i64::from(days) * 86_400_000);
    let milliseconds: Vec<_> = days.iter().map(day).collect();
    vec![
        ("mx_Date32", Arc::new(Date32Array::from(days))),
        ("mx_Date64", Arc::new(Date64Array::from(milliseconds))),
        ("mx_Timestamp_s", timestamps!(TimestampSecondArray, 1, None)),
        (
            "mx_Timestamp_ms",
            timestamps!(TimestampMillisecondArray, 1_000, Some("UTC")),
        ),
        (
            "mx_Timestamp_us",
            timestamps!(TimestampMicrosecondArray, 1_000_000, Some("Asia/Kolkata")),
        ),
        (
            "mx_Timestamp_ns",
            timestamps!(TimestampNanosecondArray, 1_000_000_000, Some("-03:30")),
        ),
        ("mx_Time32_s", times!(Time32SecondArray, 1)),
        ("mx_Time32_ms", times!(Time32MillisecondArray, 1_000)),
        ("mx_Time64_us", times!(Time64MicrosecondArray, 1_000_000)),
        ("mx_Time64_ns", times!(Time64NanosecondArray, 1_000_000_000)),
    ]
}

fn nested() -> Columns {
    let mut choices = ListBuilder::new(StringBuilder::new());
    let mut numbers = LargeListBuilder::new(Int64Builder::new());
    let mut pairs = FixedSizeListBuilder::new(Float64Builder::new(), 2);
    let mut map = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    for row in 0..ROWS {
        let number = between(-1000, 1000, row);
        choices.append_option(match row % 5 {
            0 => None,
            1 => Some(vec![]),
            2 => Some(vec![Some("एक".to_owned())]),
            3 => Some(vec![
                None,
                Some("\"a\"".to_owned()),
                None,
                Some(number.to_string()),
            ]),
            _ => Some(vec![None]),
        });
        numbers.append_option((row % 4 != 0).then(|| [Some(number), None, Some(-number)]));
        pairs.values().append_option((row % 3 != 0).then_some(0.25));
        pairs.values().append_value(-1e-3);
        pairs.append(row % 4 != 1);
        for key in 0..row % 3 {
            map.keys().append_value(format!("mx_CustomObject_{key}"));
            map.values()
                .append_option((number % 2 == 0).then_some(number));
        }
        map.append(row % 7 != 3).unwrap();
    }
    vec![
        ("mx_List", Arc::new(choices.finish())),
        ("mx_LargeList", Arc::new(numbers.finish())),
        ("mx_FixedSizeList", Arc::new(pairs.finish())),
        ("mx_Struct", Arc::new(structs())),
        ("mx_Map", Arc::new(map.finish())),
    ]
}

fn structs() -> StructArray {
    let fields = Fields::from(vec![
        Field::new("Status", DataType::Utf8, true),
        Field::new("mx_CustomObject_1", DataType::Date32, true),
        Field::new("mx_CustomObject_2", DataType::Int64, true),
    ]);
    let statuses: StringArray = (0..ROWS)
        .map(|row| [None, Some("Pending")][row % 2])
        .collect();
    let dates: Date32Array = (0..ROWS)
        .map(|row| [None, Some(19_000)][row / 2 % 2])
        .collect();
    let numbers: Int64Array = (0..ROWS)
        .map(|row| [None, Some(864_563)][row / 4 % 2])
        .collect();
    let known: NullBuffer = (0..ROWS).map(|row| row % 11 != 10).collect();
    let columns: Vec<ArrayRef> = vec![Arc::new(statuses), Arc::new(dates), Arc::new(numbers)];
    StructArray::new(fields, columns, Some(known))
}

// What must come out.

type Pairs = Vec<(String, String)>;

fn expected(batch: &RecordBatch, row: usize) -> (Pairs, Vec<(String, Pairs)>) {
    let mut fields = Pairs::new();
    let mut field_sets = Vec::new();
    for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
        let name = field.name().clone();
        let Some(set) = field_set(array, row) else {
            fields.extend(text(array, row).map(|value| (name, value)));
            continue;
        };
        if !set.is_empty() {
            fields.push((name.clone(), String::new()));
            field_sets.push((name, set));
        }
    }
    (fields, field_sets)
}

/// The fields of a struct or a map, none if it is null; nothing for other types.
fn field_set(array: &ArrayRef, row: usize) -> Option<Pairs> {
    if let Some(array) = array.as_struct_opt() {
        let names = array.fields().iter().map(|field| field.name().clone());
        let fields = names.zip(array.columns()).filter(|_| array.is_valid(row));
        return Some(
            fields
                .filter_map(|(name, column)| Some((name, text(column, row)?)))
                .collect(),
        );
    }
    let map = array.as_map_opt()?;
    let entries = map.value(row);
    let (keys, values) = (entries.column(0), entries.column(1));
    Some(
        (0..entries.len())
            .filter(|_| map.is_valid(row))
            .filter_map(|entry| Some((text(keys, entry)?, text(values, entry)?)))
            .collect(),
    )
}

fn joined(elements: &ArrayRef) -> String {
    let texts: Vec<String> = (0..elements.len())
        .filter_map(|element| text(elements, element))
        .collect();
    texts.join(";")
}

/// The text of a value; none for a null.
fn text(array: &ArrayRef, row: usize) -> Option<String> {
    const INSTANT: &str = "%Y-%m-%d %H:%M:%S";
    const DATE: &str = "%Y-%m-%d";
    const TIME: &str = "%H:%M:%S";
    macro_rules! plain {
        ($type:ty) => {
            array.as_primitive::<$type>().value(row).to_string()
        };
    }
    macro_rules! decimal {
        ($type:ty) => {
            array.as_primitive::<$type>().value_as_string(row)
        };
    }
    macro_rules! chrono {
        ($type:ty, $get:ident, $format:expr) => {
            array
                .as_primitive::<$type>()
                .$get(row)?
                .format($format)
                .to_string()
        };
    }
    if array.is_null(row) || array.data_type().is_null() {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).to_owned(),
        DataType::Utf8View => array.as_string_view().value(row).to_owned(),
        DataType::Dictionary(..) => {
            let array = array.as_dictionary::<Int32Type>();
            return text(array.values(), array.key(row)?);
        }
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Int8 => plain!(Int8Type),
        DataType::Int16 => plain!(Int16Type),
        DataType::Int32 => plain!(Int32Type),
        DataType::Int64 => plain!(Int64Type),
        DataType::UInt8 => plain!(UInt8Type),
        DataType::UInt16 => plain!(UInt16Type),
        DataType::UInt32 => plain!(UInt32Type),
        DataType::UInt64 => plain!(UInt64Type),
        DataType::Float16 => array
            .as_primitive::<Float16Type>()
            .value(row)
            .to_f32()
            .to_string(),
        DataType::Float32 => plain!(Float32Type),
        DataType::Float64 => plain!(Float64Type),
        DataType::Decimal32(..) => decimal!(Decimal32Type),
        DataType::Decimal64(..) => decimal!(Decimal64Type),
        DataType::Decimal128(..) => decimal!(Decimal128Type),
        DataType::Decimal256(..) => decimal!(Decimal256Type),
        DataType::Date32 => chrono!(Date32Type, value_as_date, DATE),
        DataType::Date64 => chrono!(Date64Type, value_as_date, DATE),
        DataType::Timestamp(TimeUnit::Second, _) => {
            chrono!(TimestampSecondType, value_as_datetime, INSTANT)
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            chrono!(TimestampMillisecondType, value_as_datetime, INSTANT)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            chrono!(TimestampMicrosecondType, value_as_datetime, INSTANT)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            chrono!(TimestampNanosecondType, value_as_datetime, INSTANT)
        }
        DataType::Time32(TimeUnit::Second) => chrono!(Time32SecondType, value_as_time, TIME),
        DataType::Time32(_) => chrono!(Time32MillisecondType, value_as_time, TIME),
        DataType::Time64(TimeUnit::Microsecond) => {
            chrono!(Time64MicrosecondType, value_as_time, TIME)
        }
        DataType::Time64(_) => chrono!(Time64NanosecondType, value_as_time, TIME),
        DataType::List(_) => joined(&array.as_list::<i32>().value(row)),
        DataType::LargeList(_) => joined(&array.as_list::<i64>().value(row)),
        DataType::FixedSizeList(..) => joined(&array.as_fixed_size_list().value(row)),
        other => unreachable!("a column of {other} without an oracle"),
    })
}
