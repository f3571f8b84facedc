//! A data set as a file.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use arrow_json::writer::LineDelimited;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::DataSet;
use super::ways::{Timestamps, json_options};

/// Writes a data set to a path.
type WriteFile = fn(&Path, &DataSet);

/// The kinds of files, by name.
pub(crate) const KINDS: [(&str, WriteFile); 3] = [
    ("parquet-zstd", |path, data| {
        parquet(path, data, Compression::ZSTD(ZstdLevel::default()));
    }),
    ("parquet-snappy", |path, data| {
        parquet(path, data, Compression::SNAPPY);
    }),
    ("ndjson", ndjson),
];

fn parquet(path: &Path, data: &DataSet, compression: Compression) {
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .build();
    let schema = data.batches[0].schema();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, schema, Some(properties)).unwrap();
    for batch in &data.batches {
        writer.write(batch).unwrap();
    }
    writer.close().unwrap();
}

fn ndjson(path: &Path, data: &DataSet) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    let options = json_options(Timestamps::Asked);
    let mut writer = options.build::<_, LineDelimited>(&mut file);
    for batch in &data.batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap();
    file.flush().unwrap();
}
