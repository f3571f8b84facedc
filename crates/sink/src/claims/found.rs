//! How many rows earlier openings had brought to their end.

use crate::Outcome;

/// How many rows were left out because an earlier opening of the delivery had brought them to their end.
///
/// They are in no sink's [`Summary`](crate::Summary): what was read is its `read` and these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    counts: [u64; Outcome::ALL.len()],
}

impl Found {
    /// How many there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How many have this outcome.
    ///
    /// What an earlier opening created is [`CreatedEarlier`](Outcome::CreatedEarlier) here.
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.counts[outcome as usize]
    }

    pub(super) fn count(&mut self, outcome: Outcome) {
        self.counts[outcome as usize] += 1;
    }
}
