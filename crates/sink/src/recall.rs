//! Leaving out the rows that an earlier part of the run brought to their end.

use std::ops::Range;

use leadsquared_core::{Origin, SourceBatch};

use crate::journal::{Journal, Recall};

/// What is left of `source`, in its order; all of it is unsettled.
///
/// Slices share the batch's memory: rows that were settled were mostly so in long runs.
pub(crate) fn unsettled(journal: &dyn Journal, source: SourceBatch) -> Vec<SourceBatch> {
    let SourceBatch {
        batch,
        origin,
        mut unreadable,
    } = source;
    let is_left = |row| journal.recall(&row) != Recall::Settled;
    unreadable.retain(|row| {
        is_left(leadsquared_core::Row {
            source: origin.source().clone(),
            number: row.number,
        })
    });
    let left = runs(batch.num_rows(), |index| is_left(origin.row(index)));
    if left.iter().map(Range::len).sum::<usize>() == batch.num_rows() {
        return vec![SourceBatch {
            batch,
            origin,
            unreadable,
        }];
    }
    let mut sources: Vec<SourceBatch> = left
        .into_iter()
        .map(|run| SourceBatch::new(batch.slice(run.start, run.len()), part(&origin, &run)))
        .collect();
    if !unreadable.is_empty() {
        match sources.first_mut() {
            Some(first) => first.unreadable = unreadable,
            None => sources.push(SourceBatch {
                batch: batch.slice(0, 0),
                origin,
                unreadable,
            }),
        }
    }
    sources
}

/// The indexes below `count` that are wanted, as runs.
pub(crate) fn runs(count: usize, is_wanted: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for index in (0..count).filter(|&index| is_wanted(index)) {
        match runs.last_mut() {
            Some(run) if run.end == index => run.end += 1,
            _ => runs.push(index..index + 1),
        }
    }
    runs
}

/// The origin of some of a batch's rows.
fn part(origin: &Origin, rows: &Range<usize>) -> Origin {
    let numbers: Vec<u64> = rows.clone().map(|row| origin.row(row).number).collect();
    Origin::with_row_numbers(origin.source().clone(), numbers)
}
