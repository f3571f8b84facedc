//! Calls that the server refuses whole, over HTTP: the row at fault is found, and no good one is lost.

use std::collections::BTreeSet;

use leadsquared_emulator::{DuplicateAnswer, Emulator, EmulatorBuilder, Fault};
use leadsquared_sink::{Error, MaxRejects, Outcome, StopReason};

use crate::support::{Delivered, deliver, phones, to};

async fn start(emulator: EmulatorBuilder) -> Emulator {
    emulator.no_rate_limit().start().await.unwrap()
}

/// Rows by their number, from 1, with the outcome.
fn rows(delivered: &Delivered, outcome: Outcome) -> Vec<u64> {
    let rows = delivered.seen.rows().into_iter();
    rows.filter(|seen| seen.outcome == outcome)
        .map(|seen| seen.row)
        .collect()
}

/// The leads of the account are those of the rows that were created, each once.
fn assert_created(emulator: &Emulator, delivered: &Delivered) {
    let leads = emulator.leads();
    let stored: BTreeSet<String> = leads
        .iter()
        .map(|lead| lead.get("Phone").unwrap().to_owned())
        .collect();
    assert_eq!(stored.len(), leads.len());
    let created = rows(delivered, Outcome::Created);
    let created: BTreeSet<String> = created.iter().map(|row| (row - 1).to_string()).collect();
    assert_eq!(stored, created);
}

#[tokio::test]
async fn the_rows_at_fault_are_found_and_all_others_get_through() {
    for poison in [
        vec![7_u32],
        vec![0],
        vec![49],
        vec![3, 4],
        vec![3, 27, 28, 77],
        (50..60).collect(),
    ] {
        let mut builder = Emulator::builder();
        for row in &poison {
            builder = builder.poison("Phone", row.to_string());
        }
        let emulator = start(builder).await;
        let delivered = deliver(to(&emulator), vec![phones(0..120)]).await;
        let expected: Vec<u64> = poison.iter().map(|row| u64::from(row + 1)).collect();
        assert_eq!(rows(&delivered, Outcome::Rejected), expected);
        assert_eq!(
            delivered.count(Outcome::Created),
            120 - expected.len() as u64
        );
        let row = &delivered.seen.rows()[usize::try_from(expected[0]).unwrap() - 1];
        assert_eq!(row.code.as_deref(), Some("MXInvalidInputException"));
        assert_eq!(row.reason.as_deref(), Some("Invalid data"));
        assert_eq!(delivered.result, Ok(()));
        assert_created(&emulator, &delivered);
    }
}

#[tokio::test]
async fn one_row_at_fault_costs_a_dozen_calls() {
    let emulator = start(Emulator::builder().poison("Phone", "61")).await;
    let delivered = deliver(to(&emulator), vec![phones(0..150)]).await;
    assert_eq!(rows(&delivered, Outcome::Rejected), [62]);
    // Three calls, and 2 halves, 2 quarters … of the one that was refused.
    assert_eq!(delivered.summary.calls, 3 + 2 * 6);
}

#[tokio::test]
async fn when_it_is_the_mapping_three_rows_tell_and_the_run_stops() {
    let emulator = start(Emulator::builder().known_attributes(["EmailAddress"])).await;
    let delivered = deliver(to(&emulator), vec![phones(0..5_000)]).await;
    let Err(Error::Stopped(StopReason::AllRefused { code, message })) = &delivered.result else {
        panic!("{:?}", delivered.result)
    };
    assert_eq!(code, "MXUnknownAttributeException");
    assert_eq!(message, "Attribute(s) does not exist - Phone");
    assert_eq!(emulator.call_count(), 4);
    assert_eq!(delivered.count(Outcome::Rejected), 50);
    assert_eq!(delivered.count(Outcome::NotSent), 4_950);
}

/// The control: with one good row among those that go alone it is the rows.
#[tokio::test]
async fn when_a_row_gets_through_it_is_not_the_mapping() {
    let mut builder = Emulator::builder();
    for row in 1..50 {
        builder = builder.poison("Phone", row.to_string());
    }
    let emulator = start(builder).await;
    let delivered = deliver(to(&emulator), vec![phones(0..100)]).await;
    assert_eq!(delivered.result, Ok(()));
    assert_eq!(delivered.count(Outcome::Rejected), 49);
    assert_created(&emulator, &delivered);
}

#[tokio::test]
async fn duplicates_that_are_told_for_the_whole_call_are_found_and_never_taken_for_the_mapping() {
    let builder = Emulator::builder().duplicate_answer(DuplicateAnswer::WholeCall);
    let emulator = start(builder).await;
    deliver(to(&emulator), vec![phones(0..40)]).await;
    let delivered = deliver(to(&emulator), vec![phones(0..60)]).await;
    assert_eq!(delivered.result, Ok(()));
    assert_eq!(delivered.count(Outcome::Duplicate), 40);
    assert_eq!(
        rows(&delivered, Outcome::Created),
        (41..=60).collect::<Vec<_>>()
    );
    assert_eq!(emulator.lead_count(), 60);
}

#[tokio::test]
async fn a_call_that_is_a_duplicate_of_its_own_lost_attempt_was_created_earlier() {
    let builder = Emulator::builder().duplicate_answer(DuplicateAnswer::WholeCall);
    let emulator = start(builder).await;
    emulator.script(Fault::reset().stored());
    let delivered = deliver(to(&emulator), vec![phones(0..10)]).await;
    assert_eq!(delivered.count(Outcome::CreatedEarlier), 10);
    assert_eq!(emulator.lead_count(), 10);
}

#[tokio::test]
async fn without_a_budget_a_refused_call_is_rejected_whole() {
    let emulator = start(Emulator::builder().poison("Phone", "60")).await;
    let config = to(&emulator).with_split_budget(4);
    let delivered = deliver(config, vec![phones(0..150)]).await;
    // 50 rows, 25 and 25, 12 and 13 of the bad half; then there is no more.
    let rejected = rows(&delivered, Outcome::Rejected);
    assert_eq!(rejected, (51..=62).collect::<Vec<_>>());
    let reason = delivered.seen.rows()[60].reason.clone().unwrap();
    assert!(
        reason.starts_with("Invalid data (refused together"),
        "{reason}"
    );
    assert_created(&emulator, &delivered);
}

#[tokio::test]
async fn a_malformed_body_is_no_end_of_the_run() {
    let emulator = start(Emulator::builder()).await;
    emulator.script_all([Fault::delay(std::time::Duration::ZERO), Fault::status(400)]);
    let delivered = deliver(to(&emulator), vec![phones(0..150)]).await;
    // The halves get through, whatever it was.
    assert_eq!(delivered.count(Outcome::Created), 150);
    assert_eq!(delivered.summary.calls, 5);
}

#[tokio::test]
async fn too_many_rejects_stop_the_run() {
    let mut builder = Emulator::builder();
    for row in (1_000..2_000).step_by(2) {
        builder = builder.poison("Phone", row.to_string());
    }
    for (most, at_least) in [(MaxRejects::Rows(10), 11), (MaxRejects::Percent(1.0), 11)] {
        let emulator = start(builder.clone()).await;
        let config = to(&emulator)
            .with_max_rejects(most)
            .with_concurrency(4.try_into().unwrap());
        let delivered = deliver(config, vec![phones(0..3_000)]).await;
        let Err(Error::Stopped(StopReason::TooManyRejects {
            rejected,
            most: said,
        })) = &delivered.result
        else {
            panic!("{:?}", delivered.result)
        };
        assert_eq!(*said, most);
        assert!(*rejected >= at_least, "{rejected}");
        assert!(delivered.count(Outcome::NotSent) > 1_000);
        assert_created(&emulator, &delivered);
    }
    let emulator = start(builder).await;
    let config = to(&emulator)
        .with_split_budget(2_500)
        .with_max_rejects(MaxRejects::Rows(500));
    let delivered = deliver(config, vec![phones(0..3_000)]).await;
    assert_eq!(delivered.result, Ok(()));
    assert_eq!(delivered.count(Outcome::Rejected), 500);
}

#[tokio::test]
async fn when_it_is_the_mapping_and_nothing_may_be_split_three_calls_tell() {
    let emulator = start(Emulator::builder().known_attributes(["EmailAddress"])).await;
    let config = to(&emulator)
        .with_split_budget(0)
        .with_concurrency(1.try_into().unwrap());
    let delivered = deliver(config, vec![phones(0..5_000)]).await;
    let Err(Error::Stopped(StopReason::AllRefused { .. })) = &delivered.result else {
        panic!("{:?}", delivered.result)
    };
    assert_eq!(emulator.call_count(), 3);
    assert_eq!(delivered.count(Outcome::NotSent), 4_850);
}
