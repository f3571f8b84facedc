//! Any bytes, read as NDJSON: no panic, every line accounted for, and what comes out is JSON.
#![no_main]

use std::sync::LazyLock;

use futures::StreamExt as _;
use leadsquared_adapter::{Error, Format, ReadOptions, Source};
use leadsquared_core::{Mapping, PayloadBuilder, Rejected, SourceBatch};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().build().unwrap());

fuzz_target!(|bytes: &[u8]| {
    // What is compressed has other lines than its bytes show: gzip, zstd, a zstd frame to be skipped.
    if matches!(
        bytes,
        [0x1f, 0x8b, ..] | [0x28 | 0x50..=0x5f, 0xb5 | 0x2a, 0x2f | 0x4d, ..]
    ) {
        return;
    }
    let defaults = ReadOptions::new();
    read(bytes, &defaults, usize::MAX);
    // As small as it gets, so that the schema grows, batches end and lines are too long.
    let longest = 120;
    let small = ReadOptions::new()
        .with_format(Format::Ndjson)
        .with_batch_rows(3)
        .with_sample(2, 200)
        .with_max_line_bytes(longest);
    read(bytes, &small, longest);
});

/// Reads `bytes` to the end and checks what comes out.
fn read(bytes: &[u8], options: &ReadOptions, longest: usize) {
    let input = bytes.to_vec();
    let open = Source::from_reader("fuzz", std::io::Cursor::new(input), options);
    let source = match RUNTIME.block_on(open) {
        Ok(source) if source.format() == Format::Ndjson => source,
        Ok(_) => return,
        // What is no NDJSON at all is refused whole; the reader itself must not fail.
        Err(error @ (Error::Decoder { .. } | Error::Read { .. })) => panic!("{error:?}"),
        Err(_) => return,
    };
    let mut batches = source.into_stream();
    let mut numbers = Vec::new();
    while let Some(batch) = RUNTIME.block_on(batches.next()) {
        let batch = batch.unwrap();
        assert!(batch.num_rows() > 0);
        assert!(batch.num_rows() <= options.batch_rows());
        let mut rows: Vec<(u64, bool)> = (0..batch.batch.num_rows())
            .map(|row| (batch.origin.row(row).number, true))
            .chain(batch.unreadable.iter().map(|row| (row.number, false)))
            .collect();
        rows.sort_unstable();
        numbers.extend(rows);
        convert(batch);
    }
    check_lines(bytes, longest, &numbers);
}

/// Checks that each line is a row or is unreadable, once and in order, and that no row is made of
/// what is no JSON object.
fn check_lines(bytes: &[u8], longest: usize, numbers: &[(u64, bool)]) {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut numbers = numbers.iter();
    for (line, number) in text.split(|&byte| byte == b'\n').zip(1_u64..) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let too_long = line.len() > longest;
        if !too_long && line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
            continue;
        }
        let &(found, is_row) = numbers.next().expect("a row for each line");
        assert_eq!(found, number);
        if is_row {
            assert!(!too_long, "line {number} is too long to be read");
            let object = serde_json::from_slice::<Map<String, Value>>(line);
            assert!(object.is_ok(), "line {number} is read: {object:?}");
        }
    }
    assert_eq!(numbers.next(), None, "more rows than lines");
}

/// Makes payloads of a batch, if its columns can be sent at all.
fn convert(source: SourceBatch) {
    let schema = source.batch.schema();
    let names = schema.fields().iter().map(|field| field.name().as_str());
    let rows = source.num_rows();
    // Any column makes a row a lead, so that most of them get out.
    let mut builder = PayloadBuilder::new(Mapping::new().unique_fields(names));
    if builder.push(source).is_err() {
        return;
    }
    let mut accounted = 0;
    while let Some(payload) = builder.finish() {
        let leads: Vec<Vec<Map<String, Value>>> = serde_json::from_slice(payload.body()).unwrap();
        assert_eq!(leads.len(), payload.rows().len());
        accounted += leads.len();
    }
    for rejection in builder.take_rejections() {
        if let Rejected::Lead(lead) = &rejection.content {
            serde_json::from_slice::<Vec<Map<String, Value>>>(lead).unwrap();
        }
        accounted += 1;
    }
    assert_eq!(accounted, rows);
}
