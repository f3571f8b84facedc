//! Start, stop, time, and callers who hang up.

use std::error::Error as _;
use std::time::Duration;

use leadsquared_emulator::{Emulator, Error, Fault, Latency};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::client::{call, connect_and_send, leads, post, statuses};

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn after_shutdown_the_port_is_free_and_the_record_is_there() {
    let emulator = Emulator::start().await.unwrap();
    post(&emulator, leads(&["a@example.com"])).await;
    let clone = emulator.clone();
    emulator.shutdown().await;
    emulator.shutdown().await;
    assert!(TcpStream::connect(emulator.addr()).await.is_err());
    assert_eq!((clone.lead_count(), clone.call_count()), (1, 1));
    Emulator::builder()
        .listen(emulator.addr())
        .start()
        .await
        .expect("the port is free");
}

#[tokio::test]
async fn shutdown_waits_for_nobody() {
    let emulator = Emulator::start().await.unwrap();
    emulator.script(Fault::hang());
    let hanging = tokio::spawn(call(&emulator, leads(&["a@example.com"])).send());
    emulator.wait_for_calls(1).await;
    emulator.shutdown().await;
    assert!(hanging.await.unwrap().is_err());
}

#[tokio::test]
async fn shutdown_closes_idle_connections() {
    let emulator = Emulator::start().await.unwrap();
    let mut idle = TcpStream::connect(emulator.addr()).await.unwrap();
    // A call on a second connection: by then the first is accepted.
    post(&emulator, leads(&["a@example.com"])).await;
    emulator.shutdown().await;
    assert_eq!(idle.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_stored_after_shutdown() {
    let latency = Latency {
        service: MINUTE,
        ..Latency::default()
    };
    let emulator = Emulator::builder().latency(latency).start().await.unwrap();
    let _connection = connect_and_send(&emulator).await;
    emulator.wait_for_calls(1).await;
    emulator.shutdown().await;
    sleep(60 * MINUTE).await;
    assert_eq!(
        (emulator.lead_count(), statuses(&emulator)),
        (0, vec![None])
    );
}

#[tokio::test]
async fn it_stops_when_the_last_handle_is_dropped() {
    let emulator = Emulator::start().await.unwrap();
    let (addr, clone) = (emulator.addr(), emulator.clone());
    drop(emulator);
    assert_eq!(post(&clone, leads(&["a@example.com"])).await.status, 200);
    drop(clone);
    while TcpStream::connect(addr).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_taken_address_is_named() {
    let emulator = Emulator::start().await.unwrap();
    let error = Emulator::builder()
        .listen(emulator.addr())
        .start()
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("can't listen on {}", emulator.addr())
    );
    assert!(error.source().is_some());
}

#[tokio::test]
async fn a_limit_of_nothing_is_refused() {
    for (calls, window) in [(0, MINUTE), (1, Duration::ZERO)] {
        let error = Emulator::builder()
            .rate_limit(calls, window)
            .start()
            .await
            .unwrap_err();
        assert!(matches!(error, Error::RateLimit { .. }), "{error}");
        let unlimited = Emulator::builder()
            .rate_limit(calls, window)
            .no_rate_limit();
        assert!(unlimited.start().await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_counted_after_the_way_there_and_answered_after_the_way_back() {
    let latency = Latency {
        inbound: MINUTE,
        service: 10 * MINUTE,
        outbound: 100 * MINUTE,
        ..Latency::default()
    };
    let emulator = Emulator::builder()
        .rate_limit(1, 1000 * MINUTE)
        .latency(latency);
    let emulator = emulator.start().await.unwrap();
    let start = Instant::now();
    assert_eq!(post(&emulator, leads(&["a@example.com"])).await.status, 200);
    assert_eq!(start.elapsed(), 111 * MINUTE);
    assert_eq!(emulator.calls()[0].at, MINUTE);

    assert_eq!(post(&emulator, leads(&["a@example.com"])).await.status, 429);
    assert_eq!(
        start.elapsed(),
        (111 + 101) * MINUTE,
        "a throttled call is no work"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_is_carried_out_though_its_caller_hangs_up() {
    let latency = Latency {
        inbound: MINUTE,
        service: MINUTE,
        ..Latency::default()
    };
    let emulator = Emulator::builder().latency(latency).start().await.unwrap();
    let connection = connect_and_send(&emulator).await;
    emulator.wait_for_calls(1).await;
    assert_eq!(emulator.lead_count(), 0);
    drop(connection);
    sleep(MINUTE / 2).await;
    assert_eq!(emulator.lead_count(), 0);
    sleep(MINUTE).await;
    assert_eq!(emulator.lead_count(), 1);
    assert_eq!(statuses(&emulator), [Some(200)]);
}

#[tokio::test]
async fn calls_on_one_connection_are_answered_one_after_another() {
    let emulator = Emulator::start().await.unwrap();
    let client = reqwest::Client::new();
    for n in 0..3 {
        let request = call(&emulator, leads(&[&format!("{n}@example.com")]))
            .build()
            .unwrap();
        assert_eq!(client.execute(request).await.unwrap().status(), 200);
    }
    let numbers: Vec<_> = emulator.calls().iter().map(|call| call.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn at_full_tilt_the_record_is_in_order_and_the_limit_holds() {
    let hour = 60 * MINUTE;
    let emulator = Emulator::builder()
        .rate_limit(40, hour)
        .start()
        .await
        .unwrap();
    let calls = (0..120).map(|n| {
        let request = call(&emulator, leads(&[&format!("{n}@example.com")]));
        tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
    });
    let calls: Vec<_> = calls.collect();
    let mut accepted = 0;
    for call in calls {
        accepted += usize::from(call.await.unwrap() == 200);
    }
    assert_eq!((accepted, emulator.lead_count()), (40, 40));
    assert_eq!(emulator.max_accepted_in_window(hour), 40);
    assert_eq!(emulator.max_calls_in_window(hour), 120);
    assert!(
        emulator
            .calls()
            .is_sorted_by(|a, b| a.at <= b.at && a.number + 1 == b.number)
    );
}
