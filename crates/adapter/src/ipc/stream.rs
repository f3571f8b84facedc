//! The stream format: one message after the other, and a mark at the end.

use std::sync::Arc;

use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use arrow_ipc::MetadataVersion;
use arrow_ipc::convert::fb_to_schema;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::decode::{Message, damage, header};
use super::{Failure, MAX_MESSAGE, MAX_METADATA, Opened};
use crate::blocking::blocking;

type Bytes = Box<dyn AsyncRead + Send + Unpin>;

/// Messages that come one after the other.
pub(super) struct Messages {
    bytes: Bytes,
    ended: bool,
}

pub(super) async fn open(bytes: Bytes) -> Result<Opened, Failure> {
    let mut messages = Messages {
        bytes,
        ended: false,
    };
    let first = messages.next().await?;
    let first = first.ok_or_else(|| damage("it ends before its schema"))?;
    let schema = blocking(move || schema(&first)).await;
    let (schema, version) = schema.map_err(|died| Failure::Died(died.to_string()))??;
    Ok(Opened {
        schema,
        version,
        messages: super::Messages::Stream(messages),
    })
}

fn schema(message: &Message) -> Result<(SchemaRef, MetadataVersion), Failure> {
    let header = message.header()?;
    let schema = header
        .header_as_schema()
        .ok_or_else(|| damage("its first message is no schema"))?;
    if !schema.endianness().equals_to_target_endianness() {
        return Err(Failure::ByteOrder);
    }
    Ok((Arc::new(fb_to_schema(schema)), header.version()))
}

impl Messages {
    /// The next message; `None` at the mark of the end.
    ///
    /// Writers set the mark when they are done. A stream without it ends in an error: it may have
    /// been cut between two messages, and rows be missing.
    pub(super) async fn next(&mut self) -> Result<Option<Message>, Failure> {
        if self.ended {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        match self.read(&mut bytes, 8).await {
            Err(Failure::Cut) if bytes.is_empty() => return Err(Failure::NoEnd),
            read => read?,
        }
        let [0xff, 0xff, 0xff, 0xff, length @ ..] = bytes.as_slice() else {
            return Err(damage("there is no message where one should start").into());
        };
        let length: [u8; 4] = length.try_into().map_err(|_| Failure::Cut)?;
        let length = match i32::from_le_bytes(length) {
            0 => return self.end().await,
            length => u64::try_from(length)
                .ok()
                .filter(|&length| length <= MAX_METADATA),
        };
        let length = length.ok_or_else(|| damage("the length of a message makes no sense"))?;
        self.read(&mut bytes, length).await?;
        let metadata = bytes.len();
        let body = header(&bytes)?.bodyLength();
        let body = u64::try_from(body).map_err(|error| damage(error.to_string()))?;
        if body > MAX_MESSAGE {
            return Err(Failure::TooLarge { bytes: body });
        }
        self.read(&mut bytes, body).await?;
        Ok(Some(Message {
            bytes: Buffer::from_vec(bytes),
            metadata,
        }))
    }

    /// Appends so many bytes; memory is asked for as they come, and not by what is announced.
    async fn read(&mut self, bytes: &mut Vec<u8>, length: u64) -> Result<(), Failure> {
        let before = bytes.len() as u64;
        (&mut self.bytes).take(length).read_to_end(bytes).await?;
        if bytes.len() as u64 - before < length {
            return Err(Failure::Cut);
        }
        Ok(())
    }

    async fn end(&mut self) -> Result<Option<Message>, Failure> {
        self.ended = true;
        let mut more = Vec::new();
        match self.read(&mut more, 1).await {
            Err(Failure::Cut) => Ok(None),
            Ok(()) => Err(damage(
                "bytes follow the mark of its end, perhaps another stream: give each by itself",
            )
            .into()),
            Err(error) => Err(error),
        }
    }
}
