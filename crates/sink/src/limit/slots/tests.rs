//! Exact send times, in paused time.

use tokio::time::{advance, sleep};

use super::*;
use crate::Strategy;

const TIMEOUT: Duration = Duration::from_secs(30);

fn limit(calls: u32, millis: u64) -> RateLimit {
    RateLimit::new(calls.try_into().unwrap(), Duration::from_millis(millis)).unwrap()
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
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

/// How long a call takes, and how it ends.
#[derive(Clone, Copy)]
enum Trip {
    Ends(u64, CallEnding),
    /// Its future is dropped.
    Dropped(u64),
}

fn accepted(millis: u64) -> Trip {
    Trip::Ends(millis, CallEnding::Accepted)
}

/// When calls that make these trips are sent, in ms; all of them wait from the start.
async fn sent(limiter: &SlotLimiter, trips: impl IntoIterator<Item = Trip>) -> Vec<u128> {
    let start = Instant::now();
    let mut times = Vec::new();
    for trip in trips {
        let slot = limiter.acquire(Urgency::InTurn, ms(3_000)).await;
        times.push(now(start));
        tokio::spawn(async move {
            match trip {
                Trip::Ends(millis, ending) => {
                    sleep(ms(millis)).await;
                    slot.complete(ending).await;
                }
                Trip::Dropped(millis) => {
                    sleep(ms(millis)).await;
                    drop(slot);
                }
            }
        });
    }
    times
}

fn strict(limit: RateLimit) -> SlotLimiter {
    SlotLimiter::with_options(SlotOptions::new(limit).with_strategy(Strategy::Strict))
}

#[tokio::test(start_paused = true)]
async fn window_after_window_at_limits_of_1_10_and_72() {
    for (calls, window) in [(1, 5_000), (10, 5_000), (72, 7_200)] {
        let trips = vec![accepted(100); 3 * calls as usize];
        let times = sent(&strict(limit(calls, window)), trips).await;
        let pace = u128::from(window) / 2 / u128::from(calls);
        let expected = (0..3_u128).flat_map(|round| {
            let start = round * (u128::from(window) + 100);
            (0..u128::from(calls)).map(move |call| start + call * pace)
        });
        assert_eq!(times, expected.collect::<Vec<_>>(), "{calls}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_holds_up_its_own_slot_and_no_other() {
    let trips = [2_000, 100, 100, 100, 100, 100].map(accepted);
    let times = sent(&strict(limit(3, 3_000)), trips).await;
    // The second and third slots are free at 3600 and 4100, the first at 5000.
    assert_eq!(times, [0, 500, 1_000, 3_600, 4_100, 5_000]);
}

#[tokio::test(start_paused = true)]
async fn answers_in_another_order_free_their_slots_in_that_order() {
    let trips = [1_500, 900, 200, 100, 100, 100].map(accepted);
    let times = sent(&strict(limit(3, 3_000)), trips).await;
    assert_eq!(times, [0, 500, 1_000, 4_200, 4_700, 5_200]);
    let trips = [2_900, 1_900, 100, 100, 100, 100].map(accepted);
    let times = sent(&strict(limit(3, 3_000)), trips).await;
    assert_eq!(times, [0, 500, 1_000, 4_100, 5_400, 5_900]);
}

#[tokio::test(start_paused = true)]
async fn lost_and_dropped_calls_hold_their_slots_for_their_time_out_and_a_window() {
    for (first, free_at) in [
        (Trip::Dropped(0), 3_000 + 1_000),
        (Trip::Dropped(700), 3_000 + 1_000),
        (Trip::Ends(700, CallEnding::Ended), 700 + 1_000),
        (Trip::Ends(700, CallEnding::NeverSent), 700),
        (
            Trip::Ends(700, CallEnding::Throttled { limit: None }),
            700 + 1_000,
        ),
    ] {
        let times = sent(&strict(limit(1, 1_000)), [first, accepted(100)]).await;
        // A call that was throttled makes sends a whole window apart, which they are anyway.
        assert_eq!(times, [0, free_at]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttle_that_names_a_lower_limit_slows_down_at_once() {
    let limiter = SlotLimiter::new(limit(25, 5_000));
    let learned = limit(2, 5_000);
    let throttled = CallEnding::Throttled {
        limit: Some(learned),
    };
    let trips = [accepted(50), accepted(50), Trip::Ends(50, throttled)];
    let times = sent(&limiter, trips).await;
    assert_eq!(times, [0, 100, 200]);
    sleep(ms(51)).await;
    assert_eq!(limiter.limit(), learned);
    assert_eq!(limiter.slots_in_use(), 3);
    // At 251 now: the second call's slot is free at 5150.
    assert_eq!(sent(&limiter, [accepted(50)]).await, [4_899]);
}

#[tokio::test(start_paused = true)]
async fn balanced_gives_slots_back_earlier_by_the_floor() {
    let limiter = SlotLimiter::new(limit(5, 1_000));
    let trips = vec![accepted(100); 5];
    assert_eq!(sent(&limiter, trips).await, [0, 100, 200, 300, 400]);
    sleep(ms(101)).await;
    // At 501 now. All took 100 ms: the floor is 100 ms, and the first slot is free at 1000.
    assert_eq!(sent(&limiter, [accepted(88)]).await, [499]);
    sleep(ms(89)).await;
    // At 1089 now. A round trip of 88 ms acts at once on calls that ended before. The mean is 98 ms,
    // the margin 3 x 10 ms / cbrt(6), so that the floor is 71.5 ms: the second slot is free at
    // 200 + 1000 - 71.5.
    assert_eq!(sent(&limiter, [accepted(88)]).await, [1_129 - 1_089]);
}

#[tokio::test(start_paused = true)]
async fn the_share_goes_up_while_somebody_waits() {
    let limiter = strict(limit(2, 60_000));
    let throttled = Trip::Ends(0, CallEnding::Throttled { limit: None });
    // What was there before us is over.
    assert_eq!(sent(&limiter, [accepted(0)]).await, [0]);
    sleep(ms(60_000)).await;
    assert_eq!(sent(&limiter, [throttled]).await, [0]);
    tokio::task::yield_now().await;
    // One call is left to us, and the throttled one holds it for a minute; after ten seconds
    // there are two, at the full pace of 30 s.
    assert_eq!(sent(&limiter, [accepted(0)]).await, [30_000]);
}
