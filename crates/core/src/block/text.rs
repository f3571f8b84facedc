//! Text columns: a block without anything to escape stays where it is.

use std::mem;
use std::ops::Range;

use arrow::array::{ArrayRef, AsArray, GenericStringArray, OffsetSizeTrait, StringViewArray};
use arrow::datatypes::{DataType, ToByteSlice};
use multiversion::multiversion;

use super::bits::RowSet;
use super::texts::{PAD, Source, Texts};
use super::{Prepare, ROWS};
use crate::encode::json::{is_escaped, push_escape};
use crate::plan::Column;

/// For the three layouts of text.
pub(super) fn prepare(array: &ArrayRef) -> Option<Box<dyn Prepare>> {
    Some(match array.data_type() {
        DataType::Utf8 => Box::new(Strings(array.as_string::<i32>().clone())),
        DataType::LargeUtf8 => Box::new(Strings(array.as_string::<i64>().clone())),
        DataType::Utf8View => Box::new(Views(array.as_string_view().clone())),
        _ => return None,
    })
}

/// A block with more text than this, 4 KiB a row, is left: a copy of it, if one has to be made, would
/// be too large for the cache that makes a block worth it.
const MOST_BYTES: usize = 1024 * 1024;

struct Strings<O: OffsetSizeTrait>(GenericStringArray<O>);

impl<O: OffsetSizeTrait> Prepare for Strings<O> {
    fn prepare(&self, _column: &Column, rows: Range<usize>, texts: &mut Texts, left: &mut RowSet) {
        let offsets = &self.0.value_offsets()[rows.start..=rows.end];
        let (Some(first), Some(last)) = (offsets.first(), offsets.last()) else {
            return;
        };
        let (first, last) = (first.as_usize(), last.as_usize());
        let values = self.0.values();
        let block = &values[first..last];
        if block.len() > MOST_BYTES {
            *left = RowSet::first(ROWS);
            return;
        }
        texts.marks.clear();
        find_escaped(block, &mut texts.marks);
        spans(offsets, &mut texts.starts, &mut texts.lengths);
        if texts.marks.is_empty() && last + PAD <= values.len() {
            // Up to the end of the buffer, so that what is readable beyond the last text is in it.
            texts.source = Source::Arrow(values.slice(first));
        } else {
            texts.scratch.clear();
            texts.scratch.reserve(block.len() + PAD);
            texts.scratch.extend_from_slice(block);
            escape_marked(texts);
            texts.use_scratch();
        }
    }

    fn upcoming(&self, rows: Range<usize>) -> [&[u8]; 2] {
        // The next texts come to about as much as those before them.
        let offsets = self.0.value_offsets();
        let place = |row: usize| offsets.get(row).map_or(0, |offset| offset.as_usize());
        let start = place(rows.start);
        let before = start - place(rows.start.saturating_sub(rows.len()));
        let values = self.0.value_data().get(start..).unwrap_or_default();
        let offsets = offsets.get(rows).unwrap_or_default();
        let ahead = before.min(values.len()).min(MOST_BYTES);
        [offsets.to_byte_slice(), &values[..ahead]]
    }
}

struct Views(StringViewArray);

impl Prepare for Views {
    fn prepare(&self, _column: &Column, rows: Range<usize>, texts: &mut Texts, left: &mut RowSet) {
        texts.scratch.clear();
        for (place, row) in rows.enumerate() {
            let start = texts.scratch.len();
            if texts.valid.contains(place) {
                let text = self.0.value(row).as_bytes();
                if start + text.len() > MOST_BYTES {
                    left.insert(place);
                } else {
                    texts.scratch.extend_from_slice(text);
                }
            }
            texts.end_text(place, start);
        }
        texts.marks.clear();
        find_escaped(&texts.scratch, &mut texts.marks);
        escape_marked(texts);
        texts.use_scratch();
    }
}

/// Starts relative to the first offset, and lengths; what doesn't fit u32 can't be gathered.
#[multiversion(targets = "simd")]
fn spans<O: OffsetSizeTrait>(offsets: &[O], starts: &mut [u32; ROWS], lengths: &mut [u32; ROWS]) {
    let Some((&first, ends)) = offsets.split_first() else {
        return;
    };
    for (((&start, &end), to_start), to_length) in offsets.iter().zip(ends).zip(starts).zip(lengths)
    {
        *to_start = saturate((start - first).as_usize());
        *to_length = saturate((end - start).as_usize());
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "it is not more than fits")]
fn saturate(number: usize) -> u32 {
    number.min(u32::MAX as usize) as u32
}

/// Writes the rows with marked bytes in `scratch` again, escaped, behind all the others.
fn escape_marked(texts: &mut Texts) {
    let marks = mem::take(&mut texts.marks);
    let mut rest = marks.as_slice();
    for row in 0..ROWS {
        let Some(&mark) = rest.first() else {
            break;
        };
        let (start, length) = (texts.starts[row], texts.lengths[row]);
        let end = start.saturating_add(length);
        if mark >= end {
            continue;
        }
        let written = texts.scratch.len();
        let mut plain = start as usize;
        while let Some((&mark, after)) = rest.split_first() {
            if mark >= end {
                break;
            }
            let at = mark as usize;
            texts.scratch.extend_from_within(plain..at);
            push_escape(texts.scratch[at], &mut texts.scratch);
            plain = at + 1;
            rest = after;
        }
        texts.scratch.extend_from_within(plain..end as usize);
        texts.end_text(row, written);
    }
    texts.marks = marks;
}

/// Marks the bytes that have to be escaped.
#[multiversion(targets = "simd")]
fn find_escaped(bytes: &[u8], marks: &mut Vec<u32>) {
    // Whole pieces without a way out in the middle become vector instructions.
    let (pieces, rest) = bytes.as_chunks::<64>();
    for (at, piece) in pieces.iter().enumerate() {
        let mut any = 0;
        for &byte in piece {
            any |= u8::from(is_escaped(byte));
        }
        if any != 0 {
            mark(piece, at * 64, marks);
        }
    }
    for (at, &byte) in rest.iter().enumerate() {
        if is_escaped(byte) {
            marks.push(saturate(pieces.len() * 64 + at));
        }
    }
}

/// Marks the bytes of a piece that have to be escaped, counted from `start`.
#[multiversion(targets = "simd")]
fn mark(piece: &[u8; 64], start: usize, marks: &mut Vec<u32>) {
    let mut flags = [0; 64];
    for (flag, &byte) in flags.iter_mut().zip(piece) {
        *flag = u8::from(is_escaped(byte));
    }
    let mut bits = 0;
    for (at, eight) in flags.as_chunks::<8>().0.iter().enumerate() {
        // Each of the eight 0 or 1, moved next to each other into the highest byte.
        let together = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080);
        bits |= together >> 56 << (at * 8);
    }
    while bits != 0 {
        marks.push(saturate(start + bits.trailing_zeros() as usize));
        bits &= bits - 1;
    }
}
