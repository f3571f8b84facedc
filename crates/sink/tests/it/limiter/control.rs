//! The negative control: the measures that the slots pass find two other limiters out.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use leadsquared_sink::{CallEnding, Lease, Lesson, Limiter, RateLimit, Slot, Strategy, Urgency};
use tokio::sync::Mutex as Turnstile;
use tokio::time::{Instant, sleep_until};

use super::simulation::{Counting, Network, Server, WINDOW, busy, slots};

const CALLS: u32 = 25;

/// Sends when its clock says so, whatever becomes of the call.
struct Clockwork<F> {
    turn: Turnstile<F>,
}

/// It is told the time and says when to send.
impl<F: FnMut(Instant) -> Instant> Clockwork<F> {
    fn new(next: F) -> Self {
        Self {
            turn: Turnstile::new(next),
        }
    }
}

struct Nothing;

#[async_trait]
impl Lease for Nothing {
    async fn complete(self: Box<Self>, _: CallEnding) -> Lesson {
        Lesson::default()
    }
}

#[async_trait]
impl<F: FnMut(Instant) -> Instant + Send> Limiter for Clockwork<F> {
    fn limit(&self) -> RateLimit {
        RateLimit::default()
    }

    fn slots_in_use(&self) -> usize {
        0
    }

    async fn acquire(&self, _: Urgency, _: Duration) -> Slot {
        let mut next = self.turn.lock().await;
        sleep_until((*next)(Instant::now())).await;
        Slot::new(Box::new(Nothing))
    }
}

/// The log: the call 25 places back is a window old.
fn log_of_send_times() -> Arc<dyn Limiter> {
    let mut log = VecDeque::new();
    Arc::new(Clockwork::new(move |now: Instant| {
        let full = log.len() == CALLS as usize;
        let oldest = full.then(|| log.pop_front()).flatten();
        let send = oldest.map_or(now, |oldest: Instant| now.max(oldest + WINDOW));
        log.push_back(send);
        send
    }))
}

/// The token bucket, as it is mostly used: 25 at once, then one each 200 ms.
fn gcra_with_a_burst() -> Arc<dyn Limiter> {
    let step = WINDOW / CALLS;
    let mut due: Option<Instant> = None;
    Arc::new(Clockwork::new(move |now: Instant| {
        let arrival = due.map_or(now, |due| due.max(now));
        due = Some(arrival + step);
        now.max(arrival - step * (CALLS - 1))
    }))
}

/// How many calls of ten minutes are throttled, and the most in any window.
async fn measured(limiter: Arc<dyn Limiter>) -> (u32, u32) {
    let server = Arc::new(Mutex::new(Server::new(Counting::Sliding, CALLS)));
    busy(&limiter, &server, Network::TYPICAL, 600).await;
    let server = server.lock().unwrap();
    (server.throttled(true, 0..600), server.fullest())
}

#[tokio::test(start_paused = true)]
async fn what_the_slots_pass_a_log_of_send_times_and_a_burst_do_not() {
    for strategy in [Strategy::Strict, Strategy::Balanced] {
        assert_eq!(measured(slots(CALLS, strategy)).await, (0, CALLS));
    }
    for (name, limiter) in [("log", log_of_send_times()), ("burst", gcra_with_a_burst())] {
        let (throttled, fullest) = measured(limiter).await;
        println!("{name}: {throttled} throttled, {fullest} in a window");
        assert!(throttled > 30, "{name}: {throttled}");
        assert!(fullest > CALLS, "{name}: {fullest}");
    }
}
