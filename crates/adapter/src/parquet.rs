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
use parquet::file::reader::{ChunkReader, Length};

use crate::blocking::blocking;
use crate::content::Content;
use crate::source::{BatchStream, Reader};
use crate::{Error, Progress, ReadOptions};

/// The shortest file there can be: the magic at both ends and the footer's length.
const SHORTEST: u64 = 12;

pub(crate) async fn open(content: Content, options: &ReadOptions) -> Result<ParquetReader, Error> {
    let name = Arc::clone(&content.name);
    let progress = content.file_progress();
    let file = content.into_file().await?;
    let mapping = options.mapping().clone();
    let batch_rows = options.batch_rows();
    let footer = {
        let name = name.to_string();
        |source| Error::ParquetFooter { name, source }
    };
    match blocking(move || ParquetReader::new(name, file, progress, &mapping, batch_rows)).await {
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
}

impl ParquetReader {
    fn new(
        name: Arc<str>,
        file: File,
        progress: Progress,
        mapping: &Mapping,
        batch_rows: usize,
    ) -> Result<Self, Error> {
        let file = check_end(&name, file, progress)?;
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
        })
    }
}

/// Refuses a file whose end is missing or encrypted, which the decoder would say less clearly.
fn check_end(name: &str, file: File, progress: Progress) -> Result<Bounded, Error> {
    let read = |mut file: &File| -> io::Result<(u64, [u8; 4])> {
        let bytes = file.seek(SeekFrom::End(0))?;
        let mut magic = [0; 4];
        if bytes >= SHORTEST {
            file.seek(SeekFrom::End(-4))?;
            file.read_exact(&mut magic)?;
        }
        Ok((bytes, magic))
    };
    let (bytes, magic) = read(&file).map_err(|source| Error::Read {
        name: name.to_owned(),
        after_row: 0,
        source,
    })?;
    match &magic {
        b"PAR1" => Ok(Bounded {
            file,
            bytes,
            progress,
        }),
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
}

impl Rest {
    async fn next(self) -> Result<Option<(SourceBatch, Self)>, Error> {
        let Self {
            name,
            rows,
            done,
            mut batches,
        } = self;
        let damaged = |source| Error::ParquetData {
            name: name.to_string(),
            after_row: done,
            source,
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
