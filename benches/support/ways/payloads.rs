//! Ours: payloads that could be posted as they are.

use leadsquared::{Origin, Payload, PayloadBuilder, SourceBatch};

use super::Way;
use crate::support::DataSet;

/// What becomes of a payload's memory once it is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Buffers {
    /// It goes back to the builder.
    Recycled,
    /// It is freed, and the next payload takes new memory.
    Fresh,
}

/// A [`PayloadBuilder`] that goes on from run to run.
pub(crate) struct Payloads<'a> {
    data: &'a DataSet,
    builder: PayloadBuilder,
    origin: Origin,
    buffers: Buffers,
}

impl<'a> Payloads<'a> {
    pub(crate) fn new(data: &'a DataSet, buffers: Buffers) -> Self {
        Self {
            data,
            builder: PayloadBuilder::new(data.mapping.clone()),
            origin: Origin::new(data.set.name(), 1),
            buffers,
        }
    }

    fn send(&mut self, payload: Payload, take: &mut dyn FnMut(&[u8])) {
        take(payload.body());
        if self.buffers == Buffers::Recycled {
            let (body, rows) = payload.into_parts();
            self.builder.recycle(body, rows);
        }
    }
}

impl Way for Payloads<'_> {
    fn encode(&mut self, take: &mut dyn FnMut(&[u8])) {
        for batch in &self.data.batches {
            let source = SourceBatch::new(batch.clone(), self.origin.clone());
            self.builder.push(source).unwrap();
            while let Some(payload) = self.builder.next_payload() {
                self.send(payload, take);
            }
        }
        while let Some(payload) = self.builder.finish() {
            self.send(payload, take);
        }
    }
}
