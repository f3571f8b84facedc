//! A payload that is being delivered, and the calls it takes.

use std::ops::Range;

use bytes::Bytes;
use leadsquared_core::{MAX_LEADS, Payload, PayloadRows, Row};

use crate::journal::{Journal, Recall};
use crate::recall::runs;

/// A payload in the hands of the delivery.
pub(crate) struct Posted {
    pub(crate) body: Bytes,
    pub(crate) rows: PayloadRows,
    /// A bit for each row that an earlier part of the run sent, and whose answer is not known.
    in_doubt: u64,
}

// A bit for each.
const _: () = assert!(MAX_LEADS <= 64);

/// A call of some of a payload's leads: all of them, unless the server refused that.
pub(crate) struct Call {
    /// Which of the payload's leads.
    pub(crate) leads: Range<usize>,
    pub(crate) body: Bytes,
    /// Attempts that failed in a way that passes.
    pub(crate) failed: u32,
    /// How often its intent took too long to be written.
    pub(crate) late: u32,
    /// Whether the next attempt repeats one that failed.
    pub(crate) again: bool,
    /// Whether an attempt went out whose answer never came.
    pub(crate) lost: bool,
}

impl Posted {
    /// Takes a payload; what an earlier part of the run left of its rows is in the journal.
    pub(crate) fn new(payload: Payload, journal: Option<&dyn Journal>) -> Self {
        let (body, rows) = payload.into_parts();
        let in_doubt = journal.map_or(0, |journal| {
            rows.iter()
                .enumerate()
                .filter(|(_, row)| journal.recall(row) == Recall::InDoubt)
                .fold(0, |bits, (index, _)| bits | 1 << index)
        });
        Self {
            body: body.into(),
            rows,
            in_doubt,
        }
    }

    /// Whether an earlier part of the run sent the lead at `index`, and had no answer.
    pub(crate) fn is_in_doubt(&self, index: usize) -> bool {
        self.in_doubt >> index & 1 == 1
    }

    /// The indexes of the leads that are in doubt, or of those that are not, as runs.
    pub(crate) fn runs(&self, in_doubt: bool) -> Vec<Range<usize>> {
        runs(self.rows.len(), |index| self.is_in_doubt(index) == in_doubt)
    }

    /// The call of all its leads.
    pub(crate) fn whole(&self) -> Call {
        Call {
            leads: 0..self.rows.len(),
            body: self.body.clone(),
            failed: 0,
            late: 0,
            again: false,
            lost: false,
        }
    }

    /// A call of some of its leads; `lost` if one with them went out whose answer never came.
    pub(crate) fn part(&self, leads: Range<usize>, lost: bool) -> Call {
        let span = self.rows.span(leads.clone());
        let inner = span
            .and_then(|span| self.body.get(span))
            .unwrap_or_default();
        let mut body = Vec::with_capacity(inner.len() + 2);
        body.push(b'[');
        body.extend_from_slice(inner);
        body.push(b']');
        Call {
            leads,
            body: body.into(),
            failed: 0,
            late: 0,
            again: false,
            lost,
        }
    }

    /// The rows of a call.
    pub(crate) fn rows_of(&self, call: &Call) -> Vec<Row> {
        let rows = call.leads.clone();
        rows.filter_map(|index| self.rows.row(index)).collect()
    }
}

impl Call {
    /// Whether an attempt whose answer never came, of this part of the run or of an earlier one, may
    /// have created the lead at `index`.
    pub(crate) fn is_lost(&self, posted: &Posted, index: usize) -> bool {
        self.lost || posted.is_in_doubt(index)
    }
}
