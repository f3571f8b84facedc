//! Redis goes, and comes back.

use std::time::Duration;

use leadsquared_emulator::Emulator;
use leadsquared_redis::RedisLimiter;
use leadsquared_sink::{CallEnding, Limiter, Urgency};
use tokio::time::{Instant, sleep, timeout};

use crate::redis_server::redis_or_skip;
use crate::support::{Account, CALLS, MS, SECOND, connect, deliver, emulator, options};

async fn until_shared_is(expected: bool, limiters: &[RedisLimiter]) {
    for limiter in limiters {
        let mut shared = limiter.watch_shared();
        let turned = shared.wait_for(|shared| *shared == expected);
        timeout(30 * SECOND, turned).await.unwrap().unwrap();
        assert_eq!(limiter.is_shared(), expected);
    }
}

/// The calls that arrived in the last so much time.
fn calls_within(emulator: &Emulator, from: Duration) -> usize {
    let calls = emulator.calls();
    calls.iter().filter(|call| call.at >= from).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_each_keeps_to_its_share_and_with_it_they_share_again() {
    let mut redis = redis_or_skip!();
    let emulator = emulator().await;
    let started = Instant::now();
    let one = connect(&redis.url(), "10/1s", 2).await;
    let other = connect(&redis.url(), "10/1s", 2).await;
    let limiters = [one.clone(), other.clone()];
    let account = Account::of(&emulator);
    let delivering = [("one", one), ("other", other)].map(|(who, limiter)| {
        let account = account.clone();
        tokio::spawn(async move { deliver(&account, limiter, who, 130).await })
    });
    emulator.wait_for_calls(30).await;

    // In the middle of it.
    redis.kill();
    until_shared_is(false, &limiters).await;
    let gone = started.elapsed();
    sleep(8 * SECOND).await;
    let alone = calls_within(&emulator, gone + 2 * SECOND);
    println!("{alone} calls in about 5 s without Redis, after 3 s of quiet");
    assert!(alone >= 20, "{alone}");
    assert!(emulator.call_count() < 260, "not all done without Redis");

    redis.run().await;
    until_shared_is(true, &limiters).await;
    let back = started.elapsed();
    for delivering in delivering {
        let summary = delivering.await.unwrap();
        assert!(summary.is_complete(), "{summary:?}");
        assert_eq!((summary.created, summary.throttled), (130, 0));
    }
    assert!(calls_within(&emulator, back) > 0, "some after it is back");
    assert_eq!(emulator.lead_count(), 260);
    let most = emulator.max_calls_in_window(SECOND);
    assert!(most <= CALLS as usize, "{most}");
    until_shared_is(true, &limiters).await;
}

/// The control: it is the number of processes that keeps them inside the limit.
#[tokio::test(flavor = "multi_thread")]
async fn processes_that_dont_know_of_each_other_go_over_the_limit_without_redis() {
    let mut redis = redis_or_skip!();
    let emulator = emulator().await;
    let one = connect(&redis.url(), "10/1s", 1).await;
    let other = connect(&redis.url(), "10/1s", 1).await;
    redis.kill();
    until_shared_is(false, &[one.clone(), other.clone()]).await;
    let account = Account::of(&emulator);
    let (one, other) = tokio::join!(
        deliver(&account, one, "one", 30),
        deliver(&account, other, "other", 30)
    );
    assert!(one.throttled + other.throttled > 0);
    assert!(emulator.max_calls_in_window(SECOND) > CALLS as usize);
    assert!(one.is_complete() && other.is_complete());
}

#[tokio::test]
async fn a_short_absence_is_waited_out() {
    let mut redis = redis_or_skip!();
    let limiter = connect(&redis.url(), "1/6s", 4).await;
    let slot = limiter.acquire(Urgency::InTurn, 2 * SECOND).await;
    redis.kill();
    slot.complete(CallEnding::Accepted).await;
    let ended = Instant::now();
    assert!(!limiter.is_shared());
    redis.run().await;
    // Alone it would wait for two windows and a second. It is back before, and its call is in the
    // slots of a Redis that knew nothing of it.
    let _slot = limiter.acquire(Urgency::InTurn, 2 * SECOND).await;
    assert!(limiter.is_shared());
    assert!(ended.elapsed() >= 6 * SECOND);
}

#[tokio::test]
async fn nobody_calls_before_all_can_be_back() {
    let mut redis = redis_or_skip!();
    let limiter = connect(&redis.url(), "10/1s", 1).await;
    redis.kill();
    redis.run().await;
    until_shared_is(false, std::slice::from_ref(&limiter)).await;
    let missed = Instant::now();
    let _slot = limiter.acquire(Urgency::InTurn, SECOND).await;
    assert!(limiter.is_shared());
    // It was found at once, as it was running again.
    assert!(missed.elapsed() >= 1_900 * MS);
}

#[tokio::test]
async fn calls_on_their_way_are_told_to_a_redis_that_forgot_them() {
    let mut redis = redis_or_skip!();
    let limiter = connect(&redis.url(), "2/1s", 1).await;
    let _on_its_way = limiter.acquire(Urgency::InTurn, 60 * SECOND).await;
    redis.kill();
    redis.run().await;
    until_shared_is(false, std::slice::from_ref(&limiter)).await;
    until_shared_is(true, std::slice::from_ref(&limiter)).await;
    assert_eq!(limiter.slots_in_use(), 1);
    let mut connection = redis.connection().await;
    let mut command = redis::cmd("ZCARD");
    command.arg("leadsquared:{acme}:slots");
    let taken: usize = command.query_async(&mut connection).await.unwrap();
    assert_eq!(taken, 1);
}

#[tokio::test]
async fn a_redis_that_hangs_is_gone_too() {
    let redis = redis_or_skip!();
    let limiter = connect(&redis.url(), "10/1s", 1).await;
    redis.halt(true);
    let acquiring = limiter.acquire(Urgency::InTurn, SECOND);
    let slot = timeout(20 * SECOND, acquiring).await.unwrap();
    assert!(!limiter.is_shared());
    slot.complete(CallEnding::Accepted).await;
    redis.halt(false);
    until_shared_is(true, std::slice::from_ref(&limiter)).await;
}

#[tokio::test]
async fn a_redis_that_was_never_there_is_an_error() {
    let mut redis = redis_or_skip!();
    redis.kill();
    let start = Instant::now();
    let error = RedisLimiter::connect(options(&redis.url(), "10/1s", 1)).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains(&redis.port().to_string()), "{error}");
    assert!(start.elapsed() < 10 * SECOND + MS);
}
