//! An object at random, for the blocking Parquet reader.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Buf as _, Bytes};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use tokio::runtime::Handle;

use crate::Progress;

use super::error::StoreError;
use super::object::Object;

/// The most that is asked for at once, and the least of a column that has more.
const MOST: u64 = 8 * 1024 * 1024;
const LEAST: u64 = 64 * 1024;
/// How much is kept.
const KEPT: u64 = 64 * 1024 * 1024;
/// What lies between two columns and is shorter than this is read along.
const GAP: u64 = 32 * 1024;
/// Where a footer usually begins, from the end.
const FOOTER: u64 = 64 * 1024;

/// An object in blocks: each is asked for when it is first needed, and a few are kept.
///
/// Columns are read at the same time, each from its own place, so there is a block for each. Must be
/// read on threads that may block.
#[derive(Clone)]
pub(crate) struct Blocks {
    object: Object,
    size: u64,
    runtime: Handle,
    progress: Progress,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// What will be read, in order and apart: no block goes beyond it.
    wanted: Vec<Range<u64>>,
    /// How much is asked for at once.
    length: u64,
    /// The one that was used last comes last.
    blocks: VecDeque<Block>,
    kept: u64,
    failure: Option<StoreError>,
}

struct Block {
    start: u64,
    bytes: Bytes,
}

impl Block {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl Blocks {
    /// An object of `size` bytes whose `first` ones are known; `runtime` is where requests are made.
    pub(crate) fn new(
        object: Object,
        size: u64,
        first: Bytes,
        runtime: Handle,
        progress: Progress,
    ) -> Self {
        progress.add(first.len());
        let mut state = State::default();
        state.keep(0, first);
        Self {
            object,
            size,
            runtime,
            progress,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Reads the end at once, where the footer is.
    pub(crate) fn read_end(&self) -> Result<(), StoreError> {
        let footer = self.size.saturating_sub(FOOTER);
        self.at(footer, self.size - footer).map(drop)
    }

    /// Says what will be read: so many columns, and where all of their chunks are.
    pub(crate) fn will_read(&self, columns: usize, chunks: Vec<Range<u64>>) {
        let mut state = self.state();
        state.wanted = merged(chunks);
        state.length = (KEPT / (columns as u64).max(1)).clamp(LEAST, MOST);
    }

    /// What went wrong with the store, if that is why reading failed.
    pub(crate) fn failure(&self) -> Option<StoreError> {
        self.state().failure.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What there is at `start`: the rest of a block, which is asked for if it isn't there, and has
    /// at least `least` bytes unless the object ends before.
    fn at(&self, start: u64, least: u64) -> Result<Bytes, StoreError> {
        let (known, range) = {
            let mut state = self.state();
            if let Some(bytes) = state.get(start, least) {
                return Ok(bytes);
            }
            let known = state.get(start, 1).unwrap_or_default();
            let had = known.len() as u64;
            let range = state.range(start + had, least - had, self.size);
            (known, range)
        };
        let read = self.runtime.block_on(self.object.read(range.clone()));
        let mut state = self.state();
        match read {
            Ok(bytes) => {
                self.progress.add(bytes.len());
                state.keep(range.start, bytes.clone());
                if known.is_empty() {
                    return Ok(bytes);
                }
                let missing = usize::try_from(least).unwrap_or(usize::MAX) - known.len();
                let more = &bytes[..bytes.len().min(missing)];
                Ok([&known, more].concat().into())
            }
            Err(error) => {
                state.failure = Some(error.clone());
                Err(error)
            }
        }
    }
}

impl State {
    fn get(&mut self, start: u64, least: u64) -> Option<Bytes> {
        let found = self.blocks.iter().position(|block| {
            block.start <= start && start < block.end() && start + least <= block.end()
        })?;
        let block = self.blocks.remove(found)?;
        let from = usize::try_from(start - block.start).ok()?;
        let bytes = block.bytes.slice(from..);
        self.blocks.push_back(block);
        Some(bytes)
    }

    /// What to ask for: a block's length, but nothing that isn't wanted.
    fn range(&self, start: u64, least: u64, size: u64) -> Range<u64> {
        let after = self.wanted.partition_point(|wanted| wanted.end <= start);
        let end = match self.wanted.get(after) {
            Some(wanted) if wanted.start <= start => wanted.end.min(start + self.length),
            // Nobody said that this is read: an index, say.
            _ => start + least,
        };
        start..end.max(start + least).min(size)
    }

    fn keep(&mut self, start: u64, bytes: Bytes) {
        self.kept += bytes.len() as u64;
        self.blocks.push_back(Block { start, bytes });
        while self.kept > KEPT
            && self.blocks.len() > 1
            && let Some(oldest) = self.blocks.pop_front()
        {
            self.kept -= oldest.bytes.len() as u64;
        }
    }
}

/// The ranges in order, those together that are next to each other.
fn merged(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut all: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match all.last_mut() {
            Some(last) if range.start <= last.end.saturating_add(GAP) => {
                last.end = last.end.max(range.end);
            }
            _ => all.push(range),
        }
    }
    all
}

impl Length for Blocks {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for Blocks {
    type T = Reader;

    fn get_read(&self, start: u64) -> Result<Reader, ParquetError> {
        Ok(Reader {
            blocks: self.clone(),
            at: start,
            bytes: Bytes::new(),
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let end = start.checked_add(length as u64);
        if end.is_none_or(|end| end > self.size) {
            return Err(ParquetError::EOF(format!(
                "{length} bytes at offset {start} are past the end of the object ({} bytes)",
                self.size
            )));
        }
        let mut bytes = self
            .at(start, length as u64)
            .map_err(|error| ParquetError::External(error.into()))?;
        bytes.truncate(length);
        Ok(bytes)
    }
}

/// An object from a byte on.
pub(crate) struct Reader {
    blocks: Blocks,
    at: u64,
    bytes: Bytes,
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() || (self.bytes.is_empty() && self.at >= self.blocks.size) {
            return Ok(0);
        }
        if self.bytes.is_empty() {
            self.bytes = self.blocks.at(self.at, 1)?;
        }
        let read = into.len().min(self.bytes.len());
        self.bytes.copy_to_slice(&mut into[..read]);
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(wanted: Vec<Range<u64>>) -> State {
        State {
            wanted: merged(wanted),
            length: 100,
            ..State::default()
        }
    }

    #[test]
    fn a_block_has_nothing_that_is_not_wanted() {
        let far = GAP + 1000;
        let state = state(vec![0..50, far..far + 500, 50..70]);
        assert_eq!(state.wanted, [0..70, far..far + 500]);
        assert_eq!(state.range(0, 1, 10_000_000), 0..70);
        assert_eq!(state.range(60, 1, 10_000_000), 60..70);
        assert_eq!(state.range(far, 1, 10_000_000), far..far + 100);
        // As much as is asked for, also where it isn't wanted.
        assert_eq!(state.range(far, 300, 10_000_000), far..far + 300);
        assert_eq!(state.range(80, 7, 10_000_000), 80..87);
        assert_eq!(state.range(80, 7, 83), 80..83);
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let mut state = state(Vec::new());
        let third = KEPT / 3;
        let bytes = Bytes::from(vec![0; usize::try_from(third).unwrap()]);
        for start in [0, third, 2 * third] {
            state.keep(start, bytes.clone());
        }
        assert_eq!(state.get(1, 1).unwrap().len() as u64, third - 1);
        state.keep(3 * third, bytes);
        assert!(state.get(third, 1).is_none(), "it was the oldest");
        assert!(state.get(0, 1).is_some() && state.get(3 * third, 1).is_some());
        assert!(state.get(third - 1, 2).is_none(), "it ends there");
        assert!(state.kept <= KEPT);
    }
}
