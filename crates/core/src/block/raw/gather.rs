//! Texts and the fixed bytes around them, copied together to leads.
//!
//! A lead is a few dozen short pieces, and copying one exactly costs more for finding out its length
//! than for the bytes. So pieces are copied [`PAD`] bytes at a time, whatever their length, and the
//! next piece is written over what was too much. That needs memory behind the end of each text that
//! may be read, and behind the end of each lead that may be written, and it is what Rust's slices
//! would check for each copy: with the checks, leads take half as long again (docs/benchmarks.md).
//!
//! What makes it sound is checked here, once a block, and trusts nothing that came before:
//!
//! - [`Gather::seal`] looks at every start and length: each text, and `PAD` bytes more, is inside
//!   its source. Where that isn't so, no row of the block can be gathered.
//! - It adds up the longest texts to `reach`, which no row can pass, whatever its texts. A debug build
//!   also checks every lead against it.
//! - [`Gather::append`] reserves `reach` for each row before it writes, and only while the block is
//!   sealed. Texts can be changed through [`Gather::fill`] alone, which unseals it.
//!
//! The tests hold it against a twin that does the same with slices.

use std::ops::Range;
use std::sync::atomic::{AtomicPtr, Ordering};

use multiversion::multiversion;

use crate::block::ROWS;
use crate::block::bits::RowSet;
use crate::block::texts::{PAD, Texts};

// Whole words of bits stand for the rows: one that is not looked at could not be trusted.
const _: () = assert!(ROWS.is_multiple_of(64), "a block has whole words of rows");

/// What stands behind a value.
const VALUE_END: [u8; 2] = *b"\"}";
/// What stands between the prefix of a field set and its fields.
const FIELDS_START: &[u8] = b"\",\"Fields\":";
/// What stands behind the fields of a set.
const FIELDS_END: [u8; 2] = *b"]}";
/// A block whose longest texts come to more than this is not gathered: to reserve that much for
/// every lead would be worse than to encode its rows one by one.
const MOST_REACH: usize = 1024 * 1024;

/// The pieces of a lead, for each row of a block.
#[derive(Default)]
pub(in crate::block) struct Gather {
    pieces: Vec<Piece>,
    /// The most bytes that are written for a row, with what the next lead is written over.
    reach: usize,
    sealed: bool,
    /// Memory for pieces to come.
    spare: Vec<Texts>,
}

struct Piece {
    kind: Kind,
    /// The bytes before the text, with at least `PAD` bytes behind them.
    prefix: Vec<u8>,
    prefix_length: usize,
    /// How far this piece takes each row's lead: 0 if the row doesn't have it.
    advances: [u32; ROWS],
    texts: Texts,
    /// Where the source of the texts was when they were sealed: looking it up for each row shows. An
    /// atomic, since unlike a plain pointer it can go to another thread with the texts.
    source: AtomicPtr<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The prefix, a text, [`VALUE_END`].
    Value,
    /// A text alone.
    Attribute,
    /// The prefix alone, in every row.
    Constant,
    /// The prefix alone, in rows that have one of the pieces up to [`Kind::CloseFields`].
    OpenFields,
    /// [`FIELDS_END`] in the same rows, and a bracket for the comma before the first field.
    CloseFields,
}

/// What stands before each lead.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    Comma,
    Nothing,
}

impl Gather {
    /// A gatherer without pieces, which will use this memory for them.
    pub(in crate::block) fn with_memory(spare: Vec<Texts>) -> Self {
        Self {
            spare,
            ..Self::default()
        }
    }

    /// The memory of its pieces, for another gatherer.
    pub(in crate::block) fn into_memory(self) -> Vec<Texts> {
        let mut memory = self.spare;
        // The first piece is the first to take some again, and will most likely need as much.
        let texts = self.pieces.into_iter().rev().map(|piece| piece.texts);
        memory.extend(texts.map(Texts::emptied));
        memory
    }

    /// Adds an attribute whose texts are values.
    pub(in crate::block) fn push_value(&mut self, prefix: &[u8]) {
        self.push(Kind::Value, prefix);
    }

    /// Adds an attribute whose texts are the attribute as a whole, with a comma before it.
    pub(in crate::block) fn push_attribute(&mut self) {
        self.push(Kind::Attribute, b"");
    }

    /// Adds attributes that are the same in every row, each with a comma before it.
    pub(in crate::block) fn push_constant(&mut self, attributes: &[u8]) {
        self.push(Kind::Constant, attributes);
    }

    /// Starts a field set; what is added up to [`close_fields`](Self::close_fields) is in it.
    pub(in crate::block) fn open_fields(&mut self, prefix: &[u8]) {
        self.push(Kind::OpenFields, &[prefix, FIELDS_START].concat());
    }

    /// Ends a field set.
    pub(in crate::block) fn close_fields(&mut self) {
        self.push(Kind::CloseFields, b"");
    }

    fn push(&mut self, kind: Kind, prefix: &[u8]) {
        self.sealed = false;
        let texts = self.spare.pop().unwrap_or_else(Texts::new);
        self.pieces.push(Piece {
            kind,
            prefix: [prefix, &[0; PAD]].concat(),
            prefix_length: prefix.len(),
            advances: [0; ROWS],
            texts,
            source: AtomicPtr::default(),
        });
    }

    /// Starts on the texts of a block with `count` rows.
    pub(in crate::block) fn fill(&mut self, count: usize) -> Fill<'_> {
        self.sealed = false;
        Fill {
            gather: self,
            next: 0,
            count,
        }
    }

    /// The most bytes that may be written for a lead: it, the comma before it, and the `PAD` bytes that
    /// are written over; `None` if the block can't be gathered.
    pub(in crate::block) fn reach(&self) -> Option<usize> {
        self.sealed.then_some(self.reach)
    }

    /// Appends the leads of the block's rows and writes the length that `out` has after each to `ends`;
    /// false if they can't be gathered, and nothing is appended.
    pub(in crate::block) fn append(
        &self,
        rows: Range<usize>,
        before: Before,
        out: &mut Vec<u8>,
        ends: &mut [usize],
    ) -> bool {
        if !self.sealed || rows.end > ROWS || rows.len() != ends.len() {
            return false;
        }
        let Some(room) = self.reach.checked_mul(rows.len()) else {
            return false;
        };
        out.reserve(room);
        let length = out.len();
        // SAFETY: the block is sealed and the rows are inside it; behind the length of `out`, which
        // shares nothing with `self`, the reach of as many rows is reserved. `gather` has written
        // every byte up to the end that it gives.
        unsafe {
            let end = gather(&self.pieces, rows, before, out.as_mut_ptr(), length, ends);
            out.set_len(end);
        }
        debug_assert!(
            ends.iter()
                .scan(length, |start, &end| Some(
                    end - std::mem::replace(start, end)
                ))
                .all(|lead| lead + PAD <= self.reach),
            "a lead went beyond the reach"
        );
        true
    }

    /// Checks that every row can be gathered, and works out how far its pieces take it.
    fn seal(&mut self) -> bool {
        // The comma before a lead, its last bracket, and what is copied too much behind it.
        let mut reach = 2 + PAD;
        let mut open = 0;
        let mut with_field = RowSet::default();
        for at in 0..self.pieces.len() {
            let piece = &mut self.pieces[at];
            reach = reach.saturating_add(piece.prefix_length);
            match piece.kind {
                Kind::Value | Kind::Attribute => {
                    let Some(longest) = piece.seal_texts() else {
                        return false;
                    };
                    reach = reach.saturating_add(longest + VALUE_END.len());
                    with_field = with_field | piece.texts.valid;
                }
                Kind::Constant => piece.advances = [fits(piece.prefix_length); ROWS],
                Kind::OpenFields => {
                    open = at;
                    with_field = RowSet::default();
                }
                Kind::CloseFields => {
                    reach = reach.saturating_add(FIELDS_END.len());
                    advance_where(with_field, fits(FIELDS_END.len()), &mut piece.advances);
                    let opening = &mut self.pieces[open];
                    let prefix = fits(opening.prefix_length);
                    advance_where(with_field, prefix, &mut opening.advances);
                }
            }
        }
        self.reach = reach;
        self.sealed = reach <= MOST_REACH;
        self.sealed
    }
}

/// A block whose texts are being made.
pub(in crate::block) struct Fill<'a> {
    gather: &'a mut Gather,
    next: usize,
    count: usize,
}

impl Fill<'_> {
    /// The texts of the next piece that has some.
    pub(in crate::block) fn next_texts(&mut self) -> Option<&mut Texts> {
        let rest = self.gather.pieces.get_mut(self.next..)?;
        let found = rest
            .iter()
            .position(|piece| matches!(piece.kind, Kind::Value | Kind::Attribute))?;
        self.next += found + 1;
        let texts = &mut rest[found].texts;
        // What an earlier block had there may be outside of this one's source.
        texts.starts[self.count..].fill(0);
        texts.lengths[self.count..].fill(0);
        Some(texts)
    }

    /// Ends the making of texts; false if no row of the block can be gathered.
    pub(in crate::block) fn seal(self) -> bool {
        self.gather.seal()
    }
}

impl Piece {
    /// Where the text of `row` is, and its length.
    ///
    /// # Safety
    /// The piece is sealed, and `row` is less than [`ROWS`].
    #[inline(always)]
    unsafe fn text(&self, row: usize) -> (*const u8, usize) {
        let source = self.source.load(Ordering::Relaxed);
        // SAFETY: the arrays have `ROWS` elements; `seal` has checked that the start is in the source,
        // which is where it was: who could change the texts had to unseal them.
        unsafe {
            let start = *self.texts.starts.get_unchecked(row) as usize;
            let length = *self.texts.lengths.get_unchecked(row) as usize;
            (source.add(start).cast_const(), length)
        }
    }

    /// Notes every row's advance, and gives the length of the longest text; none if some text, or the
    /// `PAD` bytes behind it, are not in the source.
    fn seal_texts(&mut self) -> Option<usize> {
        let frame = match self.kind {
            Kind::Value => self.prefix_length + VALUE_END.len(),
            _ => 0,
        };
        let (end, longest) = advance_by(&mut self.texts, fits(frame), &mut self.advances);
        let source = self.texts.bytes();
        let needed = usize::try_from(end).ok()?.checked_add(PAD)?;
        // The end of one that is too far out says only that.
        if end == u32::MAX || needed > source.len() {
            return None;
        }
        self.source = AtomicPtr::new(source.as_ptr().cast_mut());
        usize::try_from(longest).ok()
    }
}

/// Lengths are small once the reach is checked; one that isn't makes the reach too large as well.
fn fits(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Each text and `frame` bytes around it are an advance; a null row has neither. Gives where the last
/// text ends, or [`u32::MAX`] if that is too far, and how long the longest is.
#[multiversion(targets = "simd")]
fn advance_by(texts: &mut Texts, frame: u32, advances: &mut [u32; ROWS]) -> (u32, u32) {
    let (mut end, mut longest) = (0, 0);
    let starts = texts.starts.as_chunks::<32>().0.iter();
    let lengths = texts.lengths.as_chunks_mut::<32>().0;
    let parts = starts.zip(lengths).zip(advances.as_chunks_mut::<32>().0);
    for (bits, ((starts, lengths), advances)) in texts.valid.halves().into_iter().zip(parts) {
        for row in 0..32 {
            let all_ones_if_valid = (bits >> row & 1).wrapping_neg();
            lengths[row] &= all_ones_if_valid;
            advances[row] = lengths[row].wrapping_add(frame) & all_ones_if_valid;
            end = starts[row].saturating_add(lengths[row]).max(end);
            longest = lengths[row].max(longest);
        }
    }
    (end, longest)
}

#[multiversion(targets = "simd")]
fn advance_where(rows: RowSet, by: u32, advances: &mut [u32; ROWS]) {
    for (bits, advances) in rows
        .halves()
        .into_iter()
        .zip(advances.as_chunks_mut::<32>().0)
    {
        for (row, advance) in advances.iter_mut().enumerate() {
            *advance = by & (bits >> row & 1).wrapping_neg();
        }
    }
}

/// Writes the leads of `rows` from `length` on; gives their end, and in `ends` the end of each.
///
/// # Safety
/// The pieces are sealed and `rows` inside [`ROWS`]. From `out + length` on, as many times their reach
/// as there are rows may be written, and is not part of the pieces.
#[multiversion(targets = "simd")]
unsafe fn gather(
    pieces: &[Piece],
    rows: Range<usize>,
    before: Before,
    out: *mut u8,
    length: usize,
    ends: &mut [usize],
) -> usize {
    // SAFETY: with `total` for the prefixes, longest texts and ends of all pieces, `end` and what a
    // piece writes of its own (prefix, text, end) stay inside `total`, whether the row has the piece
    // or not; a copy writes up to `PAD` bytes more, and comma and last bracket take two: that is the
    // reach. Prefixes have `PAD` bytes behind them, and so do texts: `seal` has checked them.
    unsafe {
        let mut end = out.add(length);
        for (row, to) in rows.zip(ends) {
            end.write(b',');
            // Without the comma, the bracket is written over it.
            let start = end.add(usize::from(before == Before::Comma));
            end = start;
            let mut first_field = start;
            for piece in pieces {
                let advance = *piece.advances.get_unchecked(row) as usize;
                match piece.kind {
                    Kind::Value => {
                        let (text, length) = piece.text(row);
                        let value = end.add(piece.prefix_length);
                        copy(piece.prefix.as_ptr(), end, piece.prefix_length);
                        copy(text, value, length);
                        value
                            .add(length)
                            .cast::<[u8; 2]>()
                            .write_unaligned(VALUE_END);
                    }
                    Kind::Attribute => {
                        let (text, length) = piece.text(row);
                        copy(text, end, length);
                    }
                    Kind::Constant => copy(piece.prefix.as_ptr(), end, piece.prefix_length),
                    Kind::OpenFields => {
                        copy(piece.prefix.as_ptr(), end, piece.prefix_length);
                        first_field = end.add(advance);
                    }
                    Kind::CloseFields => {
                        first_field.write(b'[');
                        end.cast::<[u8; 2]>().write_unaligned(FIELDS_END);
                    }
                }
                end = end.add(advance);
            }
            start.write(b'[');
            end.write(b']');
            end = end.add(1);
            *to = end.offset_from_unsigned(out);
        }
        end.offset_from_unsigned(out)
    }
}

/// Copies `length` bytes, in steps of `PAD`: up to `PAD` bytes more are read and written.
///
/// # Safety
/// `length + PAD` bytes may be read from `from` and written to `to`, and don't overlap.
#[inline(always)]
unsafe fn copy(from: *const u8, to: *mut u8, length: usize) {
    let mut done = 0;
    loop {
        // SAFETY: `done` is less than `length`, or 0.
        unsafe {
            let step = from.add(done).cast::<[u8; PAD]>().read_unaligned();
            to.add(done).cast::<[u8; PAD]>().write_unaligned(step);
        }
        done += PAD;
        if done >= length {
            break;
        }
    }
}

#[cfg(test)]
mod tests;
