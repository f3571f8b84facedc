//! Rows to send, an observer that remembers, and a transport in memory for tests of time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use async_trait::async_trait;
use bytes::Bytes;
use leadsquared_emulator::Emulator;
use leadsquared_sink::{
    Answer, Credentials, Error, LeadSink, Observer, Outcome, RowReport, Sink, SinkConfig,
    SinkConfigBuilder, Summary, Transport, TransportError,
};
use tokio::time::{Instant, sleep};

/// A batch of leads with these phone numbers.
pub(crate) fn phones(numbers: std::ops::Range<u32>) -> RecordBatch {
    let phones: ArrayRef = Arc::new(StringArray::from_iter_values(
        numbers.map(|number| number.to_string()),
    ));
    RecordBatch::try_from_iter([("Phone", phones)]).unwrap()
}

/// What an observer was told of one row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) row: u64,
    pub(crate) outcome: Outcome,
    pub(crate) lead_id: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) reason: Option<String>,
}

#[derive(Default)]
pub(crate) struct Memory {
    rows: Mutex<Vec<Seen>>,
}

impl Memory {
    /// What was seen, in the order of the rows.
    pub(crate) fn rows(&self) -> Vec<Seen> {
        let mut rows = self.rows.lock().unwrap().clone();
        rows.sort_by_key(|seen| seen.row);
        rows
    }

    pub(crate) fn outcomes(&self) -> Vec<Outcome> {
        self.rows().iter().map(|seen| seen.outcome).collect()
    }
}

impl Observer for Memory {
    fn row(&self, report: &RowReport<'_>) {
        self.rows.lock().unwrap().push(Seen {
            row: report.row.number,
            outcome: report.outcome,
            lead_id: report.lead_id.map(str::to_owned),
            code: report.code.map(str::to_owned),
            reason: report.reason.map(str::to_owned),
        });
    }
}

/// How a delivery ended.
pub(crate) struct Delivered {
    pub(crate) result: Result<(), Error>,
    pub(crate) summary: Summary,
    pub(crate) seen: Arc<Memory>,
}

impl Delivered {
    /// The rows with this outcome.
    pub(crate) fn count(&self, outcome: Outcome) -> u64 {
        self.summary.of(outcome)
    }
}

/// Delivers batches and closes; checks the books against what the observer saw.
pub(crate) async fn deliver(config: SinkConfigBuilder, batches: Vec<RecordBatch>) -> Delivered {
    let seen = Arc::new(Memory::default());
    let observer: Arc<dyn Observer> = Arc::clone(&seen) as Arc<dyn Observer>;
    let mut sink = LeadSink::start(config.with_observer(observer).build().unwrap()).unwrap();
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let mut written = Ok(());
    for batch in batches {
        written = written.and(sink.write(batch).await);
    }
    let closed = sink.close().await;
    let summary = sink.summary();

    assert!(summary.balances(), "{summary:?}");
    assert_eq!(summary.read, rows as u64);
    let numbers: Vec<u64> = seen.rows().iter().map(|seen| seen.row).collect();
    assert_eq!(
        numbers,
        (1..=rows as u64).collect::<Vec<_>>(),
        "one report for each row"
    );
    for outcome in Outcome::ALL {
        let reports = seen
            .outcomes()
            .into_iter()
            .filter(|&seen| seen == outcome)
            .count();
        assert_eq!(summary.of(outcome), reports as u64, "{outcome}");
    }
    Delivered {
        result: written.and(closed),
        summary,
        seen,
    }
}

/// Settings for an emulator, with short waits between attempts.
pub(crate) fn to(emulator: &Emulator) -> SinkConfigBuilder {
    let keys = Credentials::new(emulator.access_key(), emulator.secret_key());
    hurried(SinkConfig::new(emulator.url(), keys)).with_rate_limit("1000/1s".parse().unwrap())
}

pub(crate) fn hurried(config: SinkConfigBuilder) -> SinkConfigBuilder {
    let brief = Duration::from_millis(1);
    config.with_retry(
        leadsquared_sink::RetryPolicy::default()
            .with_attempts(4)
            .with_backoff(brief, brief),
    )
}

/// What a transport in memory does with a call.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Creates every lead.
    Create,
    /// Answers this.
    Answer(u16, &'static str),
    /// Never connects.
    Refuse,
    /// Goes out, and no answer comes.
    Lose,
}

/// A server in memory: replies in the order of its script, then creates everything.
pub(crate) struct InMemory {
    round_trip: Duration,
    script: Mutex<VecDeque<Reply>>,
    always: Reply,
    sent: Mutex<Vec<Instant>>,
}

impl InMemory {
    pub(crate) fn new(script: impl IntoIterator<Item = Reply>, always: Reply) -> Arc<Self> {
        Arc::new(Self {
            round_trip: Duration::from_millis(100),
            script: Mutex::new(script.into_iter().collect()),
            always,
            sent: Mutex::default(),
        })
    }

    /// When each call was sent, in ms since the first.
    pub(crate) fn sent(&self) -> Vec<u128> {
        let sent = self.sent.lock().unwrap();
        sent.iter().map(|at| (*at - sent[0]).as_millis()).collect()
    }
}

#[async_trait]
impl Transport for InMemory {
    async fn post(&self, body: Bytes) -> Result<Answer, TransportError> {
        self.sent.lock().unwrap().push(Instant::now());
        let reply = self
            .script
            .lock()
            .unwrap()
            .pop_front()
            .unwrap_or_else(|| self.always.clone());
        sleep(self.round_trip).await;
        let host = "memory".to_owned();
        let (status, body) = match reply {
            Reply::Create => (200, create_all(&body)),
            Reply::Answer(status, body) => (status, body.to_owned()),
            Reply::Refuse => {
                return Err(TransportError::Connect {
                    host,
                    cause: "refused".to_owned(),
                });
            }
            Reply::Lose => {
                return Err(TransportError::Broken {
                    host,
                    cause: "reset".to_owned(),
                });
            }
        };
        Ok(Answer {
            status,
            retry_after: None,
            body: body.into(),
        })
    }
}

fn create_all(body: &[u8]) -> String {
    let leads: Vec<serde_json::Value> = serde_json::from_slice(body).unwrap();
    let row =
        |number| format!(r#"{{"RowNumber":{number},"LeadId":"id-{number}","LeadCreated":true}}"#);
    let rows: Vec<String> = (1..=leads.len()).map(row).collect();
    format!("[{}]", rows.join(","))
}
