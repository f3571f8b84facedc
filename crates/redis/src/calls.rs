//! This process's own calls, for as long as the server may count them in a window.

use std::collections::BTreeMap;
use std::time::Duration;

use leadsquared_sink::EarlierCall;
use tokio::time::Instant;

use crate::script::Remembered;

/// What this process has sent of late, whoever granted it.
///
/// Redis may forget, and a process that counts by itself must know what it did before: both are told
/// from here.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    next: u64,
    own: BTreeMap<u64, Call>,
    /// When the server can have counted the calls of an earlier process at the latest.
    earlier: Vec<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Call {
    /// When the server can have counted it at the latest.
    counted_by: Instant,
    ended: bool,
}

impl Calls {
    /// A number for a call that may be made.
    pub(crate) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Takes a call into account that is sent now, and forgets those that no longer matter.
    pub(crate) fn sent(&mut self, number: u64, timeout: Duration, window: Duration) {
        let now = Instant::now();
        let matters = |counted_by: Instant| counted_by + window > now;
        self.own.retain(|_, call| matters(call.counted_by));
        self.earlier.retain(|counted_by| matters(*counted_by));
        self.own.insert(
            number,
            Call {
                counted_by: now + timeout,
                ended: false,
            },
        );
    }

    /// The call's answer has come, or its connection broke.
    pub(crate) fn ended(&mut self, number: u64) {
        if let Some(call) = self.own.get_mut(&number) {
            *call = Call {
                counted_by: Instant::now(),
                ended: true,
            };
        }
    }

    /// The call was not made.
    pub(crate) fn never_sent(&mut self, number: u64) {
        self.own.remove(&number);
    }

    /// Takes the calls of an earlier process into account.
    pub(crate) fn seed(&mut self, earlier: &[EarlierCall]) {
        let now = Instant::now();
        self.earlier.extend(earlier.iter().filter_map(|call| {
            now.checked_add(call.still_counted_for)?
                .checked_sub(call.since_counted)
        }));
    }

    /// Our calls as Redis takes them.
    pub(crate) fn for_redis(&self, process: &str, window: Duration) -> Vec<Remembered> {
        let now = Instant::now();
        let remembered = |(number, call): (&u64, &Call)| {
            let left = (call.counted_by + window).checked_duration_since(now)?;
            Some(Remembered {
                id: id(process, *number),
                ended: call.ended,
                left,
            })
        };
        self.own.iter().filter_map(remembered).collect()
    }

    /// Our calls, and those of an earlier process, as a limiter of our own takes them.
    pub(crate) fn for_ourselves(&self) -> Vec<EarlierCall> {
        let now = Instant::now();
        let own = self.own.values().map(|call| call.counted_by);
        let all = own.chain(self.earlier.iter().copied());
        all.map(|counted_by| EarlierCall {
            since_counted: now.saturating_duration_since(counted_by),
            still_counted_for: counted_by.saturating_duration_since(now),
        })
        .collect()
    }
}

/// The name of a call among those of all processes.
pub(crate) fn id(process: &str, number: u64) -> String {
    format!("{process}-{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(5);
    const TIMEOUT: Duration = Duration::from_secs(30);

    fn left(calls: &Calls) -> Vec<(String, bool, u64)> {
        let remembered = calls.for_redis("p", WINDOW);
        remembered
            .into_iter()
            .map(|call| (call.id, call.ended, call.left.as_secs()))
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_matters_for_a_window_after_it_can_have_been_counted() {
        let mut calls = Calls::default();
        for _ in 0..3 {
            let number = calls.number();
            calls.sent(number, TIMEOUT, WINDOW);
        }
        tokio::time::advance(Duration::from_secs(1)).await;
        calls.ended(2);
        calls.never_sent(3);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(
            left(&calls),
            [("p-1".to_owned(), false, 33), ("p-2".to_owned(), true, 4)]
        );
        assert_eq!(
            calls.for_ourselves(),
            [
                EarlierCall {
                    since_counted: Duration::ZERO,
                    still_counted_for: Duration::from_secs(28)
                },
                EarlierCall {
                    since_counted: Duration::from_secs(1),
                    still_counted_for: Duration::ZERO
                },
            ]
        );
        tokio::time::advance(Duration::from_secs(4)).await;
        let number = calls.number();
        calls.sent(number, TIMEOUT, WINDOW);
        assert_eq!(left(&calls).len(), 2, "the second is forgotten");
    }

    #[tokio::test(start_paused = true)]
    async fn calls_of_an_earlier_process_are_for_ourselves_alone() {
        tokio::time::advance(Duration::from_mins(1)).await;
        let mut calls = Calls::default();
        let earlier = EarlierCall {
            since_counted: Duration::from_secs(2),
            still_counted_for: Duration::ZERO,
        };
        calls.seed(&[earlier]);
        assert!(left(&calls).is_empty());
        assert_eq!(calls.for_ourselves(), [earlier]);
    }
}
