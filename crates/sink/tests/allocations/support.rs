//! Leads of a size, and a transport that looks on.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use async_trait::async_trait;
use bytes::Bytes;
use leadsquared_sink::{
    Answer, LeadSink, Sink, SinkConfigBuilder, Summary, Transport, TransportError,
};

use crate::counting::{Counts, counts};

/// Leads in a full call.
pub(crate) const LEADS: u32 = 50;
pub(crate) const QUEUE: usize = 2;
pub(crate) const CONCURRENCY: usize = 4;
/// The most payloads that ever exist: queued, on their way, and the one that is being filled.
pub(crate) const PAYLOADS: usize = QUEUE + CONCURRENCY + 1;

/// Leads with these phone numbers and a note of `note` bytes each.
pub(crate) fn leads(numbers: Range<u32>, note: usize) -> RecordBatch {
    leads_with(numbers, |_| note)
}

/// Leads with these phone numbers and a note of as many bytes as `note` says.
pub(crate) fn leads_with(numbers: Range<u32>, note: impl Fn(u32) -> usize) -> RecordBatch {
    let notes = numbers.clone().map(|number| "n".repeat(note(number)));
    let notes = StringArray::from_iter_values(notes);
    let phones =
        StringArray::from_iter_values(numbers.map(|number| (1_000_000_000 + number).to_string()));
    RecordBatch::try_from_iter([
        ("Phone", Arc::new(phones) as ArrayRef),
        ("Notes", Arc::new(notes)),
    ])
    .unwrap()
}

/// What a transport does with a body when its call is over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bodies {
    LetGo,
    /// Keeps a clone, so that nothing can come back: the control.
    Kept,
}

/// A transport that notes what was allocated until each call.
pub(crate) struct Watched<T> {
    transport: T,
    bodies: Bodies,
    kept: Mutex<Vec<Bytes>>,
    until_call: Mutex<Vec<Counts>>,
}

impl<T: Transport> Watched<T> {
    /// A transport for no more than `calls`.
    pub(crate) fn new(transport: T, bodies: Bodies, calls: usize) -> Arc<Self> {
        Arc::new(Self {
            transport,
            bodies,
            // Made ahead, so that looking on allocates nothing.
            kept: Mutex::new(Vec::with_capacity(calls)),
            until_call: Mutex::new(Vec::with_capacity(calls)),
        })
    }

    /// What was allocated from the start of one call to the start of another.
    pub(crate) fn between(&self, calls: &Range<usize>) -> Counts {
        let until = self.until_call.lock().unwrap();
        until[calls.end] - until[calls.start]
    }

    /// How much large memory was alive at the start of each call.
    pub(crate) fn large_alive(&self) -> Vec<i64> {
        let until = self.until_call.lock().unwrap();
        until.iter().map(|counts| counts.large_alive).collect()
    }
}

#[async_trait]
impl<T: Transport> Transport for Watched<T> {
    async fn post(&self, body: Bytes) -> Result<Answer, TransportError> {
        {
            let mut until_call = self.until_call.lock().unwrap();
            assert!(until_call.len() < until_call.capacity());
            until_call.push(counts());
        }
        if self.bodies == Bodies::Kept {
            self.kept.lock().unwrap().push(body.clone());
        }
        self.transport.post(body).await
    }
}

/// A sink with the [`QUEUE`] and [`CONCURRENCY`] of these tests.
pub(crate) fn sink(config: SinkConfigBuilder) -> LeadSink {
    let config = config
        .with_queue(NonZeroUsize::new(QUEUE).unwrap())
        .with_concurrency(NonZeroUsize::new(CONCURRENCY).unwrap());
    LeadSink::start(config.build().unwrap()).unwrap()
}

/// Delivers the batch.
pub(crate) async fn deliver(config: SinkConfigBuilder, batch: RecordBatch) -> Summary {
    let mut sink = sink(config);
    sink.write(batch).await.unwrap();
    sink.close().await.unwrap();
    sink.summary()
}
