//! Columns that are in the names of folders, as Hive and Spark write them: `country=IN/day=2026-01-01`.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::path::{Component, Path};
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use futures::StreamExt as _;
use leadsquared_core::{Mapping, SourceBatch};
use percent_encoding::percent_decode_str;

use crate::Error;
use crate::source::{BatchStream, Reader};

/// What stands for null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// The columns in the names of a file's folders, each with the value that all rows have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Partitions(Vec<(String, Option<String>)>);

impl Partitions {
    /// Those of the folders in a file's path; what the file itself is called doesn't count.
    pub(crate) fn of(file: &Path) -> Self {
        let mut partitions: Vec<(String, Option<String>)> = Vec::new();
        for folder in file.parent().into_iter().flat_map(Path::components) {
            let Component::Normal(name) = folder else {
                continue;
            };
            let pair = name.to_str().and_then(|name| name.split_once('='));
            let Some((key, value)) = pair.filter(|(key, _)| !key.is_empty()) else {
                continue;
            };
            let (key, value) = (decode(key), decode(value));
            let value = Some(value).filter(|value| !value.is_empty() && value != NULL);
            // Of two folders with one key, the inner one says more.
            match partitions.iter_mut().find(|(known, _)| *known == key) {
                Some(known) => known.1 = value,
                None => partitions.push((key, value)),
            }
        }
        Self(partitions)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let pairs = self.0.iter();
        pairs.map(|(key, value)| (key.as_str(), value.as_deref()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The columns.
    pub(crate) fn fields(&self) -> Vec<FieldRef> {
        let fields = self.0.iter();
        fields
            .map(|(key, _)| Arc::new(Field::new(key, DataType::Utf8, true)))
            .collect()
    }

    /// Adds the columns to what `reader` gives, but for those that the file has itself.
    pub(crate) fn add_to(self, reader: Box<dyn Reader>, mapping: &Mapping) -> Box<dyn Reader> {
        if self.0.is_empty() {
            return reader;
        }
        let own = reader.schema();
        let is_new = |field: &FieldRef| own.field_with_name(field.name()).is_err();
        let new: Vec<FieldRef> = self.fields().into_iter().filter(is_new).collect();
        let schema = Arc::new(Schema::new_with_metadata(
            own.fields().iter().chain(&new).cloned().collect::<Vec<_>>(),
            own.metadata().clone(),
        ));
        let mut values: HashMap<_, _> = self.0.into_iter().collect();
        let kept = new
            .into_iter()
            .filter(|field| mapping.attribute(field.name()).is_some());
        let columns = kept.map(|field| {
            let value = values.remove(field.name()).flatten();
            Column::new(field, value)
        });
        Box::new(Partitioned {
            schema,
            columns: columns.collect(),
            reader,
        })
    }
}

/// A name as it was before Hive wrote it.
fn decode(name: &str) -> String {
    match percent_decode_str(name).decode_utf8() {
        Ok(name) => name.into_owned(),
        Err(_) => name.to_owned(),
    }
}

/// A file with the columns of its folders.
struct Partitioned {
    schema: SchemaRef,
    columns: Vec<Column>,
    reader: Box<dyn Reader>,
}

// What is forgotten here would be what the default does, silently.
#[deny(clippy::missing_trait_methods)]
impl Reader for Partitioned {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn rows(&self) -> Option<u64> {
        self.reader.rows()
    }

    fn leave_out(&mut self, is_settled: &dyn Fn(RangeInclusive<u64>) -> bool) -> u64 {
        self.reader.leave_out(is_settled)
    }

    fn into_stream(self: Box<Self>) -> BatchStream {
        let mut columns = self.columns;
        let batches = self.reader.into_stream();
        batches
            .map(move |batch| {
                let SourceBatch {
                    batch,
                    origin,
                    unreadable,
                } = batch?;
                let batch = add(batch, &mut columns).map_err(|source| Error::Records {
                    name: origin.source().to_string(),
                    after_row: origin.row(0).number.saturating_sub(1),
                    source: source.into(),
                })?;
                Ok(SourceBatch {
                    batch,
                    origin,
                    unreadable,
                })
            })
            .boxed()
    }
}

fn add(batch: RecordBatch, columns: &mut [Column]) -> Result<RecordBatch, ArrowError> {
    let (schema, mut arrays, rows) = batch.into_parts();
    let mut fields = schema.fields().to_vec();
    for column in columns {
        // NDJSON may come to have a column that its first lines don't.
        if schema.field_with_name(column.field.name()).is_err() {
            fields.push(Arc::clone(&column.field));
            arrays.push(column.array(rows));
        }
    }
    let schema = Schema::new_with_metadata(fields, schema.metadata().clone());
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(schema), arrays, &options)
}

/// One value, as many times as a batch needs.
struct Column {
    field: FieldRef,
    value: Option<String>,
    /// As many as any batch needed so far.
    longest: ArrayRef,
}

impl Column {
    fn new(field: FieldRef, value: Option<String>) -> Self {
        Self {
            field,
            value,
            longest: Arc::new(StringArray::new_null(0)),
        }
    }

    /// The value, so many times: a slice of what was made for an earlier batch, mostly.
    fn array(&mut self, rows: usize) -> ArrayRef {
        if self.longest.len() < rows {
            let value = self.value.as_deref();
            let values: StringArray = std::iter::repeat_n(value, rows).collect();
            self.longest = Arc::new(values);
        }
        self.longest.slice(0, rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_pairs_and_files_are_not() {
        let of = |path: &str| {
            let partitions = Partitions::of(Path::new(path));
            let pairs = partitions.iter();
            pairs
                .map(|(key, value)| format!("{key}={}", value.unwrap_or("null")))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            of("country=IN/day=2026-01-01/part-0.parquet"),
            "country=IN day=2026-01-01"
        );
        assert_eq!(of("/data/./country=IN/x/a.csv"), "country=IN");
        assert_eq!(of("a=1.csv"), "");
        assert_eq!(of("=1/a.csv"), "");
        assert_eq!(
            of("a=1=2/b=/c=__HIVE_DEFAULT_PARTITION__/x"),
            "a=1=2 b=null c=null"
        );
        assert_eq!(of("city=S%C3%A3o%20Paulo%2F1/x"), "city=São Paulo/1");
        assert_eq!(of("p=100%/q=%FF/x"), "p=100% q=%FF");
        assert_eq!(of("a=1/b=2/a=3/x"), "a=3 b=2");
    }
}
