//! A comparison is one of equals: what the ways write must be the same.

use serde_json::{Deserializer, Value};

use super::ways::{self, Way};
use super::{DataSet, Set};

/// The rows whose JSON is compared.
const ROWS: usize = 1000;

/// Stops if a way that writes the bulk-create shape writes other leads than the others.
pub(crate) fn same_leads(set: Set) {
    let data = set.make_batches(1, ROWS);
    // One array for each call.
    let bodies = |way: &str| Some(parsed(way, &data)?.flat_map(into_array).collect());
    // The leads of a call one after the other, without the array around them.
    let loose = |way: &str| Some(parsed(way, &data)?.collect());

    let ours: Vec<Value> = bodies("payloads").unwrap();
    assert_eq!(ours.len(), ROWS);
    for way in ["leads", "rows"] {
        assert!(
            loose(way).is_none_or(|leads: Vec<_>| leads == ours),
            "{way}: other leads"
        );
    }
    for way in ["memcpy", "values", "structs", "sonic-rs"] {
        assert!(
            bodies(way).is_none_or(|leads| leads == ours),
            "{way}: other leads"
        );
    }
    // Other objects; that there is one for each row is all that can be said.
    for way in ["arrow-json", "arrow-json-own"] {
        assert!(
            bodies(way).is_some_and(|rows| rows.len() == ROWS),
            "{way}: other rows"
        );
    }
}

/// The JSON values that the way writes, or `None` if it can't encode the set.
fn parsed(way: &str, data: &DataSet) -> Option<impl Iterator<Item = Value>> {
    let mut values = Vec::new();
    ways::named(way, data)?.encode(&mut |json| {
        values.extend(
            Deserializer::from_slice(json)
                .into_iter()
                .map(Result::unwrap),
        );
    });
    Some(values.into_iter())
}

fn into_array(value: Value) -> Vec<Value> {
    match value {
        Value::Array(elements) => elements,
        other => vec![other],
    }
}
