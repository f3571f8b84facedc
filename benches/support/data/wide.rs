//! The wide set: an address and two hundred columns of all kinds.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int32Array, Int64Array,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::Int32Type;
use arrow::error::ArrowError;
use fake::RngExt;
use fake::rand::rngs::ChaCha8Rng;

use super::draw;

const COLUMNS: usize = 200;
/// In a hundred values.
const NULLS: u32 = 5;
const SEGMENTS: [&str; 6] = [
    "Enterprise",
    "Mid-market",
    "Startup",
    "Public",
    "School",
    "Home",
];

pub(super) fn batch(
    numbers: Range<usize>,
    rng: &mut ChaCha8Rng,
) -> Result<RecordBatch, ArrowError> {
    let rows = numbers.len();
    let emails: StringArray = numbers
        .map(|number| Some(draw::person(number, rng).0))
        .collect();
    let mut columns: Vec<(String, ArrayRef)> = vec![("EmailAddress".into(), Arc::new(emails))];
    for number in 1..=COLUMNS {
        columns.push((format!("mx_Custom_{number:03}"), column(number, rows, rng)));
    }
    RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
}

/// The column of this number: the kinds take turns.
fn column(number: usize, rows: usize, rng: &mut ChaCha8Rng) -> ArrayRef {
    match number % 10 {
        0 => Arc::new(drawn::<_, BooleanArray>(rows, rng, |rng| {
            rng.random_bool(0.5)
        })),
        1 => Arc::new(drawn::<_, Int32Array>(rows, rng, |rng| {
            rng.random_range(-1_000..=1_000)
        })),
        2 => Arc::new(drawn::<_, Int64Array>(rows, rng, |rng| {
            rng.random_range(0..10_000_000_000_i64)
        })),
        3 => Arc::new(drawn::<_, Float64Array>(rows, rng, draw::amount)),
        4 => Arc::new(drawn::<_, Date32Array>(rows, rng, |rng| {
            rng.random_range(0..20_000)
        })),
        5 => {
            let instants: TimestampMicrosecondArray = drawn(rows, rng, draw::instant);
            Arc::new(instants.with_timezone("UTC"))
        }
        6 | 7 => Arc::new(drawn::<_, DictionaryArray<Int32Type>>(rows, rng, |rng| {
            draw::pick(&SEGMENTS, rng)
        })),
        _ => Arc::new(drawn::<_, StringArray>(rows, rng, |rng| {
            draw::sentence(4, 24, rng)
        })),
    }
}

fn drawn<T, A: FromIterator<Option<T>>>(
    rows: usize,
    rng: &mut ChaCha8Rng,
    value: impl Fn(&mut ChaCha8Rng) -> T,
) -> A {
    (0..rows)
        .map(|_| (!draw::chance(NULLS, rng)).then(|| value(rng)))
        .collect()
}
