//! Leads to deliver, and a sink for them.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use futures::stream;
use leadsquared_core::PayloadLimits;
use leadsquared_emulator::{Emulator, Latency};
use leadsquared_redis::{RedisLimiter, RedisOptions};
use leadsquared_sink::{
    Credentials, LeadSink, Limiter, RateLimit, SinkConfig, SinkExt, SlotOptions, Summary,
};

pub(crate) const MS: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// The limit of most tests: ten calls a second.
pub(crate) const CALLS: u32 = 10;

pub(crate) fn limit(text: &str) -> RateLimit {
    text.parse().unwrap()
}

pub(crate) fn options(url: &str, limit: &str, processes: u32) -> RedisOptions {
    RedisOptions::new(url, "acme", NonZeroU32::new(processes).unwrap())
        .with_slots(SlotOptions::new(limit.parse().unwrap()))
}

pub(crate) async fn connect(url: &str, limit: &str, processes: u32) -> RedisLimiter {
    RedisLimiter::connect(options(url, limit, processes))
        .await
        .unwrap()
}

/// Ten calls a second, each of which takes 40 to 70 ms.
pub(crate) async fn emulator() -> Emulator {
    slow_emulator(20 * MS).await
}

/// Ten calls a second, each of which takes this long and 20 to 50 ms.
pub(crate) async fn slow_emulator(service: Duration) -> Emulator {
    let latency = Latency {
        service,
        jitter: 10 * MS,
        ..Latency::one_way(10 * MS)
    };
    Emulator::builder()
        .rate_limit(CALLS, SECOND)
        .latency(latency)
        .start()
        .await
        .unwrap()
}

/// Where the calls go, and with which keys.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) url: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
}

impl Account {
    pub(crate) fn of(emulator: &Emulator) -> Self {
        Self {
            url: emulator.url(),
            access_key: emulator.access_key().to_owned(),
            secret_key: emulator.secret_key().to_owned(),
        }
    }
}

/// Delivers so many leads, a call each.
pub(crate) async fn deliver(
    account: &Account,
    limiter: impl Limiter + 'static,
    who: &str,
    leads: usize,
) -> Summary {
    let emails: StringArray = (0..leads)
        .map(|lead| Some(format!("{who}-{lead}@example.com")))
        .collect();
    let batch =
        RecordBatch::try_from_iter([("EmailAddress", Arc::new(emails) as ArrayRef)]).unwrap();
    let keys = Credentials::new(&*account.access_key, &*account.secret_key);
    let config = SinkConfig::new(&*account.url, keys)
        .with_limiter(Arc::new(limiter))
        .with_timeout(2 * SECOND)
        .with_payload_limits(PayloadLimits::default().with_leads(1))
        .build()
        .unwrap();
    let mut sink = LeadSink::start(config).unwrap();
    sink.drain(stream::iter([batch])).await.unwrap();
    sink.close().await.unwrap();
    sink.summary()
}
