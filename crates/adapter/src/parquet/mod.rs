//! Parquet: the mapped columns, page by page, of the row groups that are needed.
//!
//! Read with the blocking reader on a thread for that: it holds a page a column, where the
//! asynchronous one holds a whole row group, and many programs write all rows into one. It also
//! turns what panics on a hostile file into an error.

mod place;
mod rows;

use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use leadsquared_core::SourceBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader as _, Length as _};

use crate::blocking::blocking;
use crate::content::Content;
use crate::source::{BatchStream, Reader};
use crate::{Error, ReadOptions};

use self::place::Place;
use self::rows::Rows;

/// The shortest file there can be: the magic at both ends and the footer's length.
const SHORTEST: u64 = 12;

pub(crate) async fn open(content: Content, options: &ReadOptions) -> Result<ParquetReader, Error> {
    let name = Arc::clone(&content.name);
    let progress = content.file_progress();
    let random = content.into_random().await?;
    let options = options.clone();
    let footer = {
        let name = name.to_string();
        |source| Error::ParquetFooter { name, source }
    };
    let opened = blocking(move || {
        let place = Place::new(&name, random, progress)?;
        let opened = ParquetReader::new(Arc::clone(&name), place.clone(), &options);
        opened.map_err(|error| match place.failure() {
            Some(source) => Error::Store {
                name: name.to_string(),
                after_row: None,
                source,
            },
            None => error,
        })
    });
    match opened.await {
        Ok(opened) => opened,
        Err(died) => Err(footer(died.into())),
    }
}

/// An opened file, before its first row.
pub(crate) struct ParquetReader {
    name: Arc<str>,
    schema: SchemaRef,
    rows: u64,
    /// The rows that will be read, in the row groups that they are in.
    left: Rows,
    batches: Batches,
    file: ParquetFile,
}

/// A file, and what is read of it.
#[derive(Clone)]
struct ParquetFile {
    place: Place,
    metadata: ArrowReaderMetadata,
    projection: ProjectionMask,
    batch_rows: usize,
}

/// A decoder, made or to be made.
enum Batches {
    Ready(Box<ParquetRecordBatchReader>),
    /// Of these row groups alone.
    Of(Box<ParquetFile>, Vec<usize>),
}

impl ParquetReader {
    fn new(name: Arc<str>, place: Place, options: &ReadOptions) -> Result<Self, Error> {
        check_end(&name, &place)?;
        let footer = |source: ParquetError| Error::ParquetFooter {
            name: name.to_string(),
            source: source.into(),
        };
        let metadata =
            ArrowReaderMetadata::load(&place, ArrowReaderOptions::default()).map_err(footer)?;
        let rows = u64::try_from(metadata.metadata().file_metadata().num_rows())
            .map_err(|error| footer(ParquetError::External(error.into())))?;
        let schema = Arc::clone(metadata.schema());
        let kept = (0..schema.fields().len()).filter(|&index| {
            let column = schema.field(index).name();
            options.mapping().attribute(column).is_some()
        });
        let projection = ProjectionMask::roots(metadata.parquet_schema(), kept);
        let file = ParquetFile {
            place,
            metadata,
            projection,
            batch_rows: options.batch_rows(),
        };
        let batches = file.batches(None).map_err(footer)?;
        Ok(Self {
            name,
            schema,
            rows,
            left: Rows::all(rows),
            batches: Batches::Ready(Box::new(batches)),
            file,
        })
    }
}

impl ParquetFile {
    /// A decoder of these row groups, or of all.
    fn batches(
        &self,
        groups: Option<Vec<usize>>,
    ) -> Result<ParquetRecordBatchReader, ParquetError> {
        if let Place::Object(blocks) = &self.place {
            let columns = self.columns().count();
            blocks.will_read(columns, self.chunks(groups.as_deref()));
        }
        let metadata = self.metadata.clone();
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(self.place.clone(), metadata)
                .with_projection(self.projection.clone())
                .with_batch_size(self.batch_rows);
        match groups {
            Some(groups) => builder.with_row_groups(groups).build(),
            None => builder.build(),
        }
    }

    /// The columns that are read.
    fn columns(&self) -> impl Iterator<Item = usize> {
        let columns = 0..self.metadata.parquet_schema().num_columns();
        columns.filter(|&column| self.projection.leaf_included(column))
    }

    /// Where the column chunks are that will be read.
    fn chunks(&self, groups: Option<&[usize]>) -> Vec<std::ops::Range<u64>> {
        let mut chunks = Vec::new();
        for (index, group) in self.metadata.metadata().row_groups().iter().enumerate() {
            if groups.is_some_and(|groups| !groups.contains(&index)) {
                continue;
            }
            for chunk in self
                .columns()
                .filter_map(|column| group.columns().get(column))
            {
                // In a hostile file, they may be anything.
                let first = chunk.dictionary_page_offset().unwrap_or(i64::MAX);
                let start = u64::try_from(first.min(chunk.data_page_offset())).unwrap_or(0);
                let length = u64::try_from(chunk.compressed_size()).unwrap_or(0);
                chunks.push(start..start.saturating_add(length));
            }
        }
        chunks
    }
}

/// Refuses a file whose end is missing or encrypted, which the decoder would say less clearly.
fn check_end(name: &str, place: &Place) -> Result<(), Error> {
    let bytes = place.len();
    let magic = if bytes >= SHORTEST {
        place.get_bytes(bytes - 4, 4).map_err(|error| Error::Read {
            name: name.to_owned(),
            after_row: 0,
            source: std::io::Error::other(error),
        })?
    } else {
        Bytes::new()
    };
    match &*magic {
        b"PAR1" => Ok(()),
        b"PARE" => Err(Error::EncryptedParquet {
            name: name.to_owned(),
        }),
        _ => Err(Error::TruncatedParquet {
            name: name.to_owned(),
            bytes,
        }),
    }
}

impl Reader for ParquetReader {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn rows(&self) -> Option<u64> {
        Some(self.rows)
    }

    fn leave_out(&mut self, is_settled: &dyn Fn(RangeInclusive<u64>) -> bool) -> u64 {
        let metadata = Arc::clone(self.file.metadata.metadata());
        let Some((groups, left)) = rows::needed(&metadata, self.rows, is_settled) else {
            return 0;
        };
        self.batches = Batches::Of(Box::new(self.file.clone()), groups);
        self.left = left;
        self.rows - self.left.count()
    }

    fn into_stream(self: Box<Self>) -> BatchStream {
        let rest = Rest {
            name: self.name,
            rows: self.left,
            batches: self.batches,
            place: self.file.place,
        };
        stream::try_unfold(rest, Rest::next).boxed()
    }
}

/// What is left of a file.
struct Rest {
    name: Arc<str>,
    rows: Rows,
    batches: Batches,
    place: Place,
}

impl Rest {
    async fn next(mut self) -> Result<Option<(SourceBatch, Self)>, Error> {
        let batches = self.batches;
        let name = self.name;
        let damaged = |cause| match self.place.failure() {
            Some(source) => Error::Store {
                name: name.to_string(),
                after_row: Some(self.rows.last).filter(|row| *row > 0),
                source,
            },
            None => Error::ParquetData {
                name: name.to_string(),
                after_row: self.rows.last,
                source: cause,
            },
        };
        let (batches, batch) = blocking(move || {
            let mut batches = match batches {
                Batches::Ready(batches) => batches,
                Batches::Of(file, groups) => Box::new(file.batches(Some(groups))?),
            };
            let batch = batches.next().transpose()?;
            Ok::<_, arrow::error::ArrowError>((batches, batch))
        })
        .await
        .map_err(|died| damaged(died.into()))?
        .map_err(|error| damaged(error.into()))?;

        match batch {
            Some(batch) => {
                let origin = self.rows.next(&name, batch.num_rows());
                let rest = Self {
                    name,
                    batches: Batches::Ready(batches),
                    ..self
                };
                Ok(Some((SourceBatch::new(batch, origin), rest)))
            }
            None if self.rows.given == self.rows.count() => Ok(None),
            None => Err(Error::RowCount {
                name: name.to_string(),
                expected: self.rows.count(),
                found: self.rows.given,
            }),
        }
    }
}
