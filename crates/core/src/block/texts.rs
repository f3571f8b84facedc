//! The texts of one column, for the rows of a block.

use arrow::buffer::Buffer;

use super::ROWS;
use super::bits::RowSet;
use crate::encode::json::is_surely_not_blank;

/// How far beyond its end a text must be readable: texts are copied in pieces of this size.
pub(super) const PAD: usize = 64;

/// The size of a slot: no integer, date or time of ours is longer.
pub(super) const SLOT: usize = 24;

/// Larger memory is not kept for another batch: it was made for texts that are not ordinary. So twelve
/// columns keep 1.5 MiB at the most, and mostly a tenth of that.
const MOST_KEPT: usize = 128 * 1024;

/// One text for each row: where it starts in the source, and its length in bytes.
pub(super) struct Texts {
    pub(super) starts: [u32; ROWS],
    pub(super) lengths: [u32; ROWS],
    /// The rows that have a text; the others are null.
    pub(super) valid: RowSet,
    pub(super) source: Source,
    /// Memory for texts that have to be written; what is in it counts if it is the source.
    pub(super) scratch: Vec<u8>,
    /// Memory for the places of bytes to escape.
    pub(super) marks: Vec<u32>,
}

/// Where the texts are.
pub(super) enum Source {
    /// In `scratch`.
    Scratch,
    /// In memory of Arrow's.
    Arrow(Buffer),
}

impl Texts {
    pub(super) fn new() -> Self {
        Self {
            starts: [0; ROWS],
            lengths: [0; ROWS],
            valid: RowSet::default(),
            source: Source::Scratch,
            scratch: Vec::new(),
            marks: Vec::new(),
        }
    }

    /// The same memory for another column: no texts, and nothing in `scratch`.
    pub(super) fn emptied(mut self) -> Self {
        self.starts = [0; ROWS];
        self.lengths = [0; ROWS];
        self.valid = RowSet::default();
        self.source = Source::Scratch;
        self.scratch.clear();
        if self.scratch.capacity() > MOST_KEPT {
            self.scratch = Vec::new();
        }
        if self.marks.capacity() > MOST_KEPT / size_of::<u32>() {
            self.marks = Vec::new();
        }
        self
    }

    /// The bytes that the texts are in.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.source {
            Source::Scratch => &self.scratch,
            Source::Arrow(buffer) => buffer,
        }
    }

    /// Notes that the text of `row` is all of `scratch` from `start` on.
    pub(super) fn end_text(&mut self, row: usize, start: usize) {
        // A text too far out for u32 makes the block one that can't be gathered.
        let length = u32::try_from(self.scratch.len() - start);
        self.starts[row] = u32::try_from(start).unwrap_or(u32::MAX);
        self.lengths[row] = length.unwrap_or(u32::MAX);
    }

    /// Ends writing to `scratch`, and makes it the source.
    pub(super) fn use_scratch(&mut self) {
        self.scratch.extend_from_slice(&[0; PAD]);
        self.source = Source::Scratch;
    }

    /// A slot of `scratch` for each row, the source from now on; beside them where each text starts,
    /// and its length.
    pub(super) fn slots(&mut self) -> Slots<'_> {
        self.scratch.resize(ROWS * SLOT + PAD, 0);
        self.source = Source::Scratch;
        Slots {
            each: self.scratch.as_chunks_mut::<SLOT>().0,
            starts: &mut self.starts,
            lengths: &mut self.lengths,
        }
    }

    /// The rows whose text surely isn't blank; null rows may be among them.
    pub(super) fn not_blank(&self) -> RowSet {
        let bytes = self.bytes();
        RowSet::collect(|row| {
            let first = bytes.get(self.starts[row] as usize);
            self.lengths[row] > 0 && first.is_some_and(|&first| is_surely_not_blank(first))
        })
    }
}

/// What [`Texts::slots`] gives.
pub(super) struct Slots<'a> {
    pub(super) each: &'a mut [[u8; SLOT]],
    pub(super) starts: &'a mut [u32; ROWS],
    pub(super) lengths: &'a mut [u32; ROWS],
}

/// The start of the slot of `row` in `scratch`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a block's rows and slots are few"
)]
pub(super) const fn slot_start(row: usize) -> u32 {
    (row * SLOT) as u32
}
