//! The friendly set: what an ordinary export looks like.

use std::ops::Range;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use fake::RngExt;
use fake::rand::rngs::ChaCha8Rng;

use super::draw;
use super::ordinary::{self, Taste};

pub(super) fn batch(
    numbers: Range<usize>,
    rng: &mut ChaCha8Rng,
) -> Result<RecordBatch, ArrowError> {
    let taste = Taste {
        nulls,
        notes: |rng| draw::sentence(57, 73, rng),
        score: |rng| rng.random_range(0..1_000),
        score_type: DataType::Int32,
        revenue: draw::amount,
        reference: |rng| rng.random_range(100_000..1_000_000),
    };
    ordinary::batch(numbers, &taste, rng)
}

/// A few columns are not filled in everywhere, so that nulls are really looked at.
fn nulls(column: &str) -> u32 {
    match column {
        "Phone" | "mx_City" | "mx_Notes" | "mx_Score" | "mx_KYC" | "mx_CustomObject_1" => 2,
        _ => 0,
    }
}
