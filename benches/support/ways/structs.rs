//! Serde structs that borrow from the batch.

use leadsquared::MAX_LEADS;

use super::Way;
use super::bulk::Body;
use super::columns::Columns;
use crate::support::DataSet;

/// What writes the structs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Library {
    SerdeJson,
    SonicRs,
}

/// The bodies of calls, serialized into a buffer that is used again after each.
pub(crate) struct Structs<'a> {
    data: &'a DataSet,
    library: Library,
    out: Vec<u8>,
}

impl<'a> Structs<'a> {
    pub(crate) fn new(data: &'a DataSet, library: Library) -> Self {
        Self {
            data,
            library,
            out: Vec::new(),
        }
    }
}

impl Way for Structs<'_> {
    fn encode(&mut self, take: &mut dyn FnMut(&[u8])) {
        for batch in &self.data.batches {
            let columns = &Columns::of(batch);
            for first in (0..batch.num_rows()).step_by(MAX_LEADS) {
                let end = batch.num_rows().min(first + MAX_LEADS);
                let rows = first..end;
                let body = Body { columns, rows };
                self.out.clear();
                match self.library {
                    Library::SerdeJson => serde_json::to_writer(&mut self.out, &body).unwrap(),
                    Library::SonicRs => sonic_rs::to_writer(&mut self.out, &body).unwrap(),
                }
                take(&self.out);
            }
        }
    }
}
