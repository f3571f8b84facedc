//! Leads that share a unique value never share a payload.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use leadsquared_core::{Mapping, Origin, Payload, PayloadBuilder, PayloadLimits, SourceBatch};
use proptest::prelude::*;
use serde_json::Value;

/// A row's e-mail address and phone number.
type Row = (Option<String>, Option<String>);

fn batch(rows: &[Row]) -> RecordBatch {
    let emails: ArrayRef = Arc::new(
        rows.iter()
            .map(|row| row.0.as_ref())
            .collect::<StringArray>(),
    );
    let phones: ArrayRef = Arc::new(
        rows.iter()
            .map(|row| row.1.as_ref())
            .collect::<StringArray>(),
    );
    RecordBatch::try_from_iter([("EmailAddress", emails), ("Phone", phones)]).unwrap()
}

fn build(batches: &[Vec<Row>], limits: PayloadLimits) -> (Vec<Payload>, HashSet<u64>) {
    let mut builder = PayloadBuilder::new(Mapping::new())
        .with_limits(limits)
        .with_unique_values_apart(true);
    let (mut payloads, mut next_row) = (Vec::new(), 1);
    for rows in batches {
        let origin = Origin::new("leads", next_row);
        builder.push(SourceBatch::new(batch(rows), origin)).unwrap();
        next_row += rows.len() as u64;
        payloads.extend(std::iter::from_fn(|| builder.next_payload()));
    }
    payloads.extend(std::iter::from_fn(|| builder.finish()));
    assert_eq!(builder.open_leads(), 0);
    let rejected = builder.take_rejections();
    let rejected = rejected.iter().map(|rejection| rejection.row.number);
    (payloads, rejected.collect())
}

/// The lead's values by attribute.
fn values(lead: &Value) -> BTreeMap<&str, &str> {
    fn text<'a>(attribute: &'a Value, key: &str) -> &'a str {
        attribute[key].as_str().unwrap()
    }
    let attributes = lead.as_array().unwrap().iter();
    attributes
        .map(|attribute| (text(attribute, "Attribute"), text(attribute, "Value")))
        .collect()
}

/// Few values, so that many rows share one; now and then a long one, which the byte cap feels.
fn value(kind: &'static str) -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        2 => Just(None),
        1 => Just(Some("  ".to_owned())),
        6 => (0_u32..12).prop_map(move |n| Some(format!("{kind}{n}"))),
        2 => (0_u32..12).prop_map(move |n| Some(format!(" {}{n} ", kind.to_uppercase()))),
        1 => (0_u32..3).prop_map(move |n| Some(kind.repeat(60 + n as usize))),
    ]
}

proptest! {
    #[test]
    fn every_row_is_sent_once_and_no_payload_has_a_value_twice(
        batches in prop::collection::vec(
            prop::collection::vec((value("mail"), value("tel")), 0..120), 0..5),
        leads in 1_usize..=50,
        bytes in prop::sample::select(vec![700_usize, 4_000, 4_000_000]),
    ) {
        let limits = PayloadLimits::default().with_leads(leads).with_bytes(bytes);
        let (payloads, mut seen) = build(&batches, limits);
        let rows: Vec<&Row> = batches.iter().flatten().collect();
        for &number in &seen {
            let (email, phone) = rows[usize::try_from(number).unwrap() - 1];
            let blank = |value: &Option<String>| value.as_ref().is_none_or(|text| text.trim().is_empty());
            prop_assert!(blank(email) && blank(phone), "row {number} was rejected");
        }
        for payload in &payloads {
            prop_assert!(payload.body().len() <= bytes && payload.rows().len() <= leads);
            let body: Vec<Value> = serde_json::from_slice(payload.body()).unwrap();
            prop_assert_eq!(body.len(), payload.rows().len());
            let mut here = HashSet::new();
            let keys: HashSet<_> = payload.unique_values().iter().collect();
            prop_assert_eq!(keys.len(), payload.unique_values().len());
            for (lead, row) in body.iter().zip(payload.rows().iter()) {
                prop_assert!(seen.insert(row.number), "{row} is sent twice");
                let values = values(lead);
                let (email, phone) = rows[usize::try_from(row.number).unwrap() - 1];
                prop_assert_eq!(values.get("EmailAddress").copied(), email.as_deref());
                prop_assert_eq!(values.get("Phone").copied(), phone.as_deref());
                for (attribute, text) in values {
                    let text = text.trim().to_lowercase();
                    prop_assert!(
                        text.is_empty() || here.insert((attribute.to_owned(), text)),
                        "a payload has a value twice"
                    );
                }
            }
            prop_assert_eq!(here.len(), payload.unique_values().len());
        }
        prop_assert_eq!(seen.len(), rows.len());
    }
}

#[test]
fn an_input_whose_leads_all_share_a_value_is_not_held_whole() {
    let rows: Vec<Row> = (0..1_000)
        .map(|_| (None, Some("0000000000".to_owned())))
        .collect();
    let mut builder = PayloadBuilder::new(Mapping::new()).with_unique_values_apart(true);
    let source = SourceBatch::new(batch(&rows), Origin::new("leads", 1));
    builder.push(source).unwrap();
    let mut payloads = 0;
    while let Some(payload) = builder.next_payload() {
        assert_eq!(payload.rows().len(), 1);
        assert!(builder.open_leads() <= 201, "{}", builder.open_leads());
        payloads += 1;
    }
    payloads += std::iter::from_fn(|| builder.finish()).count();
    assert_eq!(payloads, 1_000);
}

#[test]
fn without_shared_values_payloads_are_as_full_as_ever() {
    let rows: Vec<Row> = (0..120)
        .map(|n| (Some(format!("{n}@example.com")), None))
        .collect();
    let (payloads, _) = build(&[rows], PayloadLimits::default());
    let sizes: Vec<usize> = payloads
        .iter()
        .map(|payload| payload.rows().len())
        .collect();
    assert_eq!(sizes, [50, 50, 20]);
}
