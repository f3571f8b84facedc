//! Ours: one row at a time.

use leadsquared::MAX_LEADS;

use super::Way;
use crate::support::DataSet;

/// [`leadsquared::BoundBatch::encode`] into a buffer that is used again after each 50 leads.
pub(crate) struct Rows<'a> {
    data: &'a DataSet,
    out: Vec<u8>,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(data: &'a DataSet) -> Self {
        let out = Vec::new();
        Self { data, out }
    }
}

impl Way for Rows<'_> {
    fn encode(&mut self, take: &mut dyn FnMut(&[u8])) {
        let out = &mut self.out;
        for batch in &self.data.batches {
            let bound = self.data.plan.bind(batch).unwrap();
            out.clear();
            for row in 0..bound.num_rows() {
                bound.encode(row, out).unwrap();
                if row % MAX_LEADS == MAX_LEADS - 1 {
                    take(out);
                    out.clear();
                }
            }
            take(out);
        }
    }
}
