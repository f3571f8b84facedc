//! Leads appended to the open payload.

use std::mem;

use super::shared::Held;
use super::{PayloadLimits, Waiting};
use crate::payload::LeadSpan;
use crate::{Origin, Payload, PayloadRows, RowError};

/// The bracket before the first lead, or the comma between two, and the bracket at the end.
const FRAME: usize = 2;

/// Appends up to `most` rows that are ready and surely fit to the open payload, and tells how many.
pub(super) fn append_run(
    open: &mut Payload,
    waiting: &mut Waiting,
    limits: PayloadLimits,
    most: usize,
) -> usize {
    let Payload { body, rows, .. } = open;
    let (before, first_index) = (rows.len(), waiting.leads.next_row());
    let mut start = body.len();
    let most = most.min(limits.leads().saturating_sub(rows.len()));
    // The bracket at the end has to fit as well.
    let ends = waiting
        .leads
        .append_run(most, limits.bytes().saturating_sub(1), body);
    if ends.is_empty() {
        return 0;
    }
    let origin = origin_index(&mut waiting.origin_index, &waiting.origin, rows);
    rows.leads
        .extend((first_index..).zip(ends).map(|(index, &end)| {
            let bytes = start + 1..end;
            start = end;
            LeadSpan {
                bytes,
                origin,
                index,
            }
        }));
    if let Some(comma) = body.first_mut() {
        *comma = b'[';
    }
    rows.len() - before
}

/// Appends a row to the open payload, and gives that payload back if it is full now; `None` after
/// the last row.
pub(super) fn append(
    open: &mut Payload,
    spare: &mut Vec<Payload>,
    waiting: &mut Waiting,
    limits: PayloadLimits,
) -> Option<Result<Option<Payload>, RowError>> {
    let index = waiting.leads.next_row();
    let body = &mut open.body;
    body.push(if body.is_empty() { b'[' } else { b',' });
    let start = body.len();
    let encoded = waiting.leads.append_next(body);
    let lead = body.len() - start;
    let fits_alone = encoded.map(|encoded| encoded.and_then(|()| check_size(lead, limits)));
    if fits_alone != Some(Ok(())) {
        body.truncate(start - 1);
        return fits_alone.map(|lead| lead.map(|()| None));
    }

    // A lead that would burst the byte cap starts the next payload; the ones before it are complete.
    let mut full = None;
    if body.len() + 1 > limits.bytes() {
        let mut next = spare.pop().unwrap_or_default();
        next.body.push(b'[');
        next.body.extend_from_slice(&body[start..]);
        body.truncate(start - 1);
        full = Some(mem::replace(open, next));
        waiting.origin_index = None;
    }

    let end = open.body.len();
    let rows = &mut open.rows;
    let origin = origin_index(&mut waiting.origin_index, &waiting.origin, rows);
    rows.leads.push(LeadSpan {
        bytes: end - lead..end,
        origin,
        index,
    });
    // Never both: a payload that could be split has room for two leads, and the split left one.
    if rows.len() >= limits.leads() {
        waiting.origin_index = None;
        full = Some(mem::replace(open, spare.pop().unwrap_or_default()));
    }
    Some(Ok(full.map(close)))
}

/// Appends a lead that was encoded before, unless it would burst the byte cap.
pub(super) fn append_lead(open: &mut Payload, held: &Held, limits: PayloadLimits) -> bool {
    let Payload { body, rows, .. } = open;
    if !rows.is_empty() && body.len() + held.lead.len() + FRAME > limits.bytes() {
        return false;
    }
    body.push(if body.is_empty() { b'[' } else { b',' });
    let start = body.len();
    body.extend_from_slice(&held.lead);
    rows.origins.push(held.origin.clone());
    rows.leads.push(LeadSpan {
        bytes: start..body.len(),
        origin: rows.origins.len() - 1,
        index: held.index,
    });
    true
}

/// Checks that a lead of so many bytes fits into a payload of its own.
pub(super) fn check_size(lead: usize, limits: PayloadLimits) -> Result<(), RowError> {
    match lead + FRAME {
        bytes if bytes <= limits.bytes() => Ok(()),
        bytes => Err(RowError::TooLarge {
            bytes,
            cap: limits.bytes(),
        }),
    }
}

/// The place of a batch's origin among those of the open payload; it gets one with its first row there.
fn origin_index(index: &mut Option<usize>, origin: &Origin, rows: &mut PayloadRows) -> usize {
    *index.get_or_insert_with(|| {
        rows.origins.push(origin.clone());
        rows.origins.len() - 1
    })
}

pub(super) fn close(mut payload: Payload) -> Payload {
    payload.body.push(b']');
    payload
}
