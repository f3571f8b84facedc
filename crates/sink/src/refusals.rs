//! Calls that are refused whole: which row is at fault, and when it is none of them.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is known of the calls that the server refused.
pub(crate) struct Refusals {
    state: Mutex<State>,
}

struct State {
    /// Whether the server ever took a call.
    accepted: bool,
    /// Why it refused every call so far, if for one reason.
    only_reason: Option<(String, String)>,
    /// How many rows it refused by themselves.
    alone: usize,
    /// How many calls may still be made to find rows that are at fault.
    budget: u64,
}

/// How many rows, each refused by itself, show that it is not the rows.
const ENOUGH_ALONE: usize = 3;

impl Refusals {
    pub(crate) fn new(budget: u64) -> Self {
        Self {
            state: Mutex::new(State {
                accepted: false,
                only_reason: None,
                alone: 0,
                budget,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held, so a poisoned lock still guards whole data.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server took a call.
    pub(crate) fn accept(&self) {
        self.state().accepted = true;
    }

    /// Whether no call was ever taken: it may be the mapping, not the rows.
    pub(crate) fn is_open(&self) -> bool {
        !self.state().accepted
    }

    /// Notes a refusal; true if that is enough to say that it is not the rows: the server took no
    /// call yet, and refused three rows by themselves, all for one reason.
    pub(crate) fn refuse(&self, leads: usize, code: &str, message: &str) -> bool {
        let mut state = self.state();
        if state.accepted {
            return false;
        }
        let reason = (code.to_owned(), gist(message));
        match &state.only_reason {
            None => state.only_reason = Some(reason),
            Some(known) if *known == reason => {}
            _ => {
                // Two reasons are the rows' own.
                state.accepted = true;
                return false;
            }
        }
        state.alone += usize::from(leads == 1);
        state.alone >= ENOUGH_ALONE
    }

    /// Notes that a call which was refused can't be split: whole, it tells as much as a row alone.
    pub(crate) fn leave_whole(&self) -> bool {
        let mut state = self.state();
        state.alone += 1;
        !state.accepted && state.alone >= ENOUGH_ALONE
    }

    /// The parts to send a refused call in; `None` when the budget doesn't allow it.
    ///
    /// Halves, down to the row at fault. As long as it may be the mapping, rows from all over the
    /// call go by themselves first, so that three calls tell.
    pub(crate) fn split(&self, leads: Range<usize>) -> Option<Vec<Range<usize>>> {
        let mut state = self.state();
        let alone = if state.accepted {
            0
        } else {
            ENOUGH_ALONE.saturating_sub(state.alone)
        };
        let parts = parts(&leads, alone);
        let cost = parts.len() as u64;
        state.budget = state.budget.checked_sub(cost)?;
        Some(parts)
    }
}

/// What a message says, whatever numbers and quoted values are in it.
fn gist(message: &str) -> String {
    let mut quote = None;
    message
        .chars()
        .filter(|&c| match quote {
            Some(open) => {
                if c == open {
                    quote = None;
                }
                false
            }
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                false
            }
            None => !c.is_ascii_digit(),
        })
        .collect()
}

/// `alone` rows from all over, each by itself, and what is left in halves.
fn parts(leads: &Range<usize>, alone: usize) -> Vec<Range<usize>> {
    let (start, count) = (leads.start, leads.len());
    if alone == 0 || count <= alone + 1 {
        if count <= alone + 1 && alone > 0 {
            return leads.clone().map(|lead| lead..lead + 1).collect();
        }
        let middle = start + count / 2;
        return vec![start..middle, middle..leads.end];
    }
    // The first, the last, and evenly between.
    let singles: Vec<usize> = (0..alone)
        .map(|nth| start + nth * (count - 1) / (alone - 1).max(1))
        .collect();
    let mut parts: Vec<Range<usize>> = singles.iter().map(|&lead| lead..lead + 1).collect();
    let edges = singles.iter().map(|&lead| lead + 1);
    let ends = singles.iter().skip(1).copied().chain([leads.end]);
    parts.extend(
        edges
            .zip(ends)
            .filter(|(from, to)| from < to)
            .map(|(from, to)| from..to),
    );
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_are_the_whole_and_each_is_smaller(start in 0_usize..10, count in 2_usize..=50, alone in 0_usize..=3) {
            let leads = start..start + count;
            let parts = parts(&leads, alone);
            prop_assert!(parts.iter().all(|part| !part.is_empty() && part.len() < count), "{parts:?}");
            let mut all: Vec<usize> = parts.iter().cloned().flatten().collect();
            all.sort_unstable();
            prop_assert_eq!(all, leads.collect::<Vec<_>>());
            let singles = parts.iter().filter(|part| part.len() == 1).count();
            prop_assert!(singles >= alone.min(count), "{parts:?}");
        }
    }

    #[test]
    fn three_rows_alone_refused_for_one_reason_are_enough() {
        let refusals = Refusals::new(100);
        assert!(!refusals.refuse(50, "MX", "no"));
        assert!(!refusals.refuse(1, "MX", "no"));
        assert!(!refusals.refuse(1, "MX", "no"));
        assert!(refusals.refuse(1, "MX", "no"));
    }

    #[test]
    fn three_calls_that_cant_be_split_are_enough_too() {
        let refusals = Refusals::new(0);
        for call in 1..=3 {
            assert!(!refusals.refuse(50, "MX", "no"));
            assert_eq!(refusals.split(0..50), None);
            assert_eq!(refusals.leave_whole(), call == 3);
        }
    }

    #[test]
    fn numbers_and_quoted_values_make_no_other_reason() {
        let refusals = Refusals::new(100);
        refusals.refuse(50, "MX", "Row 17: \"a@example.com\" is invalid");
        for row in [1, 2] {
            assert!(!refusals.refuse(1, "MX", &format!("Row {row}: \"b{row}@x\" is invalid")));
        }
        assert!(refusals.refuse(1, "MX", "Row 3: \"\" is invalid"));
    }

    #[test]
    fn another_reason_or_a_call_that_was_taken_shows_that_it_is_the_rows() {
        let refusals = Refusals::new(100);
        refusals.refuse(50, "MX", "no");
        refusals.refuse(1, "MX", "another");
        let taken = Refusals::new(100);
        taken.accept();
        for refusals in [refusals, taken] {
            assert!((0..5).all(|_| !refusals.refuse(1, "MX", "no")));
            assert!(!refusals.is_open());
        }
    }

    #[test]
    fn the_budget_is_spent_by_the_part() {
        let refusals = Refusals::new(5);
        refusals.accept();
        assert!(refusals.split(0..50).is_some());
        assert!(refusals.split(0..25).is_some());
        assert_eq!(refusals.split(0..12), None);
    }
}
