//! Arrow IPC files and streams: their rows, and what is not read.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, DictionaryArray, Int64Array, LargeStringArray, ListArray, NullArray, RecordBatch,
    StringArray, StringViewArray, StructArray,
};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use arrow_ipc::writer::{DictionaryHandling, FileWriter, IpcWriteOptions, StreamWriter};
use arrow_ipc::{CompressionType, MetadataVersion};
use leadsquared_adapter::{Error, Format, Input, ReadOptions, Source};
use leadsquared_core::Mapping;
use tempfile::TempDir;

use crate::compressed::{gzip, zstd};
use crate::helpers::{Pieces, Read, numbered, try_read};
use crate::parquet_rows::save;

/// How a writer compresses buffers.
pub(crate) const COMPRESSIONS: [Option<CompressionType>; 3] = [
    None,
    Some(CompressionType::LZ4_FRAME),
    Some(CompressionType::ZSTD),
];

fn options(compression: Option<CompressionType>) -> IpcWriteOptions {
    IpcWriteOptions::try_new(8, false, MetadataVersion::V5)
        .unwrap()
        .try_with_compression(compression)
        .unwrap()
}

pub(crate) fn file(batches: &[RecordBatch], compression: Option<CompressionType>) -> Vec<u8> {
    let schema = batches[0].schema();
    let mut writer =
        FileWriter::try_new_with_options(Vec::new(), &schema, options(compression)).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.into_inner().unwrap()
}

pub(crate) fn stream(batches: &[RecordBatch], compression: Option<CompressionType>) -> Vec<u8> {
    write_stream(batches, options(compression))
}

fn write_stream(batches: &[RecordBatch], options: IpcWriteOptions) -> Vec<u8> {
    let schema = batches[0].schema();
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), &schema, options).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.into_inner().unwrap()
}

/// Rows with these ids, of several kinds of columns.
pub(crate) fn batch(ids: std::ops::Range<i64>) -> RecordBatch {
    let emails = ids
        .clone()
        .map(|id| (id % 3 != 0).then(|| format!("lead{id}@example.com")));
    let cities = DictionaryArray::<Int32Type>::new(
        ids.clone().map(|id| Some(i32::from(id % 2 == 0))).collect(),
        Arc::new(StringArray::from(vec!["Pune", "Goa"])),
    );
    let tags = ListArray::from_iter_primitive::<Int32Type, _, _>(
        ids.clone()
            .map(|id| (id % 4 != 0).then(|| (0..(id % 3) as i32).map(Some))),
    );
    let status: ArrayRef = Arc::new(StringArray::from_iter_values(
        ids.clone().map(|id| format!("s{id}")),
    ));
    let kyc = StructArray::from(vec![(
        Arc::new(Field::new("status", DataType::Utf8, true)),
        status,
    )]);
    let count = ids.clone().count();
    RecordBatch::try_from_iter([
        (
            "id",
            Arc::new(Int64Array::from_iter_values(ids.clone())) as ArrayRef,
        ),
        ("email", Arc::new(emails.clone().collect::<StringArray>())),
        ("city", Arc::new(cities)),
        ("tags", Arc::new(tags)),
        ("kyc", Arc::new(kyc)),
        (
            "view",
            Arc::new(emails.clone().collect::<StringViewArray>()),
        ),
        ("large", Arc::new(emails.collect::<LargeStringArray>())),
        ("nothing", Arc::new(NullArray::new(count))),
    ])
    .unwrap()
}

/// What the batches hold, as the adapter gives it: number and text of each value.
fn expected(batches: &[RecordBatch], name: &str) -> Vec<(u64, String)> {
    let rows = batches
        .iter()
        .flat_map(|batch| (0..batch.num_rows()).map(move |row| (batch, row)));
    (1..)
        .zip(rows)
        .filter_map(|(number, (batch, row))| {
            Some((number, crate::helpers::cell(batch, name, row)?))
        })
        .collect()
}

#[tokio::test]
async fn files_and_streams_give_all_rows_however_they_come() {
    let folder = TempDir::new().unwrap();
    let batches = [batch(0..25), batch(25..25), batch(25..60)];
    let read_options = ReadOptions::new().with_batch_rows(10);
    for compression in COMPRESSIONS {
        for bytes in [file(&batches, compression), stream(&batches, compression)] {
            let input = Input::file(save(&folder, "leads", &bytes));
            let whole = Source::open(&input, &read_options).await.unwrap();
            assert_eq!(whole.format(), Format::Arrow);
            assert_eq!(whole.bytes(), Some(bytes.len() as u64));
            assert_eq!(whole.schema(), batches[0].schema());
            let progress = whole.progress();
            let sources = [
                whole,
                Source::from_reader("<stdin>", Pieces::new(bytes.chunks(1000)), &read_options)
                    .await
                    .unwrap(),
                Source::from_reader("x.gz", Pieces::new([gzip(&bytes)]), &read_options)
                    .await
                    .unwrap(),
                Source::from_reader("x.zst", Pieces::new([zstd(&bytes)]), &read_options)
                    .await
                    .unwrap(),
            ];
            for source in sources {
                let read = Read::all(source).await.whole();
                assert_eq!(read.numbers(), (1..=60).collect::<Vec<u64>>());
                assert!(read.batches.iter().all(|batch| batch.num_rows() <= 10));
                for name in [
                    "id", "email", "city", "tags", "kyc", "view", "large", "nothing",
                ] {
                    assert_eq!(read.column(name), expected(&batches, name), "{name}");
                }
            }
            let (read, size) = (progress.bytes_read(), bytes.len() as u64);
            assert!(read <= size && read > size / 2, "{read} of {size}");
        }
    }
}

#[tokio::test]
async fn progress_of_a_compressed_file_counts_compressed_bytes() {
    let folder = TempDir::new().unwrap();
    for bytes in [file(&[batch(0..500)], None), stream(&[batch(0..500)], None)] {
        let bytes = gzip(&bytes);
        let input = Input::file(save(&folder, "leads.arrow.gz", &bytes));
        let source = Source::open(&input, &ReadOptions::new()).await.unwrap();
        let (progress, size) = (source.progress(), source.bytes());
        assert_eq!(Read::all(source).await.whole().numbers().len(), 500);
        assert_eq!(
            (Some(progress.bytes_read()), size),
            (size, Some(bytes.len() as u64))
        );
    }
}

/// The bytes of the columns that are dropped are damaged, so that decoding them would fail.
#[tokio::test]
async fn only_the_mapped_columns_are_decoded() {
    let batches = [batch(0..40)];
    let mapping = ["city", "tags", "view", "large"]
        .into_iter()
        .fold(Mapping::new(), Mapping::drop_column);
    let all = ReadOptions::new();
    let some = ReadOptions::new().with_mapping(mapping);
    for mut bytes in [file(&batches, None), stream(&batches, None)] {
        // The dictionary's values, and the text of `large`: made to be no text.
        for text in [&b"PuneGoa"[..], b"lead38@example.com"] {
            let places = bytes.windows(text.len()).rposition(|window| window == text);
            if let Some(at) = places {
                bytes[at..at + 3].fill(0xff);
            }
        }
        let broken = try_read("leads", bytes.clone(), &all).await.unwrap();
        assert!(matches!(
            broken.error,
            Some(Error::ArrowData { after_row: 0, .. })
        ));
        let read = try_read("leads", bytes, &some).await.unwrap().whole();
        let schema = read.batches[0].batch.schema();
        let names: Vec<_> = schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .collect();
        assert_eq!(names, ["id", "email", "kyc", "nothing"]);
        for name in names {
            assert_eq!(read.column(name), expected(&batches, name), "{name}");
        }
    }
}

/// A stream whose dictionary grows by deltas, and one whose dictionaries replace one another.
#[tokio::test]
async fn dictionaries_grow_and_change() {
    let values = [
        vec!["a", "b"],
        vec!["a", "b", "c"],
        vec!["a", "b", "c", "d"],
    ];
    let field = Field::new_dictionary("city", DataType::Int32, DataType::Utf8, true);
    let schema = Arc::new(Schema::new(vec![field]));
    let batches: Vec<_> = values
        .iter()
        .map(|values| {
            let last = i32::try_from(values.len()).unwrap() - 1;
            let keys = arrow::array::Int32Array::from(vec![Some(last), None, Some(0)]);
            let values = Arc::new(StringArray::from(values.clone()));
            let column: ArrayRef = Arc::new(DictionaryArray::new(keys, values));
            RecordBatch::try_new(Arc::clone(&schema), vec![column]).unwrap()
        })
        .collect();
    let plain = options(None);
    let delta = options(None).with_dictionary_handling(DictionaryHandling::Delta);
    let (plain, delta) = (write_stream(&batches, plain), write_stream(&batches, delta));
    assert_ne!(plain.len(), delta.len());
    let mut grown = {
        let options = options(None).with_dictionary_handling(DictionaryHandling::Delta);
        FileWriter::try_new_with_options(Vec::new(), &schema, options).unwrap()
    };
    for batch in &batches {
        grown.write(batch).unwrap();
    }
    for bytes in [plain, delta, grown.into_inner().unwrap()] {
        let read = try_read("leads", bytes, &ReadOptions::new())
            .await
            .unwrap()
            .whole();
        assert_eq!(
            read.column("city"),
            numbered(&[(1, "b"), (3, "a"), (4, "c"), (6, "a"), (7, "d"), (9, "a")])
        );
    }
}

#[tokio::test]
async fn the_name_and_the_format_are_promises() {
    let error = try_read("leads.arrow", "{\"a\":1}\n", &ReadOptions::new())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NotArrow { .. }), "{error}");
    let asked = |format| ReadOptions::new().with_format(format);
    let bytes = stream(&[batch(0..3)], None);
    for format in [Format::Csv, Format::Parquet] {
        let error = try_read("leads", bytes.clone(), &asked(format))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::OtherFormat { .. }), "{error}");
    }
    for bytes in [bytes, file(&[batch(0..3)], None)] {
        let read = try_read("leads.csv", bytes, &asked(Format::Arrow))
            .await
            .unwrap();
        assert_eq!(read.whole().numbers().len(), 3);
    }
    let error = try_read("leads", "a,b\n", &asked(Format::Arrow))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("leads is no Arrow IPC file or stream"),
        "{error}"
    );
}
