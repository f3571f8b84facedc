//! The leads of a batch, in the order of its rows.

use super::BoundBatch;
use crate::RowError;
use crate::block::{Before, Block, Memory};

/// The leads of one batch, encoded in the order of its rows.
///
/// Made by [`BoundBatch::into_leads`]. The way for whole batches, several times as fast as
/// [`BoundBatch::encode`], which is there for single rows in any order. Both give the same bytes.
///
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, RecordBatch, StringArray};
/// use leadsquared_core::{Mapping, Plan};
///
/// let batch = RecordBatch::try_from_iter([
///     ("Phone", Arc::new(StringArray::from(vec![Some("8888888888"), None])) as ArrayRef),
/// ])?;
/// let mut leads = Plan::try_new(&batch.schema(), &Mapping::new())?.bind(&batch)?.into_leads();
/// let mut out = Vec::new();
/// assert_eq!(leads.append_next(&mut out), Some(Ok(())));
/// assert_eq!(out, br#"[{"Attribute":"Phone","Value":"8888888888"}]"#);
/// // The second row has no unique field: nothing is appended, and the next row could follow.
/// assert!(leads.append_next(&mut out).is_some_and(|lead| lead.is_err()));
/// assert_eq!(leads.append_next(&mut out), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Leads {
    batch: BoundBatch,
    /// None for batches so small that it doesn't pay.
    block: Option<Block>,
    /// What a block would have worked with, had there been one.
    memory: Memory,
    next: usize,
}

/// The fewest rows that are worth a block.
const FEWEST: usize = 16;

impl Leads {
    pub(super) fn new(batch: BoundBatch, memory: Memory) -> Self {
        let (block, memory) = if batch.num_rows() < FEWEST {
            (None, memory)
        } else {
            (Some(batch.block(memory)), Memory::default())
        };
        Self {
            batch,
            block,
            memory,
            next: 0,
        }
    }

    /// The memory that it worked with, for the leads of another batch.
    pub(crate) fn into_memory(self) -> Memory {
        self.block.map_or(self.memory, Block::into_memory)
    }

    /// The batch.
    #[must_use]
    pub fn batch(&self) -> &BoundBatch {
        &self.batch
    }

    /// The index of the row that [`append_next`](Self::append_next) encodes next.
    #[must_use]
    pub fn next_row(&self) -> usize {
        self.next
    }

    /// Appends the next row's lead to `out`, or gives `None` after the last row.
    ///
    /// # Errors
    /// `Some(Err)` with the reason for a row that can't be a lead; `out` is then as it was, and the
    /// row counts as done.
    pub fn append_next(&mut self, out: &mut Vec<u8>) -> Option<Result<(), RowError>> {
        if self.next >= self.batch.num_rows() {
            return None;
        }
        if self.append_ready(1, usize::MAX, Before::Nothing, out).len() == 1 {
            return Some(Ok(()));
        }
        let row = self.next;
        self.next += 1;
        Some(self.batch.encode(row, out))
    }

    /// Appends the leads of the next rows, each with a comma before it, and gives the length that
    /// `out` has after each.
    ///
    /// Takes no more than `most`, and none that might take `out` beyond `bytes`. When it takes none,
    /// the next row is one for [`append_next`](Self::append_next).
    pub(crate) fn append_run(&mut self, most: usize, bytes: usize, out: &mut Vec<u8>) -> &[usize] {
        self.append_ready(most, bytes, Before::Comma, out)
    }

    /// Appends the leads that the block has ready.
    fn append_ready(
        &mut self,
        most: usize,
        bytes: usize,
        before: Before,
        out: &mut Vec<u8>,
    ) -> &[usize] {
        let (Some(block), true) = (&mut self.block, self.next < self.batch.num_rows()) else {
            return &[];
        };
        if !block.rows().contains(&self.next) {
            self.batch.fill(block, self.next);
        }
        let ends = block.append(self.next, most, bytes, before, out);
        self.next += ends.len();
        ends
    }
}
