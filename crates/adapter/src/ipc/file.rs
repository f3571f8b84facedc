//! The file format: messages at places that the footer names.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

use arrow::buffer::{Buffer, MutableBuffer};
use arrow_ipc::convert::fb_to_schema;
use arrow_ipc::reader::read_footer_length;
use arrow_ipc::{Block, root_as_footer};

use super::decode::{Message, damage};
use super::{Failure, MAX_MESSAGE, Messages, Opened};
use crate::Progress;
use crate::blocking::blocking;

/// The bytes at the end: the footer's length and the magic.
const END: u64 = 10;

/// A file whose footer was read.
pub(super) struct Blocks {
    file: Arc<File>,
    progress: Progress,
    /// The dictionaries, then the batches.
    messages: Vec<Block>,
    next: usize,
    /// Where the footer starts.
    end: u64,
}

pub(super) fn open(mut file: File, progress: Progress) -> Result<Opened, Failure> {
    let bytes = file.seek(SeekFrom::End(0))?;
    let mut end = [0; 10];
    // The magic at the start, with what it is filled up with, takes 8.
    if bytes >= END + 8 {
        file.seek(SeekFrom::End(-10))?;
        file.read_exact(&mut end)?;
    }
    if !end.ends_with(b"ARROW1") {
        return Err(Failure::NoFooter { bytes });
    }
    let length = read_footer_length(end)?;
    let end = bytes
        .checked_sub(END + length as u64)
        .ok_or_else(|| damage(format!("a footer of {length} bytes in a file of {bytes}")))?;
    file.seek(SeekFrom::Start(end))?;
    let mut footer = vec![0; length];
    file.read_exact(&mut footer)?;

    let footer = root_as_footer(&footer).map_err(|error| damage(error.to_string()))?;
    let schema = footer.schema().ok_or_else(|| damage("no schema"))?;
    if !schema.endianness().equals_to_target_endianness() {
        return Err(Failure::ByteOrder);
    }
    let dictionaries = footer.dictionaries();
    let batches = footer.recordBatches();
    let blocks = dictionaries
        .iter()
        .flatten()
        .chain(batches.iter().flatten());
    Ok(Opened {
        schema: Arc::new(fb_to_schema(schema)),
        version: footer.version(),
        messages: Messages::File(Blocks {
            file: Arc::new(file),
            progress,
            messages: blocks.copied().collect(),
            next: 0,
            end,
        }),
    })
}

impl Blocks {
    /// The next message; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Message>, Failure> {
        let Some(block) = self.messages.get(self.next) else {
            return Ok(None);
        };
        self.next += 1;
        let (offset, metadata, body) = (block.offset(), block.metaDataLength(), block.bodyLength());
        let place = || {
            let offset = u64::try_from(offset).ok()?;
            let metadata = usize::try_from(metadata).ok()?;
            let length = usize::try_from(body).ok()?.checked_add(metadata)?;
            let is_inside = offset.checked_add(length as u64)? <= self.end && metadata >= 8;
            is_inside.then_some((offset, metadata, length))
        };
        let (offset, metadata, length) = place().ok_or_else(|| {
            damage(format!(
                "the footer names a message of {metadata} and {body} bytes at {offset}, which is \
                 not inside the file"
            ))
        })?;
        if length as u64 > MAX_MESSAGE {
            return Err(Failure::TooLarge {
                bytes: length as u64,
            });
        }
        let (file, progress) = (Arc::clone(&self.file), self.progress.clone());
        let bytes = blocking(move || read(&file, &progress, offset, length)).await;
        let bytes = bytes.map_err(|died| damage(died.to_string()))??;
        Ok(Some(Message { bytes, metadata }))
    }
}

fn read(mut file: &File, progress: &Progress, offset: u64, length: usize) -> io::Result<Buffer> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = MutableBuffer::from_len_zeroed(length);
    file.read_exact(&mut bytes)?;
    progress.add(length);
    Ok(bytes.into())
}
