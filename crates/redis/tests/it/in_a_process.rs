//! One limiter, several tasks.

use std::time::Duration;

use leadsquared_sink::{CallEnding, Limiter, Urgency};
use tokio::time::{Instant, sleep, timeout};

use crate::redis_server::redis_or_skip;
use crate::support::{MS, SECOND, connect};

const TIMEOUT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn turns_are_first_come_first_served_but_for_the_urgent() {
    let redis = redis_or_skip!();
    let limiter = connect(&redis.url(), "1/300ms", 1).await;
    let slot = limiter.acquire(Urgency::InTurn, TIMEOUT).await;
    slot.complete(CallEnding::Accepted).await;
    let (done, mut order) = tokio::sync::mpsc::unbounded_channel();
    for (name, urgency) in [
        ("a", Urgency::InTurn),
        ("b", Urgency::InTurn),
        ("first", Urgency::First),
        ("second", Urgency::First),
        ("third", Urgency::First),
        ("fourth", Urgency::First),
    ] {
        let (limiter, done) = (limiter.clone(), done.clone());
        tokio::spawn(async move {
            let slot = limiter.acquire(urgency, TIMEOUT).await;
            done.send(name).unwrap();
            slot.complete(CallEnding::Accepted).await;
        });
        sleep(10 * MS).await;
    }
    drop(done);
    let mut names = Vec::new();
    while let Some(name) = order.recv().await {
        names.push(name);
    }
    assert_eq!(names, ["first", "second", "third", "fourth", "a", "b"]);
}

#[tokio::test]
async fn a_wait_can_be_cancelled_without_holding_up_the_others() {
    let redis = redis_or_skip!();
    let limiter = connect(&redis.url(), "1/500ms", 1).await;
    let slot = limiter.acquire(Urgency::InTurn, TIMEOUT).await;
    slot.complete(CallEnding::Accepted).await;
    let start = Instant::now();
    for urgency in [Urgency::First, Urgency::InTurn] {
        let wait = limiter.acquire(urgency, TIMEOUT);
        assert!(timeout(20 * MS, wait).await.is_err());
    }
    let _slot = timeout(20 * SECOND, limiter.acquire(Urgency::InTurn, TIMEOUT))
        .await
        .unwrap();
    assert!(start.elapsed() >= 450 * MS);
}

#[tokio::test]
async fn a_dropped_slot_is_free_when_its_call_cant_have_been_counted() {
    let redis = redis_or_skip!();
    let limiter = connect(&redis.url(), "1/300ms", 1).await;
    let start = Instant::now();
    drop(limiter.acquire(Urgency::InTurn, 200 * MS).await);
    let _slot = limiter.acquire(Urgency::InTurn, 200 * MS).await;
    // The time-out, the window, and the second that Redis may take to answer.
    assert!(start.elapsed() >= 1_500 * MS);
    assert!(limiter.is_shared());
}

#[tokio::test]
async fn a_completion_reaches_redis_though_nobody_waits_for_it() {
    let redis = redis_or_skip!();
    let limiter = connect(&redis.url(), "1/300ms", 1).await;
    let slot = limiter.acquire(Urgency::InTurn, TIMEOUT).await;
    let mut completing = Box::pin(slot.complete(CallEnding::Accepted));
    // Polled once, and given up.
    assert!(futures::poll!(completing.as_mut()).is_pending());
    drop(completing);
    timeout(20 * SECOND, limiter.acquire(Urgency::InTurn, TIMEOUT))
        .await
        .unwrap()
        .complete(CallEnding::Accepted)
        .await;
}

#[tokio::test]
async fn a_redis_that_has_forgotten_the_script_gets_it_again() {
    let redis = redis_or_skip!();
    let limiter = connect(&redis.url(), "10/1s", 1).await;
    for _ in 0..2 {
        let mut connection = redis.connection().await;
        let mut flush = redis::cmd("SCRIPT");
        flush.arg("FLUSH");
        flush.query_async::<()>(&mut connection).await.unwrap();
        let slot = limiter.acquire(Urgency::InTurn, TIMEOUT).await;
        slot.complete(CallEnding::Accepted).await;
        assert!(limiter.is_shared());
    }
    assert_eq!(limiter.slots_in_use(), 2);
}

#[tokio::test]
async fn the_task_that_looks_for_redis_ends_with_the_last_clone() {
    let redis = redis_or_skip!();
    let limiter = connect(&redis.url(), "10/1s", 1).await;
    let mut shared = limiter.watch_shared();
    drop(limiter.clone());
    // Until it has looked, at least once.
    sleep(1_500 * MS).await;
    assert!(shared.has_changed().is_ok());
    drop(limiter);
    let ended = timeout(10 * SECOND, shared.changed()).await.unwrap();
    assert!(ended.is_err(), "the sender is gone");
}
