//! Exact send times, in paused time.

use proptest::prelude::*;
use tokio::time::{advance, sleep};

use super::*;

const TIMEOUT: Duration = Duration::from_secs(30);

fn limit(calls: u32, millis: u64) -> RateLimit {
    RateLimit::new(calls.try_into().unwrap(), Duration::from_millis(millis)).unwrap()
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn learn(limiter: &SlotLimiter, limit: RateLimit) -> bool {
    limiter.shared.lock().learn(limit)
}

/// The time since the test began.
fn now(start: Instant) -> u128 {
    start.elapsed().as_millis()
}

#[tokio::test(start_paused = true)]
async fn the_call_after_a_full_window_waits_for_the_first_answer_and_a_window() {
    let start = Instant::now();
    let limiter = SlotLimiter::new(limit(25, 5_000));
    for call in 0..25 {
        let slot = limiter.acquire(Urgency::InTurn, TIMEOUT).await;
        assert_eq!(now(start), call * 100, "half of 5 s / 25 apart");
        if call == 0 {
            // The first call's answer takes 300 ms; all others never come.
            tokio::spawn(async move {
                sleep(ms(300)).await;
                slot.complete(CallEnding::Accepted).await;
            });
        } else {
            std::mem::forget(slot);
        }
    }
    let _slot = limiter.acquire(Urgency::InTurn, TIMEOUT).await;
    assert_eq!(now(start), 300 + 5_000);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_slot_stays_taken_until_its_call_cant_have_been_counted() {
    let start = Instant::now();
    let limiter = SlotLimiter::new(limit(1, 1_000));
    drop(limiter.acquire(Urgency::InTurn, ms(700)).await);
    let _slot = limiter.acquire(Urgency::InTurn, ms(700)).await;
    assert_eq!(now(start), 700 + 1_000);
}

#[tokio::test(start_paused = true)]
async fn an_answer_frees_the_slot_earlier_than_those_who_wait_thought() {
    let start = Instant::now();
    let limiter = SlotLimiter::new(limit(1, 1_000));
    let slot = limiter.acquire(Urgency::InTurn, TIMEOUT).await;
    let waiting = tokio::spawn({
        let limiter = limiter.clone();
        async move { limiter.acquire(Urgency::InTurn, TIMEOUT).await }
    });
    sleep(ms(50)).await;
    slot.complete(CallEnding::Accepted).await;
    let _slot = waiting.await.unwrap();
    assert_eq!(now(start), 1_050);
}

#[tokio::test(start_paused = true)]
async fn turns_are_first_come_first_served_but_for_the_urgent() {
    let limiter = SlotLimiter::new(limit(1, 1_000));
    limiter
        .acquire(Urgency::InTurn, TIMEOUT)
        .await
        .complete(CallEnding::Accepted)
        .await;
    let (done, mut order) = tokio::sync::mpsc::unbounded_channel();
    for (name, urgency) in [
        ("a", Urgency::InTurn),
        ("b", Urgency::InTurn),
        ("first", Urgency::First),
    ] {
        let (limiter, done) = (limiter.clone(), done.clone());
        tokio::spawn(async move {
            limiter
                .acquire(urgency, TIMEOUT)
                .await
                .complete(CallEnding::Accepted)
                .await;
            done.send(name).unwrap();
        });
        advance(ms(1)).await;
    }
    drop(done);
    let mut names = Vec::new();
    while let Some(name) = order.recv().await {
        names.push(name);
    }
    assert_eq!(names, ["first", "a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_can_be_cancelled_without_holding_up_the_others() {
    let start = Instant::now();
    let limiter = SlotLimiter::new(limit(1, 1_000));
    limiter
        .acquire(Urgency::InTurn, TIMEOUT)
        .await
        .complete(CallEnding::Accepted)
        .await;
    for urgency in [Urgency::First, Urgency::InTurn] {
        let wait = limiter.acquire(urgency, TIMEOUT);
        assert!(tokio::time::timeout(ms(10), wait).await.is_err());
    }
    let _slot = limiter.acquire(Urgency::InTurn, TIMEOUT).await;
    assert_eq!(now(start), 1_000);
}

#[tokio::test(start_paused = true)]
async fn a_lower_limit_is_taken_over_and_a_higher_one_is_not() {
    let start = Instant::now();
    let limiter = SlotLimiter::new(limit(25, 5_000));
    for _ in 0..5 {
        limiter
            .acquire(Urgency::InTurn, TIMEOUT)
            .await
            .complete(CallEnding::Accepted)
            .await;
    }
    assert!(!learn(&limiter, limit(72, 5_000)));
    assert!(learn(&limiter, limit(2, 5_000)));
    assert_eq!(limiter.limit(), limit(2, 5_000));
    // Of the five calls, sent 100 ms apart, the last two hold the two slots.
    let _slot = limiter.acquire(Urgency::First, TIMEOUT).await;
    assert_eq!(now(start), 300 + 5_000);
}

#[tokio::test(start_paused = true)]
async fn a_longer_window_holds_slots_longer() {
    let start = Instant::now();
    let limiter = SlotLimiter::new(limit(1, 1_000));
    limiter
        .acquire(Urgency::InTurn, TIMEOUT)
        .await
        .complete(CallEnding::Accepted)
        .await;
    assert!(learn(&limiter, limit(1, 60_000)));
    let _slot = limiter.acquire(Urgency::InTurn, TIMEOUT).await;
    assert_eq!(now(start), 60_000);
}

/// One call of the property test: how long until the server counts it, and until its answer comes.
#[derive(Clone, Copy, Debug)]
struct Trip {
    counted: u64,
    answered: u64,
}

/// Mostly the extremes: counted as late as can be, so that the next one comes close behind if it is
/// counted as early as can be.
fn trip() -> impl Strategy<Value = Trip> {
    (0_u64..4_000, prop::sample::select(vec![0.0, 0.5, 1.0])).prop_map(|(answered, share)| Trip {
        counted: Duration::from_millis(answered)
            .mul_f64(share)
            .as_millis()
            .try_into()
            .unwrap(),
        answered,
    })
}

/// When the server counts each call, in ms, if `limiter` says when to send.
async fn counted_at(limit: RateLimit, trips: Vec<Trip>) -> Vec<u128> {
    let start = Instant::now();
    let limiter = SlotLimiter::new(limit);
    let mut calls = tokio::task::JoinSet::new();
    for trip in trips {
        let limiter = limiter.clone();
        calls.spawn(async move {
            let slot = limiter.acquire(Urgency::InTurn, TIMEOUT).await;
            sleep(ms(trip.counted)).await;
            let counted = now(start);
            sleep(ms(trip.answered - trip.counted)).await;
            slot.complete(CallEnding::Accepted).await;
            counted
        });
    }
    let mut counted = calls.join_all().await;
    counted.sort_unstable();
    counted
}

fn in_paused_time<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(future)
}

/// The most calls in any half-open window of `per`.
fn fullest(counted: &[u128], per: Duration) -> usize {
    let inside = |from: u128| {
        counted
            .iter()
            .filter(|&&at| at >= from && at < from + per.as_millis())
            .count()
    };
    counted.iter().map(|&from| inside(from)).max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever the delays, and whatever moment between send and answer the server counts.
    #[test]
    fn no_window_ever_holds_more_than_the_limit(
        calls in prop::sample::select(vec![1_u32, 2, 5, 10, 20, 25]),
        trips in prop::collection::vec(trip(), 1..80),
    ) {
        let limit = limit(calls, 5_000);
        let counted = in_paused_time(counted_at(limit, trips));
        prop_assert!(fullest(&counted, limit.per()) <= calls as usize, "{counted:?}");
    }
}

/// The negative control: the same measure finds a log of send times out.
#[test]
fn a_log_of_send_times_would_be_found_out() {
    // 25 calls at once, counted 40 ms later; 25 more exactly 5 s after, counted 20 ms later.
    let counted: Vec<u128> = (0..50)
        .map(|call| if call < 25 { 40 } else { 5_020 })
        .collect();
    assert_eq!(fullest(&counted, ms(5_000)), 50);
}
