//! Ten minutes, in virtual time: how much of the limit is used, and that nothing is throttled.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use leadsquared_sink::Strategy;

use super::simulation::{ALL, Counting, Jitter, Network, Server, busy, percent, slots};

/// What pacing costs at most, and the ends of a measurement, in points.
const SLACK: f64 = 1.5;

#[tokio::test(start_paused = true)]
async fn the_limit_is_used_as_the_formula_says_and_nothing_is_throttled() {
    for strategy in [Strategy::Strict, Strategy::Balanced] {
        for counting in ALL {
            for calls in [5, 25] {
                let server = Arc::new(Mutex::new(Server::new(counting, calls)));
                let limiter = slots(calls, strategy);
                let trips = busy(&limiter, &server, Network::TYPICAL, 600).await;
                let server = server.lock().unwrap();

                // Without the first window, in which no slot is waited for.
                let used = percent(server.accepted(true, 5..600), 119 * calls);
                let floor = match strategy {
                    Strategy::Strict => Duration::ZERO,
                    Strategy::Balanced => trips.floor.get(),
                };
                let bound = trips.bound(floor);
                println!("{strategy:?} {counting:?} {calls}: {used:.1} of {bound:.1} %");
                assert!(used >= bound - SLACK, "{strategy:?} {counting:?} {calls}");
                assert!(
                    used <= bound + 0.5,
                    "more than is possible: {used} of {bound}"
                );
                assert_eq!(server.throttled(true, 0..600), 0);
                assert!(server.fullest() <= calls);
            }
        }
    }
}

/// It assumes what the floor does: that a round trip's three parts have a least each, that those of
/// one call say nothing of the next one's, and that every call is counted at the same of its stages.
#[tokio::test(start_paused = true)]
async fn balanced_never_puts_more_than_the_limit_in_a_window() {
    for seed in 0..100_usize {
        for shape in [Jitter::Even, Jitter::Exponential] {
            let network = Network {
                one_way: [5, 40, 150][seed % 3],
                service: [20, 50, 400][seed / 3 % 3],
                jitter: [2, 20, 100][seed / 9 % 3],
                shape,
                seed: seed as u64,
            };
            let calls = [10, 25][seed % 2];
            let server = Arc::new(Mutex::new(Server::new(Counting::Sliding, calls)));
            busy(&slots(calls, Strategy::Balanced), &server, network, 60).await;
            let fullest = server.lock().unwrap().fullest();
            assert!(fullest <= calls, "{fullest} of {calls}: {network:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_lower_than_believed_costs_few_calls() {
    for counting in ALL {
        for strategy in [Strategy::Strict, Strategy::Balanced] {
            let server = Arc::new(Mutex::new(Server::new(counting, 10)));
            busy(&slots(25, strategy), &server, Network::TYPICAL, 60).await;
            let server = server.lock().unwrap();
            let used = percent(server.accepted(true, 0..60), 120);
            let throttled = server.throttled(true, 0..60);
            println!("{counting:?} {strategy:?}: {throttled} throttled, {used:.1} %");
            assert!(throttled <= 3, "{counting:?} {strategy:?}: {throttled}");
            assert!(used >= 90.0, "{counting:?} {strategy:?}: {used}");
        }
    }
}
