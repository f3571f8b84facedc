//! Where a file's bytes are: in a file, or in a store.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use crate::content::Random;
use crate::store::Blocks;
use crate::{Error, Progress, StoreError};

/// Where a file's bytes are; clones read the same.
#[derive(Clone)]
pub(super) enum Place {
    File(Bounded),
    Object(Blocks),
}

impl Place {
    pub(super) fn new(name: &str, random: Random, progress: Progress) -> Result<Self, Error> {
        match random {
            Random::File(file) => Bounded::new(name, file, progress).map(Self::File),
            Random::Object(blocks) => match blocks.read_end() {
                Ok(()) => Ok(Self::Object(blocks)),
                Err(source) => Err(Error::Store {
                    name: name.to_owned(),
                    after_row: None,
                    source,
                }),
            },
        }
    }

    /// What went wrong with the store, if that is why reading failed.
    pub(super) fn failure(&self) -> Option<StoreError> {
        match self {
            Self::File(_) => None,
            Self::Object(blocks) => blocks.failure(),
        }
    }
}

impl Length for Place {
    fn len(&self) -> u64 {
        match self {
            Self::File(file) => file.bytes,
            Self::Object(blocks) => blocks.len(),
        }
    }
}

impl ChunkReader for Place {
    type T = Box<dyn Read + Send>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        match self {
            Self::File(file) => Ok(Box::new(BufReader::new(file.at(start)?))),
            Self::Object(blocks) => Ok(Box::new(blocks.get_read(start)?)),
        }
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        match self {
            Self::File(file) => file.get_bytes(start, length),
            Self::Object(blocks) => blocks.get_bytes(start, length),
        }
    }
}

/// A file that is never read past its end: a hostile length then asks for no memory.
#[derive(Clone)]
pub(super) struct Bounded {
    file: Arc<File>,
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
            file: Arc::new(file),
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
