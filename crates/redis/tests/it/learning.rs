//! What one process learns of the account, all know.

use std::time::Duration;

use leadsquared_emulator::Emulator;
use leadsquared_sink::Limiter;
use tokio::time::{Instant, sleep};

use crate::redis_server::{RedisServer, redis_or_skip};
use crate::script::Caller;
use crate::support::{Account, MS, SECOND, connect, deliver, limit};

const NOT_NAMED: (u32, Duration) = (0, Duration::ZERO);

#[tokio::test]
async fn a_lower_limit_that_one_is_told_of_holds_for_all() {
    let redis = redis_or_skip!();
    let emulator = Emulator::builder()
        .rate_limit(5, SECOND)
        .start()
        .await
        .unwrap();
    let one = connect(&redis.url(), "25/1s", 2).await;
    let other = connect(&redis.url(), "25/1s", 2).await;
    assert_eq!(other.limit(), limit("25/1s"));
    let summary = deliver(&Account::of(&emulator), one.clone(), "one", 12).await;
    assert_eq!((summary.created, summary.limit), (12, limit("5/1s")));
    assert!(summary.throttled >= 1, "{summary:?}");
    // The other one made no call, and hears of it when it looks.
    let start = Instant::now();
    while other.limit() != limit("5/1s") {
        assert!(start.elapsed() < 10 * SECOND);
        sleep(10 * MS).await;
    }
    let before = emulator.calls().len();
    let summary = deliver(&Account::of(&emulator), other, "other", 12).await;
    assert_eq!((summary.created, summary.throttled), (12, 0));
    assert_eq!(emulator.calls().len(), before + 12);
}

/// A caller whose account others use too: so many calls of its own were answered.
async fn with_answered(redis: &RedisServer, answered: u32) -> Caller {
    let mut caller = Caller::new(redis, 10, SECOND).await;
    caller.quiet = 300 * MS;
    caller.longest_quiet = 700 * MS;
    caller.wary = Duration::ZERO;
    for id in 0..answered {
        let arguments = [format!("answered-{id}"), "ended".into(), "60000000".into()];
        caller.run("resume", &arguments).await;
    }
    caller
}

#[tokio::test]
async fn a_throttle_that_our_calls_cant_explain_lowers_the_share_of_all() {
    let redis = redis_or_skip!();
    let caller = with_answered(&redis, 6).await;
    let other = caller.clone();
    for id in ["a", "b"] {
        caller.granted(id).await;
    }
    let lowered = caller.throttled("a", Duration::ZERO, NOT_NAMED).await;
    assert_eq!((lowered.lowered, lowered.effective), (6, 6));
    assert_eq!(other.run("look", &[]).await.effective, 6);
    // "b" was granted before: it is the same event.
    let again = caller.throttled("b", SECOND, NOT_NAMED).await;
    assert_eq!((again.lowered, again.effective), (0, 6));
}

#[tokio::test]
async fn a_throttle_that_our_calls_explain_lowers_nothing() {
    let redis = redis_or_skip!();
    let caller = with_answered(&redis, 10).await;
    let explained = caller.throttled("a", Duration::ZERO, (10, SECOND)).await;
    assert_eq!((explained.lowered, explained.effective), (0, 10));
}

#[tokio::test]
async fn a_limit_that_is_named_is_learned_and_no_share_is_lowered() {
    let redis = redis_or_skip!();
    let caller = with_answered(&redis, 3).await;
    caller.granted("a").await;
    caller.granted("b").await;
    let learned = caller.throttled("a", Duration::ZERO, (5, SECOND)).await;
    assert_eq!(
        (learned.calls, learned.effective, learned.lowered),
        (5, 5, 0)
    );
    let late = caller.throttled("b", SECOND, (5, SECOND)).await;
    assert_eq!((late.effective, late.lowered), (5, 0), "the same event");
}

#[tokio::test]
async fn the_share_is_never_less_than_a_call() {
    let redis = redis_or_skip!();
    let caller = with_answered(&redis, 0).await;
    for _ in 0..3 {
        let reply = caller.throttled("a", Duration::ZERO, NOT_NAMED).await;
        assert_eq!(reply.effective, 1);
    }
}

#[tokio::test]
async fn one_more_slot_is_tried_after_a_quiet_time_that_doubles_while_trials_fail() {
    let redis = redis_or_skip!();
    let caller = with_answered(&redis, 4).await;
    let lowered = caller.throttled("a", Duration::ZERO, NOT_NAMED).await;
    assert_eq!(lowered.effective, 4);
    let mut quiet = 300;
    // The trial fails, again and again: 300 ms, 600 ms, and 700 ms is the longest.
    for next in [600, 700, 700] {
        assert_eq!(caller.known("step").await, Some(f64::from(quiet * 1_000)));
        assert_eq!(caller.acquire("x").await.effective, 4, "not yet");
        sleep(MS * quiet).await;
        assert_eq!(caller.acquire("x").await.effective, 5);
        let trial = format!("trial-{quiet}-{next}");
        let failed = caller.throttled(&trial, Duration::ZERO, NOT_NAMED).await;
        assert_eq!((failed.lowered, failed.effective), (4, 4));
        quiet = next;
    }
    // Two trials go well: the second comes as soon as the first would have at the beginning.
    sleep(MS * quiet).await;
    assert_eq!(caller.acquire("x").await.effective, 5);
    sleep(MS * quiet).await;
    assert_eq!(caller.acquire("x").await.effective, 6);
    assert_eq!(caller.known("step").await, Some(300_000.0));
    sleep(MS * 300).await;
    assert_eq!(caller.acquire("x").await.effective, 7);
}

#[tokio::test]
async fn after_a_throttle_calls_are_a_full_pace_apart_for_a_while() {
    let redis = redis_or_skip!();
    let mut caller = with_answered(&redis, 0).await;
    (caller.calls, caller.wary) = (20, 600 * MS);
    let paces = |id: &'static str, expected: Duration| {
        let caller = caller.clone();
        async move {
            // Until no pace is left to wait for.
            sleep(150 * MS).await;
            let before = Instant::now();
            assert!(caller.acquire(id).await.wait.is_zero());
            let wait = caller.acquire("x").await.wait;
            assert!(wait <= expected, "{wait:?}");
            assert!(wait + before.elapsed() + MS >= expected, "{wait:?}");
        }
    };
    paces("a", 25 * MS).await;
    caller.throttled("a", Duration::ZERO, (10, SECOND)).await;
    paces("b", 100 * MS).await;
    sleep(600 * MS).await;
    paces("c", 50 * MS).await;
}
