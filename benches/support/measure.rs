//! How Criterion measures here.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput};

use super::ways::{self, Way};
use super::{DataSet, Set};

/// Few samples of long runs: a run goes over a whole data set, and its time varies little.
pub(crate) fn settings() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
}

/// A group of the ways of these names, each over the same `set`.
///
/// The throughput is in leads, and in the bytes that the way writes.
pub(crate) fn side_by_side(criterion: &mut Criterion, bench: &str, set: Set, names: &[&str]) {
    let data = set.make();
    let mut group = criterion.benchmark_group(format!("{bench}/{}", set.name()));
    group.sampling_mode(SamplingMode::Flat);
    for name in names {
        let mut way = ways::named(name, &data).unwrap();
        let bytes = written(way.as_mut());
        group.throughput(throughput(data.rows, bytes));
        group.bench_function(*name, |bencher| bencher.iter(|| way.encode(&mut sink)));
    }
    group.finish();
}

/// Both at once: leads and bytes a second.
pub(crate) fn throughput(leads: usize, bytes: usize) -> Throughput {
    Throughput::ElementsAndBytes {
        elements: leads as u64,
        bytes: bytes as u64,
    }
}

/// Takes what a way writes, so that the compiler can't leave the writing out.
pub(crate) fn sink(json: &[u8]) {
    black_box(json);
}

fn written(way: &mut dyn Way) -> usize {
    let mut bytes = 0;
    way.encode(&mut |json| bytes += json.len());
    bytes
}
