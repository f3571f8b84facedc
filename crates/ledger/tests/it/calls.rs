//! Calls that still count against the account's limits.

use std::time::{Duration, SystemTime};

use leadsquared_ledger::{Run, RunSpec};
use leadsquared_sink::{Conclusion, EarlierCall, Intent, Journal, Meaning, Outcome};

use crate::support::{Scene, call, end};

const WINDOW: Duration = Duration::from_secs(5);

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds)
}

fn counted(ago: u64, still: u64) -> EarlierCall {
    EarlierCall {
        since_counted: Duration::from_secs(ago),
        still_counted_for: Duration::from_secs(still),
    }
}

/// A call of no rows that may take ten seconds.
async fn sent(run: &Run, when: u64, end: Option<(u64, Meaning)>) {
    let intent = Intent {
        rows: vec![],
        at: at(when),
        timeout: Duration::from_secs(10),
    };
    let call = run.intend(intent).await.unwrap();
    if let Some((when, meaning)) = end {
        let conclusion = Conclusion {
            at: at(when),
            status: None,
            meaning,
        };
        run.conclude(call, conclusion, vec![]).await.unwrap();
    }
    run.flush().await.unwrap();
}

fn spec(account: &str) -> RunSpec {
    RunSpec {
        account: account.to_owned(),
        ..RunSpec::default()
    }
}

#[tokio::test]
async fn a_call_counts_since_its_answer_or_until_its_time_out() {
    let scene = Scene::new();
    let earlier = scene.ledger.begin(&spec("a")).unwrap();
    sent(&earlier, 80, Some((94, Meaning::Rows))).await;
    sent(&earlier, 80, Some((97, Meaning::Throttled))).await;
    sent(&earlier, 89, Some((90, Meaning::Lost))).await;
    sent(&earlier, 98, Some((99, Meaning::NeverSent))).await;
    sent(&earlier, 95, None).await;
    sent(&earlier, 84, None).await;
    let other = scene.ledger.begin(&spec("b")).unwrap();
    sent(&other, 99, None).await;

    let run = scene.ledger.begin(&spec("a")).unwrap();
    let calls = run.earlier_calls(at(100), WINDOW).unwrap();
    assert_eq!(calls, [counted(3, 0), counted(1, 0), counted(0, 5)]);
    assert_eq!(run.earlier_calls(at(200), WINDOW).unwrap(), []);
}

#[tokio::test]
async fn a_clock_that_went_back_makes_calls_no_older_and_no_more() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&spec("a")).unwrap();
    for second in 0..3000 {
        // Each as in the test above, and the last ones at 3000.
        if second % 100 == 0 {
            sent(&run, second, Some((second, Meaning::Rows))).await;
        }
    }
    sent(&run, 2998, Some((2999, Meaning::Rows))).await;
    sent(&run, 3000, None).await;
    // It is an hour earlier again.
    let calls = run.earlier_calls(at(0), WINDOW).unwrap();
    assert_eq!(calls, [counted(1, 0), counted(0, 10)]);
}

#[tokio::test]
async fn calls_of_a_day_are_counted_by_the_minute() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&spec("a")).unwrap();
    let day = 24 * 3600;
    sent(&run, 5, Some((5, Meaning::Rows))).await;
    sent(&run, day - 130, Some((day - 130, Meaning::Rows))).await;
    sent(&run, day - 50, Some((day - 50, Meaning::Rows))).await;
    sent(&run, day - 20, Some((day - 20, Meaning::Refused))).await;
    sent(&run, day - 20, Some((day - 20, Meaning::NeverSent))).await;

    let calls = run.calls_within(at(day), Duration::from_secs(day)).unwrap();
    let seconds: Vec<_> = calls
        .iter()
        .map(|(age, calls)| (age.as_secs(), *calls))
        .collect();
    assert_eq!(seconds, [(20, 2), (130, 1), (day - 5, 1)]);
    let calls = run
        .calls_within(at(day + 10), Duration::from_secs(day))
        .unwrap();
    assert_eq!(calls.iter().map(|(_, calls)| calls).sum::<u64>(), 3);
}

#[tokio::test]
async fn a_call_without_leads_is_counted_and_nothing_came_of_it() {
    let scene = Scene::new();
    let spec = scene.spec();
    let run = scene.ledger.begin(&spec).unwrap();
    let id = run.id();
    sent(&run, 100, Some((100, Meaning::Rows))).await;
    sent(&run, 100, Some((100, Meaning::Lost))).await;
    sent(&run, 100, None).await;
    let info = scene.ledger.run(id).unwrap();
    assert_eq!((info.calls, info.calls_that_count), (3, 0));
    assert_eq!(run.earlier_calls(at(100), WINDOW).unwrap().len(), 3);

    call(&run, vec![end(1, Outcome::Created)]).await;
    run.flush().await.unwrap();
    let info = scene.ledger.run(id).unwrap();
    assert_eq!((info.calls, info.calls_that_count), (4, 1));
}
