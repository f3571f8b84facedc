//! The same rows to JSON in every way there is, side by side.
//!
//! - `payloads`: ours, payloads that could be posted as they are
//! - `sonic-rs`, `structs`: serde structs that borrow from the batch, through sonic-rs and `serde_json`
//! - `values`: a `serde_json::Value` for each lead
//! - `arrow-json`, `arrow-json-own`: Arrow's own writer, flat objects of half the bytes, with the
//!   timestamps that LeadSquared asks for and with its own
//!
//! All but the last two write the same JSON, which is checked first.

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use support::{Set, check, measure};

fn serialize(criterion: &mut Criterion) {
    for set in Set::ORDINARY {
        check::same_leads(set);
        let ways = [
            "payloads",
            "sonic-rs",
            "structs",
            "values",
            "arrow-json",
            "arrow-json-own",
        ];
        measure::side_by_side(criterion, "serialize", set, &ways);
    }
}

criterion_group! {
    name = benches;
    config = measure::settings();
    targets = serialize
}
criterion_main!(benches);
