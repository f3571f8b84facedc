//! Arrow IPC, as a file and as a stream: the mapped columns, message by message.
//!
//! A batch is read whole, as its writer made it, and given out in slices. Both kinds go through
//! arrow-ipc's low-level decoder: its readers ask for as much memory as a message says, whatever is
//! there, and the one for streams from elsewhere than a `Read` decodes all columns.

mod decode;
mod file;
mod stream;

use std::io;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use arrow_ipc::MetadataVersion;
use futures::{StreamExt as _, stream as streams};
use leadsquared_core::{Origin, SourceBatch};

use self::decode::{Decoder, Message};
use crate::blocking::blocking;
use crate::content::Content;
use crate::source::{BatchStream, Reader};
use crate::{Error, ReadOptions};

/// What a file starts with.
pub(crate) const MAGIC: &[u8] = b"ARROW1";
/// What a message starts with.
const CONTINUATION: &[u8] = &[0xff; 4];

/// The most bytes of a message before its buffers, which describe some thousands of columns.
const MAX_METADATA: u64 = 64 << 20;
/// The most bytes of a batch, which is held in memory whole.
const MAX_MESSAGE: u64 = 2 << 30;

/// Whether this is the start of a stream: a message, and a length that makes sense.
pub(crate) fn is_stream(head: &[u8]) -> bool {
    let length = head.strip_prefix(CONTINUATION);
    let length = length.and_then(|rest| rest.first_chunk());
    length.is_some_and(|length| (1..=MAX_METADATA).contains(&u32::from_le_bytes(*length).into()))
}

pub(crate) async fn open(content: Content, options: &ReadOptions) -> Result<IpcReader, Error> {
    let name = Arc::clone(&content.name);
    let opened = if content.head.starts_with(MAGIC) {
        let progress = content.file_progress();
        let file = content.into_file().await?;
        let opened = blocking(move || file::open(file, progress)).await;
        let opened = opened.map_err(|died| Failure::Died(died.to_string()));
        opened.and_then(|opened| opened)
    } else {
        stream::open(Box::new(content.into_reader())).await
    };
    let opened = opened.and_then(
        |Opened {
             schema,
             version,
             messages,
         }| {
            let decoder = Decoder::try_new(&schema, version, options.mapping())?;
            Ok((schema, decoder, messages))
        },
    );
    let (schema, decoder, messages) = opened.map_err(|failure| failure.at_start(&name))?;
    Ok(IpcReader {
        schema,
        rest: Rest {
            name,
            messages,
            decoder,
            batch: None,
            max_rows: options.batch_rows(),
            done: 0,
        },
    })
}

/// What is known before the first row.
struct Opened {
    schema: SchemaRef,
    version: MetadataVersion,
    messages: Messages,
}

/// Where messages come from.
enum Messages {
    File(file::Blocks),
    Stream(stream::Messages),
}

impl Messages {
    async fn next(&mut self) -> Result<Option<Message>, Failure> {
        match self {
            Self::File(blocks) => blocks.next().await,
            Self::Stream(messages) => messages.next().await,
        }
    }
}

/// An opened source, before its first row.
pub(crate) struct IpcReader {
    schema: SchemaRef,
    rest: Rest,
}

impl Reader for IpcReader {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn into_stream(self: Box<Self>) -> BatchStream {
        streams::try_unfold(self.rest, Rest::next).boxed()
    }
}

/// What is left of a source.
struct Rest {
    name: Arc<str>,
    messages: Messages,
    decoder: Decoder,
    /// What of the last batch is not given out.
    batch: Option<RecordBatch>,
    max_rows: usize,
    done: u64,
}

impl Rest {
    async fn next(mut self) -> Result<Option<(SourceBatch, Self)>, Error> {
        loop {
            if let Some(batch) = self.batch.take().filter(|batch| batch.num_rows() > 0) {
                let rows = batch.num_rows().min(self.max_rows);
                let rest = batch.slice(rows, batch.num_rows() - rows);
                let origin = Origin::new(Arc::clone(&self.name), self.done.saturating_add(1));
                self.done = self.done.saturating_add(rows as u64);
                self.batch = Some(rest);
                return Ok(Some((SourceBatch::new(batch.slice(0, rows), origin), self)));
            }
            let (name, done) = (Arc::clone(&self.name), self.done);
            let failed = |failure: Failure| failure.after(&name, done);
            let Some(message) = self.messages.next().await.map_err(failed)? else {
                return Ok(None);
            };
            let mut decoder = self.decoder;
            let done = blocking(move || {
                let batch = decoder.decode(&message);
                (decoder, batch)
            })
            .await;
            let (decoder, batch) = done.map_err(|died| failed(Failure::Died(died.to_string())))?;
            self.decoder = decoder;
            self.batch = batch.map_err(|error| failed(error.into()))?;
        }
    }
}

/// Why there is no next batch.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Damaged(#[from] ArrowError),
    #[error("{0}")]
    Died(String),
    #[error("there is no footer at the end of its {bytes} bytes")]
    NoFooter { bytes: u64 },
    #[error("it was cut short in the middle of a message")]
    Cut,
    #[error("the mark of its end is missing: it may have been cut short after a batch")]
    NoEnd,
    #[error("its numbers have the byte order of another kind of machine")]
    ByteOrder,
    #[error("a message of {bytes} bytes")]
    TooLarge { bytes: u64 },
}

impl Failure {
    /// The error of a source whose schema can't be had.
    fn at_start(self, name: &str) -> Error {
        let name = name.to_owned();
        match self {
            Self::Io(source) => Error::reading(&name, 0, source),
            Self::NoFooter { bytes } => Error::TruncatedArrow { name, bytes },
            failure => Error::ArrowSchema {
                name,
                source: failure.into(),
            },
        }
    }

    /// The error of a source that breaks off after a row.
    fn after(self, name: &str, after_row: u64) -> Error {
        match self {
            Self::Io(source) => Error::reading(name, after_row, source),
            Self::TooLarge { bytes } => Error::ArrowBatch {
                name: name.to_owned(),
                after_row,
                bytes,
            },
            failure => Error::ArrowData {
                name: name.to_owned(),
                after_row,
                source: failure.into(),
            },
        }
    }
}
