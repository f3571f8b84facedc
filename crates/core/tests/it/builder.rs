//! Batches in, payloads out: nothing lost, nothing twice, no payload over its limits.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use leadsquared_core::{
    Mapping, Origin, Payload, PayloadBuilder, PayloadLimits, Rejected, Rejection, SourceBatch,
    UnreadableRow,
};
use proptest::prelude::*;

/// A batch of phone numbers; `None` makes a row that can't be a lead.
fn phones(phones: &[Option<String>]) -> RecordBatch {
    let phones: ArrayRef = Arc::new(StringArray::from_iter(phones));
    RecordBatch::try_from_iter([("Phone", phones)]).unwrap()
}

fn numbered(range: std::ops::Range<usize>) -> Vec<Option<String>> {
    range.map(|n| Some(n.to_string())).collect()
}

/// Everything that comes out of batches with these rows, from one source.
fn build(batches: &[Vec<Option<String>>], limits: PayloadLimits) -> (Vec<Payload>, Vec<Rejection>) {
    let mut builder = PayloadBuilder::new(Mapping::new()).with_limits(limits);
    let (mut payloads, mut next_row) = (Vec::new(), 1);
    for rows in batches {
        builder
            .push(SourceBatch::new(
                phones(rows),
                Origin::new("leads", next_row),
            ))
            .unwrap();
        next_row += rows.len() as u64;
        payloads.extend(std::iter::from_fn(|| builder.next_payload()));
    }
    payloads.extend(std::iter::from_fn(|| builder.finish()));
    (payloads, builder.take_rejections())
}

#[test]
fn payloads_are_filled_across_batch_borders() {
    let (payloads, _) = build(
        &[numbered(0..30), numbered(30..120)],
        PayloadLimits::default(),
    );
    let sizes: Vec<usize> = payloads
        .iter()
        .map(|payload| payload.rows().len())
        .collect();
    assert_eq!(sizes, [50, 50, 20]);
    let rows = payloads[0].rows();
    assert_eq!(rows.row(29).unwrap().to_string(), "leads, row 30");
    assert_eq!(rows.row(30).unwrap().to_string(), "leads, row 31");
    assert_eq!(rows.row(50), None);
}

#[test]
fn exactly_fifty_rows_are_one_payload_and_no_empty_one_follows() {
    let (payloads, _) = build(&[numbered(0..50)], PayloadLimits::default());
    assert_eq!(payloads.len(), 1);
    assert_eq!(build(&[vec![]], PayloadLimits::default()).0.len(), 0);
}

#[test]
fn a_byte_cap_splits_and_a_lead_above_it_is_rejected() {
    let limits = PayloadLimits::default().with_bytes(150);
    let long = Some("9".repeat(200));
    let (payloads, rejected) = build(&[vec![Some("1".into()), long, Some("2".into())]], limits);
    assert_eq!(payloads.len(), 1);
    assert_eq!(payloads[0].rows().len(), 2);
    assert_eq!(rejected[0].row.number, 2);
    assert_eq!(rejected[0].error.code(), "too-large");
    assert!(matches!(&rejected[0].content, Rejected::Lead(lead) if lead.len() > 200));
}

#[test]
fn unreadable_rows_are_rejections_with_what_stood_there() {
    let mut builder = PayloadBuilder::new(Mapping::new());
    let mut source = SourceBatch::new(phones(&numbered(0..1)), Origin::new("a.ndjson", 1));
    let raw = "{oops".to_owned();
    source.unreadable.push(UnreadableRow {
        number: 2,
        reason: "not JSON".into(),
        raw: raw.clone(),
    });
    builder.push(source).unwrap();
    let rejected = builder.take_rejections();
    assert_eq!(rejected[0].to_string(), "a.ndjson, row 2: not JSON");
    assert_eq!(rejected[0].content, Rejected::Raw(raw));
}

#[test]
fn a_schema_may_change_between_batches() {
    let mut builder = PayloadBuilder::new(Mapping::new());
    builder
        .push(SourceBatch::new(
            phones(&numbered(0..1)),
            Origin::new("a", 1),
        ))
        .unwrap();
    let emails: ArrayRef = Arc::new(StringArray::from(vec!["a@example.com"]));
    let other = RecordBatch::try_from_iter([("EmailAddress", emails)]).unwrap();
    builder
        .push(SourceBatch::new(other, Origin::new("b", 1)))
        .unwrap();
    let payload = builder.finish().unwrap();
    assert_eq!(
        std::str::from_utf8(payload.body()).unwrap(),
        r#"[[{"Attribute":"Phone","Value":"0"}],[{"Attribute":"EmailAddress","Value":"a@example.com"}]]"#
    );
    assert_eq!(payload.rows().row(1).unwrap().to_string(), "b, row 1");
}

proptest! {
    #[test]
    fn every_row_comes_out_once_in_order_within_the_limits(
        batches in prop::collection::vec(
            prop::collection::vec(prop::option::weighted(0.8, "[0-9]{0,12}"), 0..40), 0..12),
        leads in 1_usize..=60,
        bytes in 40_usize..400,
    ) {
        let limits = PayloadLimits::default().with_leads(leads).with_bytes(bytes);
        let (payloads, rejected) = build(&batches, limits);

        let mut numbers: Vec<u64> = rejected.iter().map(|rejection| rejection.row.number).collect();
        let input: Vec<Option<String>> = batches.concat();
        for payload in &payloads {
            prop_assert!(payload.rows().len() <= leads.min(50));
            prop_assert!(payload.body().len() <= bytes);
            let leads: Vec<serde_json::Value> = serde_json::from_slice(payload.body()).unwrap();
            prop_assert_eq!(leads.len(), payload.rows().len());
            for (index, lead) in leads.iter().enumerate() {
                let number = payload.rows().row(index).unwrap().number;
                let phone = input[usize::try_from(number).unwrap() - 1].as_deref();
                prop_assert_eq!(lead[0]["Value"].as_str(), phone);
                let alone = payload.rows().lead(index, payload.body()).unwrap();
                prop_assert_eq!(&serde_json::from_slice::<serde_json::Value>(alone).unwrap(), lead);
                numbers.push(number);
            }
        }
        prop_assert!(payloads.iter().flat_map(|p| p.rows().iter()).is_sorted());
        numbers.sort_unstable();
        prop_assert_eq!(numbers, (1..=input.len() as u64).collect::<Vec<_>>());
    }
}

#[test]
fn limits_may_be_lowered_while_a_payload_is_being_filled() {
    let batch = |range| SourceBatch::new(phones(&numbered(range)), Origin::new("t", 1));
    let mut builder = PayloadBuilder::new(Mapping::new());
    builder.push(batch(0..30)).unwrap();
    assert!(builder.next_payload().is_none());
    let mut builder = builder.with_limits(PayloadLimits::default().with_leads(10));
    builder.push(batch(30..330)).unwrap();
    let mut leads = Vec::new();
    while let Some(payload) = builder.next_payload() {
        leads.push(payload.rows().len());
    }
    // What was in it already, and the row with which it is seen to be full.
    assert_eq!((leads[0], leads[1..].to_vec()), (31, vec![10; 29]));
    assert_eq!(builder.finish().unwrap().rows().len(), 9);
}
