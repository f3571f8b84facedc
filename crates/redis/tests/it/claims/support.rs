//! Leads to deliver under a journal of claims.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use leadsquared_core::{LeadKey, Mapping, Origin, PayloadLimits, SourceBatch};
use leadsquared_redis::{ClaimsOptions, RedisClaims};
use leadsquared_sink::{
    Arrival, ClaimEnd, ClaimJournal, ClaimKey, Claims, Credentials, Error, Found, LeadSink,
    Outcome, SettledClaim, Sink, SinkConfig, Summary,
};
use rand::seq::SliceRandom;
use rand::{SeedableRng, rngs::StdRng};

use crate::support::{Account, MS, SECOND};

/// How many rows are in a batch.
const BATCH: usize = 40;
/// How many calls are on their way at once, and the leads in each.
pub(crate) const IN_FLIGHT: usize = 4 * 5;

pub(crate) async fn claims(url: &str) -> RedisClaims {
    claims_with(ClaimsOptions::new(url)).await
}

pub(crate) async fn claims_with(options: ClaimsOptions) -> RedisClaims {
    RedisClaims::connect(options).await.unwrap()
}

/// A row about this lead.
pub(crate) fn arrival(lead: u8, content: u64) -> Arrival {
    Arrival {
        lead: LeadKey::from_bytes([lead; LeadKey::BYTES]),
        content,
    }
}

pub(crate) fn key(lead: u8, occurrence: u32) -> ClaimKey {
    ClaimKey {
        lead: arrival(lead, 0).lead,
        occurrence,
    }
}

pub(crate) fn settled(key: ClaimKey, outcome: Outcome, id: u64) -> SettledClaim {
    SettledClaim {
        key,
        end: ClaimEnd {
            outcome,
            lead_id: (outcome == Outcome::Created)
                .then(|| format!("f81d4fae-7dec-11d0-a765-{id:012x}")),
            code: (outcome != Outcome::Created).then(|| "MXDuplicateEntryException".to_owned()),
            reason: (outcome != Outcome::Created).then(|| "it is there".to_owned()),
        },
    }
}

/// E-mail addresses of so many rows, two in ten of which are one lead's, in an order of the seed's.
pub(crate) fn emails(rows: usize, seed: u64) -> Vec<String> {
    let email = |row: usize| match row % 10 {
        9 => format!("lead-{}@example.com", row - 1),
        _ => format!("lead-{row}@example.com"),
    };
    let mut emails: Vec<String> = (0..rows).map(email).collect();
    emails.shuffle(&mut StdRng::seed_from_u64(seed));
    emails
}

/// How a delivery ended.
#[derive(Debug)]
pub(crate) struct Delivered {
    pub(crate) result: Result<(), String>,
    pub(crate) summary: Summary,
    pub(crate) found: Found,
    pub(crate) left: usize,
}

impl Delivered {
    /// How many rows have this outcome, found or not.
    pub(crate) fn of(&self, outcome: Outcome) -> u64 {
        self.summary.of(outcome) + self.found.of(outcome)
    }
}

/// Opens the delivery and runs it from its first row on.
pub(crate) async fn deliver(account: &Account, claims: &RedisClaims, rows: &[String]) -> Delivered {
    let opening = claims.open("statement/1").await.unwrap();
    let journal = Arc::new(ClaimJournal::new(opening, Mapping::new(), Arc::new(())));
    let keys = Credentials::new(&*account.access_key, &*account.secret_key);
    let config = SinkConfig::new(&*account.url, keys)
        .with_rate_limit("100/1s".parse().unwrap())
        .with_timeout(5 * SECOND)
        .with_concurrency(NonZeroUsize::new(4).unwrap())
        .with_payload_limits(PayloadLimits::default().with_leads(5))
        .with_journal(Arc::clone(&journal) as _)
        .build()
        .unwrap();
    let mut sink = LeadSink::start(config).unwrap();
    let written = write(&mut sink, &journal, rows).await;
    let closed = sink.close().await.map_err(|error| why(&error));
    Delivered {
        result: written.and(closed),
        summary: sink.summary(),
        found: journal.found(),
        left: journal.rows_on_their_way(),
    }
}

async fn write(sink: &mut LeadSink, journal: &ClaimJournal, rows: &[String]) -> Result<(), String> {
    let mut next = 1;
    for emails in rows.chunks(BATCH) {
        let column: ArrayRef = Arc::new(StringArray::from_iter_values(emails));
        let batch = RecordBatch::try_from_iter([("EmailAddress", column)]).unwrap();
        let source = SourceBatch::new(batch, Origin::new("query", next));
        next += emails.len() as u64;
        let admitted = journal
            .admit(source)
            .await
            .map_err(|error| error.to_string())?;
        sink.write(admitted).await.map_err(|error| why(&error))?;
    }
    Ok(())
}

fn why(error: &Error) -> String {
    match error {
        Error::Stopped(reason) => reason.to_string(),
        other => other.to_string(),
    }
}

/// An emulator that takes so long for each call, and keeps what was sent.
pub(crate) async fn emulator(service: Duration) -> leadsquared_emulator::Emulator {
    leadsquared_emulator::Emulator::builder()
        .no_rate_limit()
        .record_bodies(true)
        .latency(leadsquared_emulator::Latency {
            service,
            ..leadsquared_emulator::Latency::one_way(MS)
        })
        .start()
        .await
        .unwrap()
}
