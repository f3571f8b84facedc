//! Columns whose cells are written one by one, as [`BoundBatch::encode`](crate::BoundBatch::encode)
//! does: lists, decimals, half floats, run-ends, large dictionaries, maps.

use std::ops::Range;

use super::bits::RowSet;
use super::texts::Texts;
use super::{Prepare, ROWS};
use crate::plan::{Column, Content, OnFault};

/// The values.
pub(super) struct Values;

impl Prepare for Values {
    fn prepare(&self, column: &Column, rows: Range<usize>, texts: &mut Texts, left: &mut RowSet) {
        let Content::Text(cells) = &column.content else {
            *left = RowSet::first(ROWS);
            return;
        };
        write_each(rows, texts, left, |row, out| cells.write(row, out).is_ok());
    }
}

/// The attributes as a whole.
pub(super) struct Attributes;

impl Prepare for Attributes {
    fn prepare(&self, column: &Column, rows: Range<usize>, texts: &mut Texts, left: &mut RowSet) {
        write_each(rows, texts, left, |row, out| {
            column.append(row, out, OnFault::Reject).is_ok()
        });
    }
}

fn write_each(
    rows: Range<usize>,
    texts: &mut Texts,
    left: &mut RowSet,
    mut write: impl FnMut(usize, &mut Vec<u8>) -> bool,
) {
    texts.scratch.clear();
    for (place, row) in rows.enumerate() {
        let start = texts.scratch.len();
        if texts.valid.contains(place) && !write(row, &mut texts.scratch) {
            texts.scratch.truncate(start);
            left.insert(place);
        }
        texts.end_text(place, start);
    }
    texts.use_scratch();
}
