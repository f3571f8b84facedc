//! Random histories with a cut at any moment, against a simple model.

use std::collections::{BTreeMap, BTreeSet};

use leadsquared_ledger::{Ending, Ledger, RunSpec};
use leadsquared_sink::{CallId, Journal, Meaning, Outcome, Recall, SettledRow};
use proptest::prelude::*;

use crate::support::{end, ended, intent, row};

const ROWS: u64 = 12;

#[derive(Clone, Debug)]
enum Step {
    /// Rows in a call.
    Intend(BTreeSet<u64>),
    /// The end of one of the calls under way, with the ends of some of its rows.
    Conclude(
        prop::sample::Index,
        Meaning,
        Vec<(prop::sample::Index, Outcome)>,
    ),
    /// A row's end without a call, and whether it is one for good.
    Settle(u64, Outcome, bool),
    /// The process dies, and another one goes on.
    Die,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let outcome = || prop::sample::select(Outcome::ALL.to_vec());
    let rows = prop::collection::btree_set(1..=ROWS, 1..5);
    let meaning = prop::sample::select(Meaning::ALL.to_vec());
    let ends = prop::collection::vec((any::<prop::sample::Index>(), outcome()), 0..4);
    let step = prop_oneof![
        4 => rows.prop_map(Step::Intend),
        4 => (any::<prop::sample::Index>(), meaning, ends)
            .prop_map(|(call, meaning, ends)| Step::Conclude(call, meaning, ends)),
        3 => (1..=ROWS, outcome(), any::<bool>())
            .prop_map(|(row, outcome, is_final)| Step::Settle(row, outcome, is_final)),
        1 => Just(Step::Die),
    ];
    prop::collection::vec(step, 0..40)
}

/// Everything that happened, as a list.
#[derive(Default)]
struct Model {
    part: u64,
    calls: BTreeMap<u64, (u64, BTreeSet<u64>, Option<Meaning>)>,
    ends: BTreeMap<u64, (u64, Outcome, bool)>,
}

impl Model {
    fn settle(&mut self, row: u64, outcome: Outcome, is_final: bool) {
        let is_no_news = outcome == Outcome::NotSent && !is_final;
        if !(is_no_news && self.ends.contains_key(&row)) {
            self.ends.insert(row, (self.part, outcome, is_final));
        }
    }

    fn recall(&self, row: u64) -> Recall {
        let doubted_in: BTreeSet<_> = self
            .calls
            .values()
            .filter(|(_, rows, meaning)| {
                rows.contains(&row) && matches!(meaning, None | Some(Meaning::Lost | Meaning::Rows))
            })
            .map(|(part, ..)| *part)
            .collect();
        let is_doubted = |part: u64, outcome, is_final: bool| {
            doubted_in.iter().any(|doubt| match (outcome, is_final) {
                (Outcome::NotSent, false) => *doubt != part,
                _ => *doubt > part,
            })
        };
        match self.ends.get(&row) {
            None if doubted_in.is_empty() => Recall::New,
            None | Some((_, Outcome::Unconfirmed, false)) => Recall::InDoubt,
            Some((part, outcome, is_final)) if is_doubted(*part, *outcome, *is_final) => {
                Recall::InDoubt
            }
            Some((_, _, true)) => Recall::Settled,
            Some(_) => Recall::New,
        }
    }

    fn settled(&self) -> u64 {
        let rows = self.ends.keys();
        rows.filter(|row| self.recall(**row) == Recall::Settled)
            .count() as u64
    }
}

/// The files as they are at this moment, which is what a death of the process leaves.
///
/// So short a history is all in the write-ahead log: nothing is moved into the file meanwhile.
fn snapshot(from: &Ledger, to: &std::path::Path) {
    std::fs::copy(from.path(), to).unwrap();
    let log = |path: &std::path::Path| {
        let mut name = path.as_os_str().to_owned();
        name.push("-wal");
        name
    };
    std::fs::copy(log(from.path()), log(to)).unwrap();
}

async fn play(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(folder.path().join("0.db")).unwrap();
    let mut run = ledger.begin(&RunSpec::default()).unwrap();
    let id = run.id();
    let mut model = Model::default();
    let mut under_way: Vec<CallId> = Vec::new();
    for step in steps.into_iter().chain([Step::Die]) {
        match step {
            Step::Intend(rows) => {
                let call = run.intend(intent(rows.clone())).await.unwrap();
                model.calls.insert(call.0, (model.part, rows, None));
                under_way.push(call);
            }
            Step::Conclude(which, meaning, ends) => {
                if under_way.is_empty() {
                    continue;
                }
                let call = under_way.remove(which.index(under_way.len()));
                let rows: Vec<_> = model.calls[&call.0].1.iter().copied().collect();
                let ends: Vec<SettledRow> = ends
                    .iter()
                    .map(|(at, outcome)| end(rows[at.index(rows.len())], *outcome))
                    .collect();
                for end in &ends {
                    model.settle(end.row.number, end.outcome, true);
                }
                model.calls.get_mut(&call.0).unwrap().2 = Some(meaning);
                run.conclude(call, ended(meaning), ends).await.unwrap();
            }
            Step::Settle(number, outcome, is_final) => {
                model.settle(number, outcome, is_final);
                let end = SettledRow {
                    is_final,
                    ..end(number, outcome)
                };
                run.settle(vec![end]).await.unwrap();
            }
            Step::Die => {
                run.flush().await.unwrap();
                let path = folder.path().join(format!("{}.db", model.part + 1));
                snapshot(&ledger, &path);
                drop(run);
                ledger = Ledger::open(&path).unwrap();
                run = ledger.resume(id, &RunSpec::default()).unwrap();
                model.part += 1;
                under_way.clear();
                for number in 1..=ROWS {
                    let recalled = run.recall(&row(number));
                    prop_assert_eq!(recalled, model.recall(number), "row {}", number);
                }
                prop_assert_eq!(run.earlier().rows(), model.settled());
            }
        }
    }
    run.finish(Ending::Finished).await.unwrap();
    Ok(())
}

/// Intents of as many tasks at once, and a look at the disk while they are under way.
async fn cut(intents: u64, ends: u64) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path().join("ledger.db")).unwrap();
    let run = ledger.begin(&RunSpec::default()).unwrap();
    for number in 0..intents {
        let call = run.intend(intent([number])).await.unwrap();
        if number < ends {
            // Not waited for.
            let ends = vec![end(number, Outcome::Created)];
            run.conclude(call, ended(Meaning::Rows), ends)
                .await
                .unwrap();
        }
    }
    let path = folder.path().join("cut.db");
    snapshot(&ledger, &path);
    let after = Ledger::open(&path).unwrap();
    let resumed = after.resume(run.id(), &RunSpec::default()).unwrap();
    for number in 0..intents {
        let recalled = resumed.recall(&row(number));
        prop_assert!(recalled == Recall::InDoubt || (recalled == Recall::Settled && number < ends));
    }
    Ok(())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_happened_is_recalled(steps in steps()) {
        runtime().block_on(play(steps))?;
    }

    #[test]
    fn what_was_acknowledged_is_on_disk(intents in 1..20_u64, ends in 0..20_u64) {
        runtime().block_on(cut(intents, ends))?;
    }
}
