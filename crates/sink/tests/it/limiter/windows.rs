//! Whatever the network does: no window holds more calls than the limit.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use leadsquared_sink::{
    CallEnding, Limiter, RateLimit, SlotLimiter, SlotOptions, Strategy as When, Urgency,
};
use proptest::prelude::*;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::simulation::fullest;

const TIMEOUT: u64 = 5_000;
const WINDOW: Duration = Duration::from_secs(5);

/// One call: how long until its end, and at which part of that time the server counts it.
#[derive(Clone, Copy, Debug)]
struct Trip {
    takes: u64,
    counted: f64,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Accepted,
    Ended,
    /// Its future is dropped, and the server counts it when it likes until the time-out.
    Dropped,
    Throttled,
    /// Throttled, and the limit is named that the case has to be learned.
    Named,
}

/// Mostly the extremes: counted as late as can be, so that the next one comes close behind if it is
/// counted as early as can be.
fn trip() -> impl Strategy<Value = Trip> {
    let end = prop_oneof![
        20 => Just(End::Accepted),
        4 => Just(End::Ended),
        3 => Just(End::Dropped),
        1 => Just(End::Throttled),
        1 => Just(End::Named),
    ];
    let counted = prop::sample::select(vec![0.0, 0.5, 1.0]);
    (0..TIMEOUT, counted, end).prop_map(|(takes, counted, end)| Trip {
        takes,
        counted,
        end,
    })
}

/// When a call was sent and counted, since the start.
#[derive(Clone, Copy, Debug)]
struct Counted {
    sent: Duration,
    at: Duration,
}

/// What the server counts, refused calls as well; and when the named limit was learned.
async fn counted(
    limit: RateLimit,
    named: Option<RateLimit>,
    trips: Vec<Trip>,
) -> (Vec<Counted>, Option<Duration>) {
    let start = Instant::now();
    let options = SlotOptions::new(limit).with_strategy(When::Strict);
    let limiter = SlotLimiter::with_options(options);
    let learned = Arc::new(Mutex::new(None));
    let mut calls = JoinSet::new();
    for trip in trips {
        let limiter = limiter.clone();
        let learned = Arc::clone(&learned);
        calls.spawn(async move {
            let timeout = Duration::from_millis(TIMEOUT);
            let slot = limiter.acquire(Urgency::InTurn, timeout).await;
            let sent = start.elapsed();
            let takes = Duration::from_millis(trip.takes);
            sleep(takes).await;
            let ending = match trip.end {
                End::Dropped => {
                    drop(slot);
                    let at = sent + timeout.mul_f64(trip.counted);
                    return Counted { sent, at };
                }
                End::Accepted => CallEnding::Accepted,
                End::Ended => CallEnding::Ended,
                End::Throttled => CallEnding::Throttled { limit: None },
                End::Named => CallEnding::Throttled { limit: named },
            };
            let lesson = slot.complete(ending).await;
            if lesson.limit.is_some() {
                *learned.lock().unwrap() = Some(start.elapsed());
            }
            let at = sent + takes.mul_f64(trip.counted);
            Counted { sent, at }
        });
    }
    let mut counted = calls.join_all().await;
    counted.sort_unstable_by_key(|call| call.at);
    let learned = *learned.lock().unwrap();
    (counted, learned)
}

fn in_paused_time<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(future)
}

/// The most calls in any half-open window of this length that holds one which was sent after `since`.
fn fullest_since(counted: &[Counted], since: Duration, window: Duration) -> usize {
    let inside = |from: Duration| {
        let inside = counted
            .iter()
            .filter(move |call| call.at >= from && call.at < from + window);
        let concerned = inside.clone().any(|call| call.sent > since);
        if concerned { inside.count() } else { 0 }
    };
    counted
        .iter()
        .map(|call| inside(call.at))
        .max()
        .unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn strict_never_puts_more_than_the_limit_in_a_window(
        calls in prop::sample::select(vec![1_u32, 2, 5, 10, 20, 25]),
        trips in prop::collection::vec(trip(), 1..80),
    ) {
        let limit = RateLimit::new(calls.try_into().unwrap(), WINDOW).unwrap();
        let (counted, _) = in_paused_time(counted(limit, None, trips));
        let moments: Vec<Duration> = counted.iter().map(|call| call.at).collect();
        prop_assert!(fullest(&moments, WINDOW) <= calls, "{counted:?}");
    }

    /// From the moment on at which a limit is learned, no window that holds a call sent since has
    /// more than that, earlier calls included.
    #[test]
    fn a_learned_limit_is_kept_from_the_next_send_on(
        calls in prop::sample::select(vec![5_u32, 10, 20, 25]),
        named in (1_u32..10, 1_u64..20),
        trips in prop::collection::vec(trip(), 20..80),
    ) {
        let limit = RateLimit::new(calls.try_into().unwrap(), WINDOW).unwrap();
        let per = Duration::from_secs(named.1);
        let named = RateLimit::new(named.0.try_into().unwrap(), per).unwrap();
        let (counted, learned) = in_paused_time(counted(limit, Some(named), trips));
        if let Some(learned) = learned {
            let most = fullest_since(&counted, learned, per);
            prop_assert!(most <= named.calls().get() as usize, "{most} of {named}: {counted:?}");
        }
    }
}
