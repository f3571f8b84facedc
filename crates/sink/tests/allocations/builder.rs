//! The builder alone.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use leadsquared_core::{Mapping, Origin, PayloadBuilder, SourceBatch};

use crate::counting::{Counts, counts, start};

const PAYLOADS: i32 = 100;

/// Full payloads' worth of leads with a column of each common type.
fn leads() -> SourceBatch {
    let rows = 0..PAYLOADS * 50;
    let phones =
        StringArray::from_iter_values(rows.clone().map(|row| (1_000_000_000 + row).to_string()));
    let counts = Int64Array::from_iter_values(rows.clone().map(i64::from));
    let scores = Float64Array::from_iter_values(rows.clone().map(|row| f64::from(row) / 7.0));
    let agrees: BooleanArray = rows.clone().map(|row| Some(row % 2 == 0)).collect();
    let birthdays = Date32Array::from_iter_values(rows.clone());
    let seen = rows.map(|row| i64::from(row) * 1_000_000_007);
    let seen = TimestampMicrosecondArray::from_iter_values(seen);
    let columns: [(&str, ArrayRef); 6] = [
        ("Phone", Arc::new(phones)),
        ("mx_Count", Arc::new(counts)),
        ("mx_Score", Arc::new(scores)),
        ("mx_Agrees", Arc::new(agrees)),
        ("mx_Birthday", Arc::new(birthdays)),
        ("mx_Seen", Arc::new(seen)),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    SourceBatch::new(batch, Origin::new("leads.parquet", 1))
}

/// Takes every payload of a batch; what that allocated, binding the batch not included.
fn payloads(builder: &mut PayloadBuilder, recycle: bool) -> Counts {
    builder.push(leads()).unwrap();
    let before = counts();
    let mut payloads = 0;
    while let Some(payload) = builder.next_payload() {
        let (body, rows) = payload.into_parts();
        payloads += 1;
        if recycle {
            builder.recycle(body, rows);
        }
    }
    assert_eq!(payloads, PAYLOADS);
    // Nothing is left, as after most flushes: that must not cost the memory that is being filled.
    assert!(builder.finish().is_none());
    counts() - before
}

#[test]
fn a_builder_whose_payloads_come_back_allocates_nothing() {
    start(4 * 1024);
    let mut builder = PayloadBuilder::new(Mapping::new());
    payloads(&mut builder, true);
    let steady = payloads(&mut builder, true);
    assert_eq!((steady.allocations, steady.bytes), (0, 0));
}

#[test]
fn without_recycling_every_payload_is_new_memory() {
    start(4 * 1024);
    let mut builder = PayloadBuilder::new(Mapping::new());
    payloads(&mut builder, false);
    let control = payloads(&mut builder, false);
    assert!(control.large >= i64::from(PAYLOADS), "{control:?}");
}
