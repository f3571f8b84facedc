//! A comparison is one of equals: what the ways write must be the same.

use serde_json::Value;

use super::Set;
use super::ways::{self, Way};

/// The rows whose JSON is compared.
const ROWS: usize = 1000;

/// Stops if a way that writes the bulk-create shape doesn't write what ours writes.
pub(crate) fn same_leads(set: Set) {
    let data = set.make_batches(1, ROWS);
    let ours = leads("payloads", &data);
    assert_eq!(ours.len(), ROWS);
    for way in ["values", "structs", "sonic-rs"] {
        assert!(leads(way, &data) == ours, "{way}: other leads than ours");
    }
    // Other objects; that there is one for each row is all that can be said.
    for way in ["arrow-json", "arrow-json-own"] {
        assert_eq!(leads(way, &data).len(), ROWS, "{way}");
    }
}

fn leads(way: &str, data: &super::DataSet) -> Vec<Value> {
    let mut leads = Vec::new();
    ways::named(way, data).unwrap().encode(&mut |json| {
        leads.extend(serde_json::from_slice::<Vec<Value>>(json).unwrap());
    });
    leads
}
