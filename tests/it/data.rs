//! The example data are what their generator says they are.

use std::collections::BTreeMap;
use std::fs;

use futures::TryStreamExt;
use leadsquared::{Input, Mapping, PayloadBuilder, ReadOptions, Source};
use parquet::file::reader::{FileReader, SerializedFileReader};

use crate::helpers::{example, example_data};

#[test]
fn the_generator_makes_the_same_files_again() {
    let folder = tempfile::tempdir().unwrap();
    let output = example("make_leads").arg(folder.path()).output().unwrap();
    assert!(output.status.success());
    for name in ["leads.parquet", "leads.ndjson"] {
        // Not assert_eq, which would print both files.
        assert!(
            fs::read(folder.path().join(name)).unwrap() == fs::read(example_data(name)).unwrap(),
            "{name} differs; run `cargo run --example make_leads` if that is meant"
        );
    }
}

#[test]
fn the_parquet_file_has_several_row_groups() {
    let file = fs::File::open(example_data("leads.parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    assert!(reader.metadata().num_row_groups() >= 3);
    assert_eq!(reader.metadata().file_metadata().num_rows(), 1000);
}

/// The lead of each row, as JSON, and the code of each row that can't be one.
async fn convert(name: &str) -> (BTreeMap<u64, String>, BTreeMap<u64, &'static str>) {
    let input = Input::file(example_data(name));
    let source = Source::open(&input, &ReadOptions::new()).await.unwrap();
    let batches: Vec<_> = source.into_stream().try_collect().await.unwrap();

    let mut builder = PayloadBuilder::new(Mapping::new());
    for batch in batches {
        builder.push(batch).unwrap();
    }
    let mut leads = BTreeMap::new();
    while let Some(payload) = builder.finish() {
        for (index, row) in payload.rows().iter().enumerate() {
            let lead = payload.rows().lead(index, payload.body()).unwrap();
            leads.insert(row.number, String::from_utf8(lead.to_vec()).unwrap());
        }
    }
    let rejections = builder
        .take_rejections()
        .into_iter()
        .map(|rejection| (rejection.row.number, rejection.error.code()))
        .collect();
    (leads, rejections)
}

#[tokio::test]
async fn both_files_hold_the_same_leads() {
    let (parquet, parquet_rejected) = convert("leads.parquet").await;
    let (ndjson, ndjson_rejected) = convert("leads.ndjson").await;

    assert_eq!(parquet.len(), 992);
    for (row, lead) in &parquet {
        assert_eq!(Some(lead), ndjson.get(row), "row {row}");
    }
    assert_eq!(parquet.len(), ndjson.len());

    let neither = [101, 333, 512, 777, 904].map(|row| (row, "no-unique-field"));
    let scores = [250, 640, 871];
    assert_eq!(
        parquet_rejected,
        neither
            .into_iter()
            .chain(scores.map(|row| (row, "not-finite")))
            .collect()
    );
    assert_eq!(
        ndjson_rejected,
        neither
            .into_iter()
            .chain(scores.map(|row| (row, "unreadable")))
            .collect()
    );
}
