//! Parquet: the mapped columns, page by page.
//!
//! Read with the blocking reader on a thread for that: it holds a page a column, where the
//! asynchronous one holds a whole row group, and many programs write all rows into one. It also
//! turns what panics on a hostile file into an error.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use leadsquared_core::{Mapping, Origin, SourceBatch};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{ChunkReader, Length};

use crate::blocking::blocking;
use crate::content::{Content, Random};
use crate::source::{BatchStream, Reader};
use crate::store::Blocks;
use crate::{Error, Progress, ReadOptions};

/// The shortest file there can be: the magic at both ends and the footer's length.
const SHORTEST: u64 = 12;

pub(crate) async fn open(content: Content, options: &ReadOptions) -> Result<ParquetReader, Error> {
    let name = Arc::clone(&content.name);
    let progress = content.file_progress();
    let random = content.into_random().await?;
    let mapping = options.mapping().clone();
    let batch_rows = options.batch_rows();
    let footer = {
        let name = name.to_string();
        |source| Error::ParquetFooter { name, source }
    };
    let opened = blocking(move || match random {
        Random::File(file) => {
            let file = Bounded::new(&name, file, progress)?;
            ParquetReader::new(name, file, None, &mapping, batch_rows)
        }
        Random::Object(blocks) => {
            let failed = |source| Error::Store {
                name: name.to_string(),
                after_row: None,
                source,
            };
            blocks.read_end().map_err(failed)?;
            let opened = ParquetReader::new(
                Arc::clone(&name),
                blocks.clone(),
                Some(blocks.clone()),
                &mapping,
                batch_rows,
            );
            opened.map_err(|error| blocks.failure().map_or(error, failed))
        }
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
    batches: ParquetRecordBatchReader,
    /// Where it is read from, if that is a store.
    blocks: Option<Blocks>,
}

impl ParquetReader {
    fn new<R: ChunkReader + 'static>(
        name: Arc<str>,
        file: R,
        blocks: Option<Blocks>,
        mapping: &Mapping,
        batch_rows: usize,
    ) -> Result<Self, Error> {
        check_end(&name, &file)?;
        let footer = |source: ParquetError| Error::ParquetFooter {
            name: name.to_string(),
            source: source.into(),
        };
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(footer)?;
        let rows = u64::try_from(builder.metadata().file_metadata().num_rows())
            .map_err(|error| footer(ParquetError::External(error.into())))?;
        let schema = Arc::clone(builder.schema());
        let kept = (0..schema.fields().len())
            .filter(|&index| mapping.attribute(schema.field(index).name()).is_some());
        let projection = ProjectionMask::roots(builder.parquet_schema(), kept);
        if let Some(blocks) = &blocks {
            will_read(blocks, builder.metadata(), &projection);
        }
        let batches = builder
            .with_projection(projection)
            .with_batch_size(batch_rows)
            .build()
            .map_err(footer)?;
        Ok(Self {
            name,
            schema,
            rows,
            batches,
            blocks,
        })
    }
}

/// Says which column chunks will be read.
fn will_read(blocks: &Blocks, metadata: &ParquetMetaData, projection: &ProjectionMask) {
    let columns = (0..metadata.file_metadata().schema_descr().num_columns())
        .filter(|&column| projection.leaf_included(column));
    let mut chunks = Vec::new();
    for group in metadata.row_groups() {
        for chunk in columns
            .clone()
            .filter_map(|column| group.columns().get(column))
        {
            // Of a hostile file, they may be anything.
            let start = chunk.dictionary_page_offset().unwrap_or(i64::MAX);
            let start = u64::try_from(start.min(chunk.data_page_offset())).unwrap_or(0);
            let length = u64::try_from(chunk.compressed_size()).unwrap_or(0);
            chunks.push(start..start.saturating_add(length));
        }
    }
    blocks.will_read(columns.count(), chunks);
}

/// Refuses a file whose end is missing or encrypted, which the decoder would say less clearly.
fn check_end(name: &str, file: &impl ChunkReader) -> Result<(), Error> {
    let bytes = file.len();
    let magic = if bytes >= SHORTEST {
        file.get_bytes(bytes - 4, 4).map_err(|error| Error::Read {
            name: name.to_owned(),
            after_row: 0,
            source: io::Error::other(error),
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

    fn into_stream(self: Box<Self>) -> BatchStream {
        let rest = Rest {
            name: self.name,
            rows: self.rows,
            done: 0,
            batches: self.batches,
            blocks: self.blocks,
        };
        stream::try_unfold(rest, Rest::next).boxed()
    }
}

/// What is left of a file.
struct Rest {
    name: Arc<str>,
    rows: u64,
    done: u64,
    batches: ParquetRecordBatchReader,
    blocks: Option<Blocks>,
}

impl Rest {
    async fn next(self) -> Result<Option<(SourceBatch, Self)>, Error> {
        let Self {
            name,
            rows,
            done,
            mut batches,
            blocks,
        } = self;
        let damaged = |cause| match blocks.as_ref().and_then(Blocks::failure) {
            Some(source) => Error::Store {
                name: name.to_string(),
                after_row: Some(done).filter(|row| *row > 0),
                source,
            },
            None => Error::ParquetData {
                name: name.to_string(),
                after_row: done,
                source: cause,
            },
        };
        let (batches, batch) = blocking(move || {
            let batch: Option<Result<RecordBatch, _>> = batches.next();
            (batches, batch)
        })
        .await
        .map_err(|died| damaged(died.into()))?;

        match batch {
            Some(Ok(batch)) => {
                let origin = Origin::new(Arc::clone(&name), done.saturating_add(1));
                let done = done.saturating_add(batch.num_rows() as u64);
                let rest = Self {
                    name,
                    rows,
                    done,
                    batches,
                    blocks,
                };
                Ok(Some((SourceBatch::new(batch, origin), rest)))
            }
            Some(Err(error)) => Err(damaged(error.into())),
            None if done == rows => Ok(None),
            None => Err(Error::RowCount {
                name: name.to_string(),
                expected: rows,
                found: done,
            }),
        }
    }
}

/// A file that is never read past its end: a hostile length then asks for no memory.
struct Bounded {
    file: File,
    bytes: u64,
    progress: Progress,
}

impl Bounded {
    fn new(name: &str, mut file: File, progress: Progress) -> Result<Self, Error> {
        let bytes = file.seek(SeekFrom::End(0)).map_err(|source| Error::Read {
            name: name.to_owned(),
            after_row: 0,
            source,
        })?;
        Ok(Self {
            file,
            bytes,
            progress,
        })
    }

    /// As the file's own reader does: one cursor for all, which the decoder is made for.
    fn at(&self, start: u64) -> Result<Counting, ParquetError> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(start))?;
        Ok(Counting {
            file,
            progress: self.progress.clone(),
        })
    }
}

impl Length for Bounded {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for Bounded {
    type T = BufReader<Counting>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(self.at(start)?))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let end = start.checked_add(length as u64);
        if end.is_none_or(|end| end > self.bytes) {
            return Err(ParquetError::EOF(format!(
                "{length} bytes at offset {start} are past the end of the file ({} bytes)",
                self.bytes
            )));
        }
        let mut bytes = vec![0; length];
        self.at(start)?.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}

/// A file that counts what is read of it.
struct Counting {
    file: File,
    progress: Progress,
}

impl Read for Counting {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        self.progress.add(read);
        Ok(read)
    }
}
