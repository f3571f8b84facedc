//! Retries, throttles and stops, in paused time over a transport in memory.

use std::num::NonZeroUsize;
use std::time::Duration;

use leadsquared_sink::{
    Ambiguous, Error, LeadSink, Outcome, RetryPolicy, Sink, SinkConfig, StopReason,
};

use crate::support::{Delivered, InMemory, Reply, deliver, hurried, phones};

const DUPLICATE: &str = r#"[{"RowNumber":1,"LeadCreated":false,"ErrorMessage":"Duplicate"}]"#;
const ENVELOPE: &str =
    r#"{"Status":"Error","ExceptionType":"MXInvalidInputException","ExceptionMessage":"no"}"#;

async fn run(script: Vec<Reply>, leads: u32) -> Delivered {
    let transport = InMemory::new(script, Reply::Create);
    deliver(hurried(SinkConfig::over(transport)), vec![phones(0..leads)]).await
}

#[tokio::test(start_paused = true)]
async fn the_first_call_goes_alone_and_the_others_follow_at_the_pace() {
    let transport = InMemory::new([], Reply::Create);
    let config = SinkConfig::over(transport.clone());
    let delivered = deliver(config, vec![phones(0..1_300)]).await;
    assert_eq!(delivered.summary.calls, 26);
    let mut expected: Vec<u128> = (0..25).map(|call| call * 100).collect();
    // The 26th: a window after the first one's answer, less what every call so far took: 100 ms.
    expected.push(5_000);
    assert_eq!(transport.sent(), expected);
}

#[tokio::test(start_paused = true)]
async fn wrong_keys_cost_one_call_and_nothing_else_is_sent() {
    let transport = InMemory::new([], Reply::Answer(401, ENVELOPE));
    let config = SinkConfig::over(transport.clone());
    let delivered = deliver(config, vec![phones(0..500)]).await;
    assert_eq!(transport.sent().len(), 1);
    assert_eq!(delivered.count(Outcome::NotSent), 500);
    let Err(Error::Stopped(StopReason::Unauthorized {
        status: 401,
        message,
    })) = delivered.result
    else {
        panic!("{:?}", delivered.result)
    };
    assert_eq!(message, "no");
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_passes_is_retried_and_counted() {
    let script = vec![
        Reply::Refuse,
        Reply::Answer(503, "busy"),
        Reply::Answer(500, "oops"),
    ];
    let delivered = run(script, 1).await;
    assert_eq!(delivered.count(Outcome::Created), 1);
    assert_eq!((delivered.summary.calls, delivered.summary.retried), (4, 3));
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_goes_again_without_using_up_an_attempt() {
    let throttled = "API calls exceeded the limit of 1 in 1 second(s)";
    let script = vec![Reply::Answer(429, throttled); 12];
    let delivered = run(script, 1).await;
    assert_eq!(delivered.count(Outcome::Created), 1);
    assert_eq!(
        (delivered.summary.throttled, delivered.summary.retried),
        (12, 0)
    );
    assert_eq!(delivered.summary.limit.to_string(), "1/1s");
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_goes_before_those_in_turn() {
    let throttled = Reply::Answer(403, "API calls exceeded the limit of 1 in 5 second(s)");
    let transport = InMemory::new([Reply::Create, throttled], Reply::Create);
    let config = SinkConfig::over(transport).with_concurrency(NonZeroUsize::new(1).unwrap());
    let delivered = deliver(config, vec![phones(0..150)]).await;
    assert_eq!(delivered.summary.calls, 4);
    assert_eq!(delivered.count(Outcome::Created), 150);
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_after_a_lost_answer_was_created_earlier() {
    let delivered = run(vec![Reply::Lose, Reply::Answer(200, DUPLICATE)], 1).await;
    assert_eq!(delivered.count(Outcome::CreatedEarlier), 1);
    let delivered = run(vec![Reply::Answer(200, DUPLICATE)], 1).await;
    assert_eq!(delivered.count(Outcome::Duplicate), 1);
    let delivered = run(vec![Reply::Refuse, Reply::Answer(200, DUPLICATE)], 1).await;
    assert_eq!(delivered.count(Outcome::Duplicate), 1);
}

#[tokio::test(start_paused = true)]
async fn hold_leaves_a_lost_call_to_the_operator() {
    let transport = InMemory::new([Reply::Lose], Reply::Create);
    let config = SinkConfig::over(transport.clone()).with_ambiguous(Ambiguous::Hold);
    let delivered = deliver(config, vec![phones(0..60)]).await;
    assert_eq!(delivered.count(Outcome::Unconfirmed), 50);
    assert_eq!(delivered.count(Outcome::Created), 10);
    assert_eq!(transport.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_single_row_that_is_refused_is_rejected_with_the_servers_words_and_the_rest_goes_on() {
    let refusals = vec![Reply::Answer(500, ENVELOPE), Reply::Answer(500, ENVELOPE)];
    let delivered = run(refusals, 60).await;
    // The first call whole, and its first row alone.
    assert_eq!(delivered.count(Outcome::Rejected), 1);
    assert_eq!(delivered.count(Outcome::Created), 59);
    let row = &delivered.seen.rows()[0];
    assert_eq!(row.code.as_deref(), Some("MXInvalidInputException"));
    assert_eq!(row.reason.as_deref(), Some("no"));
    assert_eq!(delivered.result, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_stops_the_run_and_nothing_is_lost() {
    let transport = InMemory::new([], Reply::Refuse);
    let config = hurried(SinkConfig::over(transport.clone()));
    let delivered = deliver(config, vec![phones(0..120)]).await;
    assert_eq!(transport.sent().len(), 4);
    assert_eq!(delivered.count(Outcome::NotSent), 120);
    let Err(Error::Stopped(StopReason::GaveUp { attempts: 4, .. })) = delivered.result else {
        panic!("{:?}", delivered.result)
    };
}

#[tokio::test(start_paused = true)]
async fn a_server_that_fails_at_everything_creates_nothing() {
    let transport = InMemory::new([], Reply::Answer(500, "oops"));
    let delivered = deliver(hurried(SinkConfig::over(transport)), vec![phones(0..60)]).await;
    assert_eq!(delivered.count(Outcome::NotSent), 60);
    assert!(delivered.result.is_err());
}

#[tokio::test(start_paused = true)]
async fn one_call_that_always_fails_doesnt_stop_the_others() {
    // The second call fails four times, while the third gets through.
    let script = vec![
        Reply::Create,
        Reply::Answer(503, "busy"),
        Reply::Create,
        Reply::Answer(503, "busy"),
        Reply::Answer(503, "busy"),
        Reply::Answer(503, "busy"),
    ];
    let transport = InMemory::new(script, Reply::Create);
    let slow = RetryPolicy::default()
        .with_attempts(4)
        .with_backoff(Duration::from_mins(1), Duration::from_mins(1));
    let delivered = deliver(
        SinkConfig::over(transport).with_retry(slow),
        vec![phones(0..150)],
    )
    .await;
    assert_eq!(delivered.result, Ok(()));
    assert_eq!(delivered.count(Outcome::Created), 100);
    assert_eq!(delivered.count(Outcome::NotSent), 50);
}

#[tokio::test(start_paused = true)]
async fn the_default_patience_outlasts_half_a_minute() {
    let transport = InMemory::new(vec![Reply::Refuse; 9], Reply::Create);
    let delivered = deliver(SinkConfig::over(transport.clone()), vec![phones(0..1)]).await;
    assert_eq!(delivered.count(Outcome::Created), 1);
    assert!(*transport.sent().last().unwrap() > 30_000);
}

#[tokio::test(start_paused = true)]
async fn stopping_finishes_what_is_in_flight_and_reports_the_rest() {
    let transport = InMemory::new([], Reply::Create);
    let mut sink = LeadSink::start(SinkConfig::over(transport).build().unwrap()).unwrap();
    let handle = sink.stop_handle();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(450)).await;
        handle.stop();
    });
    // Ten calls' worth; the write ends when they are in the queue.
    let written = sink.write(phones(0..500)).await;
    let closed = sink.close().await;
    assert_eq!(
        written.and(closed),
        Err(Error::Stopped(StopReason::Requested))
    );
    let summary = sink.summary();
    assert!(summary.balances());
    assert_eq!((summary.created, summary.not_sent), (250, 250));
    assert_eq!(sink.write(phones(0..1)).await, Err(Error::Closed));
    assert_eq!(sink.close().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_write_has_taken_its_batch() {
    let transport = InMemory::new([], Reply::Create);
    let config = SinkConfig::over(transport).with_queue(NonZeroUsize::new(1).unwrap());
    let mut sink = LeadSink::start(config.build().unwrap()).unwrap();
    for _ in 0..3 {
        // Far less than it takes to queue ten calls.
        let write = sink.write(phones(0..500));
        assert!(
            tokio::time::timeout(Duration::from_millis(10), write)
                .await
                .is_err()
        );
    }
    sink.close().await.unwrap();
    let summary = sink.summary();
    assert_eq!((summary.read, summary.created), (1_500, 1_500));
    assert!(summary.balances());
}

#[tokio::test(start_paused = true)]
async fn dropping_without_closing_reports_what_was_given_up() {
    let seen = std::sync::Arc::new(crate::support::Memory::default());
    let config = SinkConfig::over(InMemory::new([], Reply::Create)).with_observer(seen.clone());
    let mut sink = LeadSink::start(config.build().unwrap()).unwrap();
    sink.write(phones(0..60)).await.unwrap();
    drop(sink);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let outcomes = seen.outcomes();
    assert_eq!(outcomes[..50], [Outcome::Created; 50]);
    assert_eq!(outcomes[50..], [Outcome::NotSent; 10]);
}

#[tokio::test(start_paused = true)]
async fn ten_virtual_minutes_use_the_limit_as_the_formula_says() {
    let transport = InMemory::new([], Reply::Create);
    let config = SinkConfig::over(transport).with_retry(RetryPolicy::default());
    let delivered = deliver(config, vec![phones(0..150_000)]).await;
    assert_eq!(delivered.count(Outcome::Created), 150_000);
    // U = W / (W + RTT), with a round trip of 100 ms.
    let formula = 5.0 / 5.1;
    let utilisation = delivered.summary.limit_utilisation();
    assert!(utilisation >= formula - 0.015, "{utilisation}");
}
