//! The leads of a batch, in the order of its rows.

use super::BoundBatch;
use crate::RowError;

/// The leads of one batch, encoded in the order of its rows.
///
/// Made by [`BoundBatch::into_leads`]. The way for whole batches; [`BoundBatch::encode`] is the one
/// for single rows in any order, and both give the same bytes.
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
    next: usize,
}

impl Leads {
    pub(super) fn new(batch: BoundBatch) -> Self {
        Self { batch, next: 0 }
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
        let row = self.next;
        self.next += 1;
        Some(self.batch.encode(row, out))
    }
}
