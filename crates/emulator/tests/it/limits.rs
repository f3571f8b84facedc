//! The rate limit over HTTP, on a paused clock: times are exact.

use std::time::Duration;

use leadsquared_emulator::{Algorithm, Emulator, Fault, ThrottleShape};
use tokio::time::advance;

use crate::client::{call_with_wrong_keys, post, statuses};

const MINUTE: Duration = Duration::from_mins(1);

/// The statuses of calls at these minutes after the start, with a limit of two an hour. An empty
/// array of leads stands for a call that is not throttled: it gets 400.
async fn at_minutes(algorithm: Algorithm, refused_count: bool, minutes: &[u32]) -> Vec<u16> {
    let emulator = Emulator::builder()
        .rate_limit(2, 60 * MINUTE)
        .algorithm(algorithm)
        .refused_count(refused_count)
        .start()
        .await
        .unwrap();
    let mut now = 0;
    let mut seen = Vec::new();
    for minute in minutes {
        advance((minute - now) * MINUTE).await;
        now = *minute;
        seen.push(post(&emulator, "[]").await.status);
    }
    for (call, minute) in emulator.calls().iter().zip(minutes) {
        assert_eq!(call.at, *minute * MINUTE, "nothing else moved the clock");
    }
    seen
}

#[tokio::test(start_paused = true)]
async fn a_sliding_window_opens_an_hour_after_the_calls_that_filled_it() {
    let seen = at_minutes(
        Algorithm::SlidingWindow,
        false,
        &[59, 59, 60, 89, 118, 119, 119, 119],
    );
    assert_eq!(seen.await, [400, 400, 429, 429, 429, 400, 400, 429]);
}

#[tokio::test(start_paused = true)]
async fn a_fixed_window_opens_on_the_hour() {
    let seen = at_minutes(
        Algorithm::FixedWindow,
        false,
        &[59, 59, 59, 60, 60, 60, 119, 120],
    );
    assert_eq!(seen.await, [400, 400, 429, 400, 400, 429, 429, 400]);
}

#[tokio::test(start_paused = true)]
async fn a_token_bucket_gains_a_call_each_half_hour() {
    let seen = at_minutes(
        Algorithm::TokenBucket,
        false,
        &[59, 59, 60, 88, 89, 89, 119, 119],
    );
    assert_eq!(seen.await, [400, 400, 429, 429, 400, 429, 400, 429]);
}

#[tokio::test(start_paused = true)]
async fn refused_calls_can_count() {
    let times = [0, 0, 30, 60, 60];
    let ignoring = at_minutes(Algorithm::SlidingWindow, false, &times).await;
    assert_eq!(ignoring, [400, 400, 429, 400, 400]);
    let counting = at_minutes(Algorithm::SlidingWindow, true, &times).await;
    assert_eq!(counting, [400, 400, 429, 400, 429]);
}

#[tokio::test(start_paused = true)]
async fn each_shape_names_the_accounts_limit() {
    let shapes = [
        (ThrottleShape::Status429, 429),
        (ThrottleShape::Status403, 403),
        (ThrottleShape::Status200, 200),
    ];
    for (shape, status) in shapes {
        let emulator = Emulator::builder()
            .rate_limit(1, Duration::from_secs(7))
            .throttle_shape(shape)
            .start()
            .await
            .unwrap();
        post(&emulator, "[]").await;
        let answer = post(&emulator, "[]").await;
        assert_eq!(answer.status, status);
        assert_eq!(
            answer.exception(),
            (
                "MXAPIRateLimitExceededException".to_owned(),
                "API calls exceeded the limit of 1 in 7 second(s)".to_owned(),
            ),
        );
        assert_eq!(answer.header("retry-after"), None);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let throttled: Vec<_> = emulator.calls().iter().map(|call| call.throttled).collect();
        assert_eq!(throttled, [false, true]);
    }
}

#[tokio::test(start_paused = true)]
async fn by_default_the_26th_call_in_5_seconds_is_the_contracts_429() {
    let emulator = Emulator::start().await.unwrap();
    for _ in 0..25 {
        assert_eq!(post(&emulator, "[]").await.status, 400);
    }
    let answer = post(&emulator, "[]").await;
    assert_eq!(answer.status, 429);
    assert_eq!(
        answer.exception().1,
        "API calls exceeded the limit of 25 in 5 second(s)"
    );
    let window = Duration::from_secs(5);
    assert_eq!(emulator.max_calls_in_window(window), 26);
    assert_eq!(emulator.max_accepted_in_window(window), 25);
    advance(window).await;
    assert_eq!(post(&emulator, "[]").await.status, 400);
    assert_eq!(
        emulator.max_calls_in_window(window),
        26,
        "the 27th is in another window"
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_nothing_is_throttled() {
    let emulator = Emulator::builder().no_rate_limit().start().await.unwrap();
    for _ in 0..40 {
        post(&emulator, "[]").await;
    }
    assert_eq!(statuses(&emulator), vec![Some(400); 40]);
}

#[tokio::test(start_paused = true)]
async fn retry_after_on_request_is_the_wait_rounded_up() {
    let emulator = Emulator::builder()
        .rate_limit(1, Duration::from_secs(10))
        .retry_after(true)
        .start()
        .await
        .unwrap();
    post(&emulator, "[]").await;
    advance(Duration::from_millis(2500)).await;
    assert_eq!(post(&emulator, "[]").await.header("retry-after"), Some("8"));
    advance(Duration::from_millis(7500)).await;
    assert_eq!(post(&emulator, "[]").await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_call_with_wrong_keys_does_not_count() {
    let emulator = Emulator::builder()
        .rate_limit(1, MINUTE)
        .start()
        .await
        .unwrap();
    call_with_wrong_keys(&emulator).await;
    call_with_wrong_keys(&emulator).await;
    assert_eq!(post(&emulator, "[]").await.status, 400);
    assert_eq!(statuses(&emulator), [Some(401), Some(401), Some(400)]);
    assert_eq!(emulator.max_calls_in_window(MINUTE), 1);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_leaves_the_script_to_the_next() {
    let emulator = Emulator::builder()
        .rate_limit(1, MINUTE)
        .start()
        .await
        .unwrap();
    post(&emulator, "[]").await;
    emulator.script(Fault::status(503));
    post(&emulator, "[]").await;
    assert_eq!(emulator.faults_left(), 1);
    advance(MINUTE).await;
    post(&emulator, "[]").await;
    assert_eq!(statuses(&emulator), [Some(400), Some(429), Some(503)]);
}
