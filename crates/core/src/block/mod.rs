//! Whole batches, a block of rows at a time.
//!
//! Row after row, an encoder spends its time on decisions: this cell's type, its length, whether it
//! has to be escaped. A block makes each decision once a column:
//!
//! 1. Column after column, [`Prepare`] makes the texts of up to [`ROWS`] rows ready, in a loop that
//!    knows its type. A text without anything to escape stays where it is, in Arrow's memory.
//! 2. Row after row, [`Gather`] copies the prefixes and the texts together: no decision is left.
//!
//! A row that does need one (a value without a text, perhaps no unique field) is *left*: the caller
//! encodes it with [`BoundBatch::encode`], which knows all the rules and has the words for the error.
//! So a block may leave any row it likes; it must only never take one that it isn't sure of.
//!
//! Loops that are worth it are compiled for several instruction sets, by `multiversion`, and the one to
//! run is chosen by what the processor has. The compiler makes vector instructions of them; there are
//! none by hand.
//!
//! [`BoundBatch::encode`]: crate::BoundBatch::encode
#![expect(
    clippy::inline_always,
    reason = "a function must become part of the loop to be compiled for the loop's instructions"
)]

mod bits;
mod choice;
mod digits;
mod each;
mod float;
mod integer;
mod raw;
mod temporal;
mod text;
mod texts;

use std::ops::Range;

use arrow::array::PrimitiveArray;
use arrow::datatypes::ArrowPrimitiveType;

use crate::plan::{Column, Content};
use bits::RowSet;
pub(crate) use raw::Before;
use raw::{Gather, fetch};
use texts::Texts;

/// The most rows in a block: enough to pay for a pass over the columns, few enough that the texts
/// are still in the processor's cache when they are gathered.
pub(crate) const ROWS: usize = 256;

/// Makes one column's texts ready; which one is chosen once a batch, by the column's type.
trait Prepare: Send + Sync {
    /// Writes the texts of `rows`, escaped for JSON, to the start of `texts`.
    ///
    /// What is written for a null doesn't matter. A row whose text isn't plain to see goes into
    /// `left`, numbered from the start of the block.
    fn prepare(&self, column: &Column, rows: Range<usize>, texts: &mut Texts, left: &mut RowSet);

    /// The memory that [`prepare`](Self::prepare) reads for `rows`, as far as it can be told before:
    /// it is asked for while the rows before them are encoded.
    fn upcoming(&self, _rows: Range<usize>) -> [&[u8]; 2] {
        [&[], &[]]
    }
}

/// How a column's texts are made, and what they are.
enum Way {
    /// Each text is a value, and goes between the column's prefix and `"}`.
    Value(Box<dyn Prepare>),
    /// Each text is the attribute as a whole: `,{"Attribute":"…","Value":"…"}`.
    Attribute(Box<dyn Prepare>),
}

/// Memory of a block whose batch is done.
#[derive(Default)]
pub(crate) struct Memory(Vec<Texts>);

/// The leads of consecutive rows, ready to be gathered.
pub(crate) struct Block {
    /// In the order of the gatherer's pieces.
    columns: Vec<Box<dyn Prepare>>,
    gather: Gather,
    /// The rows of the batch that are ready.
    rows: Range<usize>,
    /// Which of them are left to the caller.
    left: RowSet,
    /// Where the leads that were appended last end.
    ends: [usize; ROWS],
}

impl Block {
    /// A block for a batch with these columns and constants; no row is ready yet.
    pub(crate) fn new(columns: &[Column], constants: &[u8], memory: Memory) -> Self {
        let mut block = Self {
            columns: Vec::new(),
            gather: Gather::with_memory(memory.0),
            rows: 0..0,
            left: RowSet::default(),
            ends: [0; ROWS],
        };
        for column in columns {
            match &column.content {
                Content::Struct(fields) => {
                    block.gather.open_fields(&column.prefix);
                    for field in fields {
                        block.add(field);
                    }
                    block.gather.close_fields();
                }
                _ => block.add(column),
            }
        }
        if !constants.is_empty() {
            block.gather.push_constant(constants);
        }
        block
    }

    /// Its memory, for the block of another batch.
    pub(crate) fn into_memory(self) -> Memory {
        Memory(self.gather.into_memory())
    }

    fn add(&mut self, column: &Column) {
        match way(column) {
            Way::Value(prepare) => {
                self.gather.push_value(&column.prefix);
                self.columns.push(prepare);
            }
            Way::Attribute(prepare) => {
                self.gather.push_attribute();
                self.columns.push(prepare);
            }
        }
    }

    /// Makes the rows from `start` on ready, as many as fit and no more than there are before `end`.
    pub(crate) fn fill(&mut self, columns: &[Column], start: usize, end: usize) {
        let rows = start..end.min(start + ROWS);
        let count = rows.len();
        let next = rows.end..end.min(rows.end + ROWS);
        let mut left = RowSet::default();
        let mut unique = RowSet::default();
        let mut steps = self.columns.iter();
        let mut gather = self.gather.fill(count);
        for column in columns {
            let valid = bits::valid(column.nulls.as_ref(), &rows);
            let fields = match &column.content {
                Content::Struct(fields) => fields.as_slice(),
                _ => std::slice::from_ref(column),
            };
            for field in fields {
                let (Some(prepare), Some(texts)) = (steps.next(), gather.next_texts()) else {
                    break;
                };
                texts.valid = valid & bits::valid(field.nulls.as_ref(), &rows);
                let mut unclear = RowSet::default();
                prepare.prepare(field, rows.clone(), texts, &mut unclear);
                // What stands below a null doesn't matter.
                left = left | (unclear & texts.valid);
                prepare.upcoming(next.clone()).into_iter().for_each(fetch);
                if field.unique && unique != RowSet::first(count) {
                    unique = unique | (texts.not_blank() & texts.valid);
                }
            }
        }
        if gather.seal() {
            self.left = left | !unique;
        } else {
            self.left = RowSet::first(ROWS);
        }
        self.rows = rows;
    }

    /// The rows that are ready.
    pub(crate) fn rows(&self) -> &Range<usize> {
        &self.rows
    }

    /// Appends the leads of rows from `row` on, and gives the length that `out` has after each.
    ///
    /// Takes as many as there are ready in a row, no more than `most`, and none that might take `out`
    /// beyond `bytes`. None at all are taken if the row is left, or might not fit.
    pub(crate) fn append(
        &mut self,
        row: usize,
        most: usize,
        bytes: usize,
        before: Before,
        out: &mut Vec<u8>,
    ) -> &[usize] {
        let (true, Some(reach)) = (self.rows.contains(&row), self.gather.reach()) else {
            return &[];
        };
        let first = row - self.rows.start;
        let ready = self.left.first_from(first).min(self.rows.len()) - first;
        let allowed = bytes.saturating_sub(out.len()) / reach;
        if ready.min(most).min(allowed) == 0 {
            return &[];
        }
        // Room for one is made, and what room there is is used: to make it for all, each as long as the
        // longest, would take many times what they need where one is very long.
        out.reserve(reach);
        let room = (out.capacity() - out.len()) / reach;
        let count = ready.min(most).min(allowed).min(room);
        let ends = &mut self.ends[..count];
        if self.gather.append(first..first + count, before, out, ends) {
            ends
        } else {
            &[]
        }
    }
}

/// Chooses the way for a column; every type without a loop of its own is asked cell by cell.
fn way(column: &Column) -> Way {
    if let Content::Map(_) = column.content {
        return Way::Attribute(Box::new(each::Attributes));
    }
    if column.is_faulty {
        return Way::Value(Box::new(each::Values));
    }
    if let Some(prepare) = choice::prepare(column) {
        return Way::Attribute(prepare);
    }
    let array = &column.array;
    let own = text::prepare(array)
        .or_else(|| integer::prepare(array))
        .or_else(|| float::prepare(array))
        .or_else(|| temporal::prepare(array));
    Way::Value(own.unwrap_or_else(|| Box::new(each::Values)))
}

/// The memory of the values of `rows`.
fn values_of<'a, T: ArrowPrimitiveType>(
    array: &'a PrimitiveArray<T>,
    rows: &Range<usize>,
) -> &'a [u8] {
    let bytes = array.values().inner().as_slice();
    let width = size_of::<T::Native>();
    bytes
        .get(rows.start * width..rows.end * width)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
