//! Why rows are not in: grouped, counted, and the first of each known by file and row.

use std::collections::HashMap;

use leadsquared_core::Row;
use leadsquared_sink::Outcome;

/// Rows that are not in, by reason.
///
/// What it holds is bounded: after so many different reasons, new ones are counted together.
#[derive(Default)]
pub(crate) struct Reasons {
    groups: Vec<Group>,
    places: HashMap<(Outcome, String, String), usize>,
}

/// Rows that are not in for one reason.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    pub(crate) outcome: Outcome,
    /// A code for machines; empty if there is none.
    pub(crate) code: String,
    pub(crate) reason: String,
    pub(crate) rows: u64,
    /// The first few of them, in the order of their answers.
    pub(crate) first: Vec<Row>,
}

/// The most different reasons of one outcome and code that are kept apart.
const MOST_GROUPS: usize = 100;

/// The most rows that a group names.
const FIRST: usize = 3;

impl Reasons {
    /// Counts a row; true if it is one of the first that its group names.
    pub(crate) fn add(&mut self, outcome: Outcome, code: &str, reason: &str, row: &Row) -> bool {
        let mut key = (outcome, code.to_owned(), reason.to_owned());
        if self.groups.len() >= MOST_GROUPS && !self.places.contains_key(&key) {
            key = (outcome, String::new(), "other reasons".to_owned());
        }
        let place = *self
            .places
            .entry(key)
            .or_insert_with_key(|(_, code, reason)| {
                self.groups.push(Group {
                    outcome,
                    code: code.clone(),
                    reason: reason.clone(),
                    rows: 0,
                    first: Vec::new(),
                });
                self.groups.len() - 1
            });
        let Some(group) = self.groups.get_mut(place) else {
            return false;
        };
        group.rows += 1;
        let is_first = group.first.len() < FIRST;
        if is_first {
            group.first.push(row.clone());
        }
        is_first
    }

    /// The groups, those with the most rows first.
    pub(crate) fn into_groups(mut self) -> Vec<Group> {
        self.groups
            .sort_by_key(|group| std::cmp::Reverse(group.rows));
        self.groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u64) -> Row {
        Row {
            source: "leads.parquet".into(),
            number,
        }
    }

    #[test]
    fn rows_are_grouped_counted_and_the_first_are_named() {
        let mut reasons = Reasons::default();
        reasons.add(Outcome::Duplicate, "duplicate", "Duplicate", &row(1));
        for number in 2..=6 {
            reasons.add(
                Outcome::Rejected,
                "no-unique-field",
                "no value",
                &row(number),
            );
        }
        let groups = reasons.into_groups();
        assert_eq!(groups.len(), 2);
        assert_eq!(
            (groups[0].rows, groups[0].code.as_str()),
            (5, "no-unique-field")
        );
        assert_eq!(groups[0].first, [row(2), row(3), row(4)]);
        assert_eq!((groups[1].rows, groups[1].outcome), (1, Outcome::Duplicate));
    }

    #[test]
    fn endless_different_reasons_are_counted_together() {
        let mut reasons = Reasons::default();
        for number in 0..10_000 {
            let reason = format!("expected a comma at column {number}");
            reasons.add(Outcome::Rejected, "unreadable", &reason, &row(number));
        }
        let groups = reasons.into_groups();
        assert_eq!(groups.len(), MOST_GROUPS + 1);
        assert_eq!(groups[0].reason, "other reasons");
        assert_eq!(groups.iter().map(|group| group.rows).sum::<u64>(), 10_000);
    }
}
