//! NDJSON: chunks of lines, each checked on its own, then decoded together.
//!
//! Reading waits for bytes and is asynchronous; checking and decoding a chunk computes for
//! milliseconds and runs on a blocking thread. One chunk is in memory at a time.

mod chunks;
mod decode;
mod known;
mod lines;
mod scan;
mod shape;

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::datatypes::{FieldRef, SchemaRef};
use arrow::error::ArrowError;
use futures::{StreamExt as _, stream};
use leadsquared_core::{Mapping, SourceBatch, UnreadableRow};
use tokio::io::AsyncBufRead;

use self::chunks::Chunks;
use self::decode::{Decoded, Decoder};
use self::known::Known;
use self::lines::{Chunk, Limit};
use crate::blocking::blocking;
use crate::content::Content;
use crate::rows::{excerpt, origin};
use crate::source::{BatchStream, Reader};
use crate::{Error, ReadOptions};

/// The most rows and bytes of a chunk.
const CHUNK: Limit = Limit {
    lines: 8192,
    bytes: 4 << 20,
};

type Bytes = Box<dyn AsyncBufRead + Send + Unpin>;

pub(crate) async fn open(content: Content, options: &ReadOptions) -> Result<NdjsonReader, Error> {
    let name = Arc::clone(&content.name);
    let mapping = options.mapping().clone();
    let rows = options.batch_rows().min(CHUNK.lines);
    let bytes: Bytes = Box::new(content.into_reader());
    let mut chunks = Chunks::new(bytes, options.max_line_bytes());

    let (known, schema, sample) = if let Some(schema) = options.schema() {
        Decoder::check(schema).map_err(|source| Error::Schema {
            name: name.to_string(),
            source,
        })?;
        (
            Known::given(schema, mapping),
            Arc::clone(schema),
            Vec::new(),
        )
    } else {
        let (lines, bytes) = options.sample();
        let sample = chunks.next(Limit { lines, bytes }).await;
        let sample = sample
            .map_err(|source| read_error(&name, &chunks, source))?
            .ok_or_else(|| Error::OnlyBlank {
                name: name.to_string(),
            })?;
        let last = chunks.last_line();
        let inferred = {
            let name = Arc::clone(&name);
            let beside = options.beside().to_vec();
            blocking(move || infer(&name, sample, mapping, beside)).await
        };
        let (known, schema, sample) =
            inferred.map_err(|died| decoder_error(&name, (1, last), died.into()))??;
        (known, schema, sample.split(rows))
    };
    let work = Work {
        name,
        known,
        decoder: Decoder::new(rows),
    };
    let limit = Limit {
        lines: rows,
        ..CHUNK
    };
    Ok(NdjsonReader {
        schema,
        rest: Rest {
            chunks,
            limit,
            sample: sample.into(),
            work,
        },
    })
}

fn infer(
    name: &str,
    sample: Chunk,
    mapping: Mapping,
    beside: Vec<FieldRef>,
) -> Result<(Known, SchemaRef, Chunk), Error> {
    let first = match Known::infer(sample.lines(), mapping, beside) {
        Ok((known, schema)) => return Ok((known, schema, sample)),
        Err(first) => first,
    };
    let too_long = sample.unreadable.first();
    let too_long = too_long.map(|row| (row.number, row.reason.clone()));
    let (line, reason) = first.into_iter().chain(too_long).min().unwrap_or_default();
    Err(Error::NoReadableLine {
        name: name.to_owned(),
        lines: sample.len(),
        line,
        reason,
    })
}

/// An opened source, before its first row.
pub(crate) struct NdjsonReader {
    schema: SchemaRef,
    rest: Rest,
}

impl Reader for NdjsonReader {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn into_stream(self: Box<Self>) -> BatchStream {
        stream::try_unfold(self.rest, Rest::next).boxed()
    }
}

/// What is left of a source.
struct Rest {
    chunks: Chunks<Bytes>,
    limit: Limit,
    /// The lines that the schema was inferred from.
    sample: VecDeque<Chunk>,
    work: Work,
}

impl Rest {
    async fn next(self) -> Result<Option<(SourceBatch, Self)>, Error> {
        let Self {
            mut chunks,
            limit,
            mut sample,
            mut work,
        } = self;
        let name = Arc::clone(&work.name);
        let chunk = match sample.pop_front() {
            Some(chunk) => chunk,
            None => match chunks.next(limit).await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return Ok(None),
                Err(source) => return Err(read_error(&name, &chunks, source)),
            },
        };
        let lines = chunk.span();
        let done = blocking(move || {
            let batch = work.batch(chunk);
            (work, batch)
        })
        .await;
        let (work, batch) = done.map_err(|died| decoder_error(&name, lines, died.into()))?;
        let batch = batch.map_err(|error| decoder_error(&name, lines, error.into()))?;
        Ok(Some((
            batch,
            Self {
                chunks,
                limit,
                sample,
                work,
            },
        )))
    }
}

/// What turns a chunk into a batch.
struct Work {
    name: Arc<str>,
    known: Known,
    decoder: Decoder,
}

impl Work {
    fn batch(&mut self, mut chunk: Chunk) -> Result<SourceBatch, ArrowError> {
        let mut unreadable = std::mem::take(&mut chunk.unreadable);
        let mut good = Vec::with_capacity(chunk.len());
        for (number, line) in chunk.lines() {
            match self.known.take(line) {
                Ok(()) => good.push((number, line)),
                Err(reason) => unreadable.push(UnreadableRow {
                    number,
                    reason,
                    raw: excerpt(line, line.len() as u64),
                }),
            }
        }
        let Decoded {
            batch,
            numbers,
            unreadable: unfit,
        } = self.decoder.decode(self.known.schema(), &good)?;
        unreadable.extend(unfit);
        unreadable.sort_unstable_by_key(|row| row.number);
        let origin = origin(&self.name, numbers);
        Ok(SourceBatch {
            batch,
            origin,
            unreadable,
        })
    }
}

fn read_error(name: &str, chunks: &Chunks<Bytes>, source: std::io::Error) -> Error {
    Error::reading(name, chunks.last_line(), source)
}

fn decoder_error(
    name: &str,
    (first_line, last_line): (u64, u64),
    source: Box<dyn std::error::Error + Send + Sync>,
) -> Error {
    Error::Decoder {
        name: name.to_owned(),
        first_line,
        last_line,
        source,
    }
}
