//! Which rows a block takes, and which it leaves. What it writes for them is held against
//! `BoundBatch::encode` and an oracle in `tests/it`.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array,
    Float64Array, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder,
    StringViewArray, StructArray, Time32SecondArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::compute::concat;
use arrow::datatypes::{DataType, Field, Int8Type};

use super::*;
use crate::{BoundBatch, Leads, Mapping, Plan};

const COUNT: usize = 2 * ROWS + 40;

fn bound(column: ArrayRef) -> BoundBatch {
    let phones: ArrayRef = Arc::new(StringArray::from(vec!["1"; column.len()]));
    let columns = [("Phone", phones), ("mx_Value", column)];
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let plan = Plan::try_new(&batch.schema(), &Mapping::new()).unwrap();
    plan.bind(&batch).unwrap()
}

/// The rows that are left to the caller, after each of the others was held against `encode`.
fn left(batch: BoundBatch) -> Vec<usize> {
    let mut leads: Leads = batch.into_leads();
    let mut left = Vec::new();
    while leads.next_row() < leads.batch().num_rows() {
        let first = leads.next_row();
        let mut run = Vec::new();
        let ends = leads.append_run(usize::MAX, usize::MAX, &mut run).to_vec();
        let mut start = 0;
        for (row, end) in (first..).zip(&ends) {
            let mut lead = b",".to_vec();
            leads.batch().encode(row, &mut lead).unwrap();
            assert_eq!(
                String::from_utf8_lossy(&run[start..*end]),
                String::from_utf8_lossy(&lead)
            );
            start = *end;
        }
        assert_eq!(run.len(), start);
        if ends.is_empty() {
            left.push(leads.next_row());
            let _ = leads.append_next(&mut run).unwrap();
        }
    }
    left
}

/// The array as often as it takes to fill more than a block.
fn repeated(array: &dyn Array) -> ArrayRef {
    let times = COUNT / array.len() + 1;
    concat(&vec![array; times]).unwrap().slice(0, COUNT)
}

#[test]
fn every_row_with_a_text_is_taken() {
    let mut lists = ListBuilder::new(StringBuilder::new());
    lists.append_value([Some("a\"b"), None]);
    lists.append_null();
    let status: ArrayRef = Arc::new(StringArray::from(vec![Some("Pending"), None]));
    let set = StructArray::from(vec![(
        Arc::new(Field::new("Status", DataType::Utf8, true)),
        status,
    )]);
    let dictionary: DictionaryArray<Int8Type> =
        [Some("x"), None, Some("y\n")].into_iter().collect();
    let columns: [&dyn Array; 15] = [
        &StringArray::from(vec![Some("plain"), Some("\"\u{1}\n"), None, Some("")]),
        &StringViewArray::from(vec![Some("short"), Some("longer than what is inlined\"")]),
        &Int64Array::from(vec![
            Some(0),
            Some(-7),
            Some(i64::MIN),
            Some(i64::MAX),
            None,
        ]),
        &UInt64Array::from(vec![Some(u64::MAX / 2), None]),
        &Float64Array::from(vec![
            Some(0.1),
            Some(-1.25e300),
            Some(12.5),
            Some(-0.0),
            None,
        ]),
        &Float64Array::from(vec![Some(0.123_456_789), None]),
        &Float32Array::from(vec![Some(0.1), Some(1e-30), Some(16_777_216.0)]),
        &BooleanArray::from(vec![Some(true), Some(false), None]),
        &Date32Array::from(vec![Some(-719_162), Some(2_932_896), None]),
        &TimestampMicrosecondArray::from(vec![Some(-1), Some(1_700_000_000_000_000), None]),
        &Time32SecondArray::from(vec![Some(0), Some(86_399)]),
        &Decimal128Array::from(vec![Some(-12_345), None]),
        &dictionary,
        &lists.finish(),
        &set,
    ];
    for column in columns {
        let left = left(bound(repeated(column)));
        assert!(left.is_empty(), "{}: {left:?}", column.data_type());
    }
}

#[test]
fn rows_without_a_text_or_a_unique_field_are_left() {
    let scores = Float64Array::from(vec![1.5, f64::NAN, 2.5, f64::INFINITY]);
    let of_four = |places: &[usize]| -> Vec<usize> {
        (0..COUNT)
            .filter(|row| places.contains(&(row % 4)))
            .collect()
    };
    assert_eq!(left(bound(repeated(&scores))), of_four(&[1, 3]));
    let dates = Date32Array::from(vec![Some(0), Some(i32::MAX), None, Some(i32::MIN)]);
    assert_eq!(left(bound(repeated(&dates))), of_four(&[1, 3]));
    let times = Time32SecondArray::from(vec![0, 86_400, -1, 1]);
    assert_eq!(left(bound(repeated(&times))), of_four(&[1, 2]));

    let phones = repeated(&StringArray::from(vec![
        Some("1"),
        None,
        Some(" "),
        Some(""),
    ]));
    let batch = RecordBatch::try_from_iter([("Phone", phones)]).unwrap();
    let plan = Plan::try_new(&batch.schema(), &Mapping::new()).unwrap();
    assert_eq!(left(plan.bind(&batch).unwrap()), of_four(&[1, 2, 3]));
}

#[test]
fn what_stands_below_a_null_leaves_no_row() {
    let wild = ScalarBuffer::from(vec![0, i32::MAX, i32::MIN, 1]);
    let nulls = NullBuffer::from(vec![true, false, false, true]);
    let dates = Date32Array::new(wild, Some(nulls.clone()));
    assert!(left(bound(repeated(&dates))).is_empty());
    let scores = ScalarBuffer::from(vec![1.5, f64::NAN, f64::INFINITY, 1e300]);
    let scores = Float64Array::new(scores, Some(nulls));
    assert!(left(bound(repeated(&scores))).is_empty());
}

#[test]
fn a_giant_text_leaves_its_block_and_no_other() {
    let texts: Vec<String> = (0..3 * ROWS)
        .map(|row| "x".repeat(if row == ROWS + 3 { 2_000_000 } else { 3 }))
        .collect();
    let column: ArrayRef = Arc::new(StringArray::from(texts));
    assert_eq!(left(bound(column)), (ROWS..2 * ROWS).collect::<Vec<_>>());
}

#[test]
fn a_run_stays_inside_the_rows_and_the_bytes_it_is_given() {
    let mut leads = bound(repeated(&Int64Array::from(vec![1]))).into_leads();
    let mut out = Vec::with_capacity(64 * 1024);
    assert_eq!(leads.append_run(3, usize::MAX, &mut out).len(), 3);
    let reached = out.len();
    // Room for surely one more, if every one were as long as any could be.
    assert!(leads.append_run(9, reached + 10, &mut out).is_empty());
    assert_eq!(out.len(), reached);
    assert!(!leads.append_run(9, reached * 4, &mut out).is_empty());
    assert!(out.len() <= reached * 4);
}
