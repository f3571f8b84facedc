//! Arrow to encoded leads, on every data set.
//!
//! - `leads`: whole batches, lead after lead, into a buffer that is used again after each 50 leads
//! - `rows`: the same through one row at a time
//! - `memcpy`: the same bytes, already encoded, copied to such a buffer: the limit

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use support::{Set, measure};

fn convert(criterion: &mut Criterion) {
    for set in Set::ALL {
        measure::side_by_side(criterion, "convert", set, &["leads", "rows", "memcpy"]);
    }
}

criterion_group! {
    name = benches;
    config = measure::settings();
    targets = convert
}
criterion_main!(benches);
