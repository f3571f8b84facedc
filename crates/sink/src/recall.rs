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
    let left: Vec<usize> = (0..batch.num_rows())
        .filter(|&index| is_left(origin.row(index)))
        .collect();
    if left.len() == batch.num_rows() {
        return vec![SourceBatch {
            batch,
            origin,
            unreadable,
        }];
    }
    let runs: Vec<Range<usize>> = left
        .chunk_by(|a, b| a + 1 == *b)
        .filter_map(|run| Some(*run.first()?..run.last()? + 1))
        .collect();
    let mut sources: Vec<SourceBatch> = runs
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

/// The origin of some of a batch's rows.
fn part(origin: &Origin, rows: &Range<usize>) -> Origin {
    let numbers: Vec<u64> = rows.clone().map(|row| origin.row(row).number).collect();
    Origin::with_row_numbers(origin.source().clone(), numbers)
}
