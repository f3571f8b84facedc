//! Whole Parquet files: every row once, with its number, and nothing that nobody needs.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use futures::StreamExt;
use leadsquared_adapter::{Error, Format, Input, ReadOptions, Source};
use leadsquared_core::Mapping;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use tempfile::TempDir;

use crate::helpers::{Pieces, Read, chain};

/// `rows` rows: `id`, `email`, and `notes`, which are long and all different.
pub(crate) fn table(rows: i64) -> RecordBatch {
    let ids = 1..=rows;
    let email = |id| (id % 7 != 0).then(|| format!("lead{id}@example.com"));
    let notes = |id: i64| {
        let mut state = id.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut letter = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            char::from(b'a' + (state >> 60) as u8)
        };
        (0..200).map(|_| letter()).collect::<String>()
    };
    RecordBatch::try_from_iter([
        (
            "id",
            Arc::new(Int64Array::from_iter_values(ids.clone())) as ArrayRef,
        ),
        (
            "email",
            Arc::new(ids.clone().map(email).collect::<StringArray>()),
        ),
        (
            "notes",
            Arc::new(StringArray::from_iter_values(ids.map(notes))),
        ),
    ])
    .unwrap()
}

pub(crate) fn properties(compression: Compression, group: usize) -> WriterProperties {
    WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(group))
        .set_data_page_row_count_limit(group.div_ceil(3))
        .set_write_batch_size(16)
        .set_dictionary_enabled(false)
        .build()
}

pub(crate) fn write(batch: &RecordBatch, properties: WriterProperties) -> Vec<u8> {
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

pub(crate) fn save(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

async fn open(bytes: &[u8], options: &ReadOptions) -> Result<Source, Error> {
    let folder = TempDir::new().unwrap();
    Source::open(&Input::file(save(&folder, "leads.parquet", bytes)), options).await
}

#[tokio::test]
async fn every_row_arrives_once_with_its_number() {
    let zstd = Compression::ZSTD(ZstdLevel::default());
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        zstd,
        Compression::LZ4_RAW,
    ] {
        let bytes = write(&table(1000), properties(compression, 300));
        for batch_rows in [1, 64, 299, 4096] {
            let options = ReadOptions::new().with_batch_rows(batch_rows);
            let source = open(&bytes, &options).await.unwrap();
            assert_eq!(source.format(), Format::Parquet);
            assert_eq!(
                (source.rows(), source.bytes()),
                (Some(1000), Some(bytes.len() as u64))
            );
            assert!(source.name().ends_with("leads.parquet"));

            let read = Read::all(source).await.whole();
            assert!(
                read.batches
                    .iter()
                    .all(|batch| batch.num_rows() <= batch_rows)
            );
            assert_eq!(read.numbers(), (1..=1000).collect::<Vec<u64>>());
            assert!(
                read.column("id")
                    .iter()
                    .all(|(number, id)| number.to_string() == *id)
            );
            assert_eq!(read.column("email").len(), 1000 - 1000 / 7);
            assert!(
                read.column("email")
                    .iter()
                    .all(|(n, text)| *text == format!("lead{n}@example.com"))
            );
        }
    }
}

#[tokio::test]
async fn dropped_columns_are_known_but_not_read() {
    let bytes = write(
        &table(10_000),
        properties(Compression::UNCOMPRESSED, 10_000),
    );
    let without = ReadOptions::new().with_mapping(Mapping::new().drop_column("notes"));
    let source = open(&bytes, &without).await.unwrap();
    let names: Vec<_> = source
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    assert_eq!(names, ["id", "email", "notes"]);

    let progress = source.progress();
    let read = Read::all(source).await.whole();
    assert_eq!(read.types("notes"), ["-"; 3]);
    assert_eq!(read.column("id").len(), 10_000);
    let notes = 10_000 * 200;
    assert!(
        progress.bytes_read() < bytes.len() as u64 - notes / 2,
        "{}",
        progress.bytes_read()
    );

    let source = open(&bytes, &ReadOptions::new()).await.unwrap();
    let progress = source.progress();
    Read::all(source).await.whole();
    assert!(progress.bytes_read() > notes, "{}", progress.bytes_read());
}

#[tokio::test]
async fn a_file_of_no_rows_is_fine() {
    for table in [table(0), table(5).slice(0, 0)] {
        let source = open(&write(&table, WriterProperties::new()), &ReadOptions::new())
            .await
            .unwrap();
        assert_eq!(
            (source.rows(), source.schema().fields().len()),
            (Some(0), 3)
        );
        let read = Read::all(source).await.whole();
        assert_eq!(read.numbers(), [0; 0]);
    }
}

#[tokio::test]
async fn a_column_that_is_not_there_is_an_error_before_any_row() {
    let bytes = write(&table(5), WriterProperties::new());
    let options = ReadOptions::new().with_mapping(Mapping::new().rename("emial", "EmailAddress"));
    let error = open(&bytes, &options).await.unwrap_err();
    let text = chain(&error);
    assert!(
        text.contains(
            "leads.parquet doesn't fit the mapping: the mapping names the column \"emial\""
        ),
        "{text}"
    );
    assert!(text.contains("did you mean \"email\"?"), "{text}");
}

#[tokio::test]
async fn a_stream_of_parquet_is_read_like_a_file() {
    let bytes = write(&table(100), properties(Compression::SNAPPY, 30));
    for size in [1, 7, 1000, bytes.len()] {
        let pieces = Pieces::new(bytes.chunks(size));
        let source = Source::from_reader("<stdin>", pieces, &ReadOptions::new())
            .await
            .unwrap();
        assert_eq!((source.rows(), source.bytes()), (Some(100), None));
        let read = Read::all(source).await.whole();
        assert_eq!(read.column("id").len(), 100);
        assert_eq!(read.batches[0].origin.row(0).to_string(), "<stdin>, row 1");
    }
    let broken = Pieces::new([&bytes[..500]]).then_fail("pulled out");
    let error = Source::from_reader("<stdin>", broken, &ReadOptions::new())
        .await
        .unwrap_err();
    assert!(
        chain(&error).starts_with("<stdin>: can't be kept in a temporary file"),
        "{error}"
    );
    assert!(chain(&error).ends_with(": pulled out"));
}

#[tokio::test]
async fn no_more_is_read_than_batches_need_even_of_a_single_row_group() {
    let bytes = write(&table(1000), properties(Compression::UNCOMPRESSED, 1000));
    let source = open(&bytes, &ReadOptions::new().with_batch_rows(10))
        .await
        .unwrap();
    let progress = source.progress();
    let mut stream = source.into_stream();
    stream.next().await.unwrap().unwrap();
    drop(stream);
    let read = progress.bytes_read();
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    assert_eq!(progress.bytes_read(), read);
    assert!(read < bytes.len() as u64 / 2, "{read}");
}
