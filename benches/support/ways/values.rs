//! A `serde_json::Value` for each lead: the way that comes to mind first.

use std::convert::Infallible;

use leadsquared::MAX_LEADS;
use serde_json::{Value, json};

use super::Way;
use super::bulk::Attribute;
use super::columns::Columns;
use super::text::Text;
use crate::support::DataSet;

/// The bodies of calls as values, serialized into a buffer that is used again after each.
pub(crate) struct Values<'a> {
    data: &'a DataSet,
    out: Vec<u8>,
}

impl<'a> Values<'a> {
    pub(crate) fn new(data: &'a DataSet) -> Self {
        let out = Vec::new();
        Self { data, out }
    }
}

impl Way for Values<'_> {
    fn encode(&mut self, take: &mut dyn FnMut(&[u8])) {
        for batch in &self.data.batches {
            let columns = Columns::of(batch);
            for first in (0..batch.num_rows()).step_by(MAX_LEADS) {
                let end = batch.num_rows().min(first + MAX_LEADS);
                let body: Vec<Value> = (first..end).map(|row| lead(&columns, row)).collect();
                self.out.clear();
                serde_json::to_writer(&mut self.out, &body).unwrap();
                take(&self.out);
            }
        }
    }
}

fn lead(columns: &Columns<'_>, row: usize) -> Value {
    let mut lead = Vec::new();
    let Ok(()) = columns.attributes(row, |attribute| {
        lead.push(match attribute.fields {
            None => plain(&attribute),
            Some(_) => json!({
                "Attribute": attribute.name,
                "Value": attribute.value.with(str::to_owned),
                "Fields": fields(columns, row),
            }),
        });
        Ok::<(), Infallible>(())
    });
    Value::Array(lead)
}

fn fields(columns: &Columns<'_>, row: usize) -> Value {
    let mut fields = Vec::new();
    let Ok(()) = columns.fields(row, |field| {
        fields.push(plain(&field));
        Ok::<(), Infallible>(())
    });
    Value::Array(fields)
}

fn plain(attribute: &Attribute<'_>) -> Value {
    json!({
        "Attribute": attribute.name,
        "Value": attribute.value.with(str::to_owned),
    })
}
