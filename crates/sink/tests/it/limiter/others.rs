//! Another program on the account, and a limit that nobody names.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use leadsquared_sink::Strategy;
use tokio::time::{Instant, interval};

use super::simulation::{Counting, Network, Server, busy, percent, slots};

/// Calls twice a second from one second to another, whatever comes back.
async fn another_program(server: Arc<Mutex<Server>>, from: u64, until: u64) {
    let start = Instant::now();
    tokio::time::sleep(Duration::from_secs(from)).await;
    let mut ticks = interval(Duration::from_millis(500));
    while start.elapsed() < Duration::from_secs(until) {
        ticks.tick().await;
        server.lock().unwrap().arrive(false);
    }
}

/// Twenty minutes with 10 of 25 taken by another program from one second to another.
async fn shared_from(from: u64, until: u64) -> Arc<Mutex<Server>> {
    let server = Arc::new(Mutex::new(Server::new(Counting::Sliding, 25)));
    let limiter = slots(25, Strategy::Balanced);
    let other = tokio::spawn(another_program(Arc::clone(&server), from, until));
    busy(&limiter, &server, Network::TYPICAL, 1_200).await;
    other.await.unwrap();
    server
}

#[tokio::test(start_paused = true)]
async fn we_give_way_to_another_program_and_climb_back_when_it_is_gone() {
    for from in [0, 60] {
        let server = shared_from(from, 600).await;
        let server = server.lock().unwrap();
        // 15 of 25 are ours, 180 a minute.
        let ours = server.accepted(true, 300..600);
        assert!(ours >= 5 * 180 * 93 / 100, "{ours}");
        assert!(server.throttled(true, 0..600) <= 15);
        assert!(server.throttled(true, 300..600) <= 6);
        // It keeps what it takes, but for what it lost before we had learned of it.
        assert!(server.throttled(false, 0..600) <= 15);
        assert_eq!(server.throttled(false, from + 60..600), 0);
        // All 25 are ours again within eight minutes.
        assert!(server.accepted(true, 1_080..1_200) >= 2 * 300 * 93 / 100);
        assert_eq!(server.throttled(true, 620..1_200), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lower_limit_that_nobody_names_is_found_as_if_others_took_the_rest() {
    let server = Arc::new(Mutex::new(Server::new(Counting::Sliding, 10).silent()));
    busy(
        &slots(25, Strategy::Balanced),
        &server,
        Network::TYPICAL,
        600,
    )
    .await;
    let server = server.lock().unwrap();
    let used = percent(server.accepted(true, 0..600), 1_200);
    let throttled = server.throttled(true, 0..600);
    println!("{throttled} throttled, {used:.1} %");
    assert!(throttled <= 10, "{throttled}");
    assert!(used >= 93.0, "{used}");
}
