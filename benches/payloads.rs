//! Payloads: what it is worth to give their memory back, and what a second thread is.
//!
//! - `recycled`: sent payloads go back to the builder
//! - `fresh`: they are freed, and each payload takes new memory
//! - `one-thread`, `two-threads`: recycled, a builder a thread, the batches shared out

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use support::ways::{Buffers, Payloads, Way};
use support::{Set, crew, measure};

fn payloads(criterion: &mut Criterion) {
    for set in Set::ORDINARY {
        let data = set.make();
        let halves = data.halves();
        let mut group = criterion.benchmark_group(format!("payloads/{}", set.name()));
        group.throughput(measure::throughput(data.rows, data.bytes));
        for (name, buffers) in [("recycled", Buffers::Recycled), ("fresh", Buffers::Fresh)] {
            let mut way = Payloads::new(&data, buffers);
            group.bench_function(name, |bencher| {
                bencher.iter(|| way.encode(&mut measure::sink));
            });
        }
        let whole = std::slice::from_ref(&data);
        for (name, parts) in [("one-thread", whole), ("two-threads", &halves)] {
            group.bench_function(name, |bencher| {
                bencher.iter_custom(|runs| crew::time(parts, runs));
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = measure::settings();
    targets = payloads
}
criterion_main!(benches);
