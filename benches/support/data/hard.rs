//! The hard set: the ordinary columns with whatever takes time.

use std::ops::Range;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use fake::rand::rngs::ChaCha8Rng;

use super::draw;
use super::ordinary::{self, Taste};

pub(super) fn batch(
    numbers: Range<usize>,
    rng: &mut ChaCha8Rng,
) -> Result<RecordBatch, ArrowError> {
    let taste = Taste {
        // The address has none: every row is a lead.
        nulls: |_| 20,
        notes,
        score: draw::full_range,
        score_type: DataType::Int64,
        revenue: draw::full_precision,
        reference: draw::full_range,
    };
    ordinary::batch(numbers, &taste, rng)
}

/// Three in ten have characters that must be escaped.
fn notes(rng: &mut ChaCha8Rng) -> String {
    let plain = draw::sentence(60, 80, rng);
    if draw::chance(30, rng) {
        draw::with_escapes(&plain, rng)
    } else {
        plain
    }
}
