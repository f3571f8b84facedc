//! Messages to batches of the mapped columns.
//!
//! What a message says of itself is checked before anything is decoded: its lengths may come from
//! anybody, and memory is asked for by them.

use arrow::buffer::Buffer;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use arrow_ipc::reader::FileDecoder;
use arrow_ipc::{
    Block, CompressionType, Message as Header, MessageHeader, MetadataVersion, root_as_message,
};
use leadsquared_core::Mapping;

use super::{CONTINUATION, MAX_MESSAGE};

/// A message as it stands: its length, what it is, and its buffers.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) bytes: Buffer,
    /// The bytes before the buffers.
    pub(super) metadata: usize,
}

impl Message {
    /// What it is.
    pub(super) fn header(&self) -> Result<Header<'_>, ArrowError> {
        header(&self.bytes[..self.metadata])
    }
}

/// What a message is, from the bytes before its buffers.
pub(super) fn header(metadata: &[u8]) -> Result<Header<'_>, ArrowError> {
    // The length of the header is before it, and before that, since Arrow 0.15, four other bytes.
    let header = match metadata.strip_prefix(CONTINUATION) {
        Some(header) => header.get(4..),
        None => metadata.get(4..),
    };
    let header = header.unwrap_or_default();
    root_as_message(header).map_err(|error| damage(error.to_string()))
}

pub(super) fn damage(what: impl Into<String>) -> ArrowError {
    ArrowError::IpcError(what.into())
}

/// Decodes the messages of one source, in order.
pub(super) struct Decoder {
    decoder: FileDecoder,
    /// The columns that the mapping keeps.
    kept: Schema,
}

impl Decoder {
    pub(super) fn try_new(
        schema: &SchemaRef,
        version: MetadataVersion,
        mapping: &Mapping,
    ) -> Result<Self, ArrowError> {
        let kept: Vec<usize> = (0..schema.fields().len())
            .filter(|&index| mapping.attribute(schema.field(index).name()).is_some())
            .collect();
        Ok(Self {
            kept: schema.project(&kept)?,
            decoder: FileDecoder::new(SchemaRef::clone(schema), version).with_projection(kept),
        })
    }

    /// The batch that a message holds; of a dictionary, nothing yet.
    pub(super) fn decode(&mut self, message: &Message) -> Result<Option<RecordBatch>, ArrowError> {
        let header = message.header()?;
        let body = &message.bytes[message.metadata..];
        let block = {
            let metadata = i32::try_from(message.metadata);
            let metadata = metadata.map_err(|error| damage(error.to_string()))?;
            Block::new(0, metadata, header.bodyLength())
        };
        match header.header_type() {
            MessageHeader::RecordBatch => {
                if let Some(batch) = header.header_as_record_batch() {
                    check(batch, body)?;
                }
                self.decoder.read_record_batch(&block, &message.bytes)
            }
            MessageHeader::DictionaryBatch => {
                let Some(dictionary) = header.header_as_dictionary_batch() else {
                    return Err(damage("a dictionary without an id"));
                };
                if self.is_kept(dictionary.id()) {
                    let Some(values) = dictionary.data() else {
                        return Err(damage("a dictionary without values"));
                    };
                    check(values, body)?;
                    self.decoder.read_dictionary(&block, &message.bytes)?;
                }
                Ok(None)
            }
            MessageHeader::NONE => Ok(None),
            kind => Err(damage(format!("a message that is out of place: {kind:?}"))),
        }
    }

    /// Whether a column that the mapping keeps takes its values from the dictionary.
    fn is_kept(&self, dictionary: i64) -> bool {
        #[expect(
            deprecated,
            reason = "the decoder still goes by the ids of the file, and there is no other way to them"
        )]
        let fields = self.kept.fields_with_dict_id(dictionary);
        !fields.is_empty()
    }
}

/// Checks what a batch says of its sizes against the bytes that are there.
fn check(batch: arrow_ipc::RecordBatch<'_>, body: &[u8]) -> Result<(), ArrowError> {
    if i32::try_from(batch.length()).is_err() {
        return Err(damage(format!("a batch of {} rows", batch.length())));
    }
    // The most that a byte can stand for: in a block of LZ4, 255; zstd repeats one for 128 KiB.
    let most: Option<u64> = match batch.compression().map(|compression| compression.codec()) {
        None => None,
        Some(CompressionType::LZ4_FRAME) => Some(255),
        Some(_) => Some(128 << 10),
    };
    let mut decompressed = 0_u64;
    for buffer in batch.buffers().iter().flatten() {
        let bytes = usize::try_from(buffer.offset()).ok().and_then(|offset| {
            let length = usize::try_from(buffer.length()).ok()?;
            body.get(offset..offset.checked_add(length)?)
        });
        let bytes = bytes.ok_or_else(|| {
            let (offset, length) = (buffer.offset(), buffer.length());
            damage(format!(
                "a buffer of {length} bytes at {offset} is not inside the {} bytes of its batch",
                body.len()
            ))
        })?;
        let (Some(most), Some((length, compressed))) = (most, bytes.split_first_chunk()) else {
            continue;
        };
        // -1 says that it is not compressed after all.
        let Ok(length) = u64::try_from(i64::from_le_bytes(*length)) else {
            continue;
        };
        decompressed = decompressed.saturating_add(length);
        if length > most.saturating_mul(compressed.len() as u64) || decompressed > MAX_MESSAGE {
            return Err(damage(format!(
                "{} bytes can't be {length} bytes compressed, or they are too many for one batch",
                compressed.len()
            )));
        }
    }
    Ok(())
}
