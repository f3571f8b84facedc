//! Reading: files to batches, and on to payloads.
//!
//! - `parquet-zstd`, `parquet-snappy`, `ndjson`: the rows of a file through a [`Source`]; bytes are
//!   the file's
//! - `parquet-to-payloads`: the zstd file to payloads that could be posted; bytes are theirs

#![expect(
    clippy::unwrap_used,
    reason = "nobody is there to take an error: a bench that can't run shall stop"
)]

mod support;

use std::fs;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use futures::TryStreamExt;
use leadsquared::{BatchStream, Input, PayloadBuilder, ReadOptions, Source};
use support::{Set, files, measure};
use tokio::runtime::Runtime;

fn readers(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = Runtime::new().unwrap();
    for set in Set::ORDINARY {
        let data = set.make();
        let mut group = criterion.benchmark_group(format!("readers/{}", set.name()));
        for (name, write) in files::KINDS {
            let path = folder.path().join(name);
            write(&path, &data);
            let bytes = usize::try_from(fs::metadata(&path).unwrap().len()).unwrap();
            group.throughput(measure::throughput(data.rows, bytes));
            group.bench_function(name, |bencher| {
                bencher.iter(|| {
                    let rows = runtime.block_on(count(&path));
                    assert_eq!(rows, data.rows);
                });
            });
        }
        group.throughput(measure::throughput(data.rows, data.bytes));
        group.bench_function("parquet-to-payloads", |bencher| {
            let path = folder.path().join("parquet-zstd");
            let mut builder = PayloadBuilder::new(data.mapping.clone());
            bencher.iter(|| {
                let leads = runtime.block_on(convert(&path, &mut builder));
                assert_eq!(leads, data.rows);
            });
        });
        group.finish();
    }
}

async fn open(path: &Path) -> BatchStream {
    let input = Input::file(path);
    let source = Source::open(&input, &ReadOptions::new()).await.unwrap();
    source.into_stream()
}

/// How many rows the file has.
async fn count(path: &Path) -> usize {
    let mut batches = open(path).await;
    let mut rows = 0;
    while let Some(batch) = batches.try_next().await.unwrap() {
        assert!(batch.unreadable.is_empty());
        rows += batch.num_rows();
    }
    rows
}

/// How many leads the file's payloads have.
async fn convert(path: &Path, builder: &mut PayloadBuilder) -> usize {
    let mut batches = open(path).await;
    let mut leads = 0;
    while let Some(batch) = batches.try_next().await.unwrap() {
        builder.push(batch).unwrap();
        while let Some(payload) = builder.next_payload() {
            measure::sink(payload.body());
            leads += payload.rows().len();
            let (body, rows) = payload.into_parts();
            builder.recycle(body, rows);
        }
    }
    while let Some(payload) = builder.finish() {
        measure::sink(payload.body());
        leads += payload.rows().len();
    }
    leads
}

criterion_group! {
    name = benches;
    config = measure::settings();
    targets = readers
}
criterion_main!(benches);
