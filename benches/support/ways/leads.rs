//! Ours: whole batches, lead after lead.

use leadsquared::MAX_LEADS;

use super::Way;
use crate::support::DataSet;

/// [`leadsquared::Leads`] into a buffer that is used again after each 50 leads.
pub(crate) struct Leads<'a> {
    data: &'a DataSet,
    out: Vec<u8>,
}

impl<'a> Leads<'a> {
    pub(crate) fn new(data: &'a DataSet) -> Self {
        let out = Vec::new();
        Self { data, out }
    }
}

impl Way for Leads<'_> {
    fn encode(&mut self, take: &mut dyn FnMut(&[u8])) {
        let out = &mut self.out;
        for batch in &self.data.batches {
            let mut leads = self.data.plan.bind(batch).unwrap().into_leads();
            out.clear();
            let mut count = 0;
            while let Some(lead) = leads.append_next(out) {
                lead.unwrap();
                count += 1;
                if count == MAX_LEADS {
                    take(out);
                    out.clear();
                    count = 0;
                }
            }
            take(out);
        }
    }
}
