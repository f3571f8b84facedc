//! What is left of a batch when that is taken out which an earlier opening brought to its end.

use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use leadsquared_core::{BoundBatch, Origin, SourceBatch};

use super::contract::{Arrival, ClaimEnd, ClaimState};
use super::held::Held;
use super::journal::ClaimJournal;
use crate::{Content, JournalError, Outcome, RowReport};

/// The [code](crate::RowReport::code) of leads that an earlier opening of their delivery created.
pub const DELIVERED_BEFORE: &str = "delivered-before";

/// A batch's rows that can be leads, by their indexes.
#[derive(Default)]
struct Arrivals {
    indexes: Vec<usize>,
    all: Vec<Arrival>,
}

impl ClaimJournal {
    /// Gives what of a batch is to be written to the sink, in its order.
    ///
    /// What an earlier opening of the delivery brought to its end is left out, reported to the observer
    /// and counted as [`found`](Self::found): a lead that was created then is
    /// [`CreatedEarlier`](Outcome::CreatedEarlier) with its id and the code `delivered-before`, all else
    /// is as it was. Rows that can't be leads are left in: to reject them is the sink's part.
    ///
    /// Each row of an opening is admitted once, under a number that no other one on its way has. A batch
    /// whose schema doesn't fit the mapping is given back whole, for the sink to refuse.
    ///
    /// Don't go on with a journal one of whose admissions was dropped in the middle: its rows are then
    /// taken to have arrived.
    ///
    /// # Errors
    /// When another process took the delivery over, the store forgot it or can't be reached, or a row was
    /// admitted twice. None of the batch may be written then.
    pub async fn admit(&self, source: SourceBatch) -> Result<SourceBatch, JournalError> {
        let bound = self.plans.of(source.batch.schema_ref());
        let Ok(bound) = bound.and_then(|plan| plan.bind(&source.batch)) else {
            return Ok(source);
        };
        let arrivals = arrivals(&bound);
        if arrivals.all.is_empty() {
            return Ok(source);
        }
        let recalled = self.claims.recall(&arrivals.all).await?;
        if recalled.len() != arrivals.all.len() {
            return Err(JournalError::new(format!(
                "the store of claims recalled {} of {} leads; it doesn't keep what it promises",
                recalled.len(),
                arrivals.all.len()
            )));
        }
        let mut is_left = vec![true; source.batch.num_rows()];
        let mut ends = Vec::new();
        let mut held = Vec::new();
        for (index, recalled) in arrivals.indexes.into_iter().zip(recalled) {
            let in_doubt = match recalled.state {
                ClaimState::New => false,
                ClaimState::InDoubt => true,
                ClaimState::Settled(end) => {
                    is_left[index] = false;
                    ends.push((index, found_again(end)));
                    continue;
                }
            };
            let row = Held {
                key: recalled.key,
                in_doubt,
                claimed: false,
            };
            held.push((source.origin.row(index), row));
        }
        let left = left(&source, is_left)?;
        {
            let mut state = self.state();
            state.held.admit(held)?;
            for (_, end) in &ends {
                state.found.count(end.outcome);
            }
        }
        for (index, end) in &ends {
            self.report(&bound, &source.origin, *index, end);
        }
        Ok(match left {
            Some((batch, origin)) => SourceBatch {
                batch,
                origin,
                unreadable: source.unreadable,
            },
            None => source,
        })
    }

    fn report(&self, bound: &BoundBatch, origin: &Origin, index: usize, end: &ClaimEnd) {
        let mut lead = Vec::new();
        // It was encoded before.
        let _ = bound.encode(index, &mut lead);
        self.observer.row(&RowReport {
            row: origin.row(index),
            outcome: end.outcome,
            lead_id: end.lead_id.as_deref(),
            code: end.code.as_deref(),
            reason: end.reason.as_deref(),
            content: Content::Lead(&lead),
        });
    }
}

/// The rows that can be leads. Of any other one the sink finds out the same, and it never takes the claim
/// of one that can.
fn arrivals(bound: &BoundBatch) -> Arrivals {
    let mut arrivals = Arrivals::default();
    let mut lead = Vec::new();
    for index in 0..bound.num_rows() {
        lead.clear();
        if bound.encode(index, &mut lead).is_err() {
            continue;
        }
        let Some(key) = bound.lead_key(index) else {
            continue;
        };
        arrivals.indexes.push(index);
        arrivals.all.push(Arrival {
            lead: key,
            content: content(&lead),
        });
    }
    arrivals
}

fn content(lead: &[u8]) -> u64 {
    let hash = blake3::hash(lead);
    let first = hash.as_bytes().first_chunk();
    first.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// The end of a lead, as who finds it tells it.
fn found_again(end: ClaimEnd) -> ClaimEnd {
    if end.outcome != Outcome::Created {
        return end;
    }
    ClaimEnd {
        outcome: Outcome::CreatedEarlier,
        code: Some(DELIVERED_BEFORE.to_owned()),
        reason: Some("it was created when the delivery was run before".to_owned()),
        ..end
    }
}

/// The rows that are left and where they are from, unless all of them are.
fn left(
    source: &SourceBatch,
    is_left: Vec<bool>,
) -> Result<Option<(RecordBatch, Origin)>, JournalError> {
    if is_left.iter().all(|is_left| *is_left) {
        return Ok(None);
    }
    let numbers: Vec<u64> = is_left
        .iter()
        .enumerate()
        .filter(|(_, is_left)| **is_left)
        .map(|(index, _)| source.origin.row(index).number)
        .collect();
    let batch = filter_record_batch(&source.batch, &BooleanArray::from(is_left));
    let batch = batch.map_err(|error| {
        JournalError::new(format!(
            "the rows of {} that are to be delivered can't be told from those that were: {error}",
            source.origin.source()
        ))
    })?;
    let origin = Origin::with_row_numbers(Arc::clone(source.origin.source()), numbers);
    Ok(Some((batch, origin)))
}
