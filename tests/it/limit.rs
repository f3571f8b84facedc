//! One account, several sinks.

use std::sync::Arc;
use std::time::Duration;

use futures::stream;
use leadsquared::arrow::array::{ArrayRef, RecordBatch, StringArray};
use leadsquared::{LeadSink, PayloadLimits, RateLimit, SinkConfig, SinkExt, SlotLimiter, Summary};
use leadsquared_emulator::Emulator;

use crate::helpers::keys;

const CALLS: u32 = 10;
const WINDOW: Duration = Duration::from_millis(200);
/// Of each of the two sinks.
const LEADS: usize = 200;
const LEADS_A_CALL: usize = 5;

async fn emulator() -> Emulator {
    Emulator::builder()
        .rate_limit(CALLS, WINDOW)
        .start()
        .await
        .unwrap()
}

fn limiter() -> SlotLimiter {
    let limit: RateLimit = "10/200ms".parse().unwrap();
    assert_eq!((limit.calls().get(), limit.per()), (CALLS, WINDOW));
    SlotLimiter::new(limit)
}

async fn deliver(emulator: &Emulator, limiter: SlotLimiter, who: &str) -> Summary {
    let emails: StringArray = (0..LEADS)
        .map(|lead| Some(format!("{who}{lead}@example.com")))
        .collect();
    let batch =
        RecordBatch::try_from_iter([("EmailAddress", Arc::new(emails) as ArrayRef)]).unwrap();
    let config = SinkConfig::new(emulator.url(), keys(emulator))
        .with_limiter(Arc::new(limiter))
        .with_payload_limits(PayloadLimits::default().with_leads(LEADS_A_CALL))
        .build()
        .unwrap();
    let mut sink = LeadSink::start(config).unwrap();
    sink.drain(stream::iter([batch])).await.unwrap();
    sink.close().await.unwrap();
    sink.summary()
}

#[tokio::test]
async fn sinks_that_share_a_limiter_stay_inside_one_limit() {
    let emulator = emulator().await;
    let limiter = limiter();
    let (one, other) = tokio::join!(
        deliver(&emulator, limiter.clone(), "one"),
        deliver(&emulator, limiter, "other"),
    );

    for summary in [one, other] {
        assert!(summary.balances());
        assert!(summary.is_complete());
        assert_eq!(summary.created, LEADS as u64);
        assert_eq!(summary.throttled, 0);
    }
    assert_eq!(emulator.lead_count(), 2 * LEADS);
    assert_eq!(emulator.call_count(), 2 * LEADS / LEADS_A_CALL);
    assert!(emulator.max_calls_in_window(WINDOW) <= CALLS as usize);
}

/// The control: what the test above sees is the sharing, not the emulator's patience.
#[tokio::test]
async fn sinks_with_a_limiter_each_go_over_the_limit_and_lose_nothing() {
    let emulator = emulator().await;
    let (one, other) = tokio::join!(
        deliver(&emulator, limiter(), "one"),
        deliver(&emulator, limiter(), "other"),
    );

    assert!(emulator.max_calls_in_window(WINDOW) > CALLS as usize);
    assert!(one.throttled + other.throttled > 0);
    assert!(one.is_complete() && other.is_complete());
    assert_eq!(emulator.lead_count(), 2 * LEADS);
    assert!(emulator.max_accepted_in_window(WINDOW) <= CALLS as usize);
}
