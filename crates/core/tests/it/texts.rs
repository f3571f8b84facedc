//! Every character that needs care, at every place, in every layout of text.

use std::iter;
use std::sync::Arc;

use arrow::array::{ArrayRef, LargeStringArray, RecordBatch, StringArray, StringViewArray};
use arrow::datatypes::Schema;
use leadsquared_core::{Error, Leads, Mapping, Origin, PayloadBuilder, Plan, SourceBatch};

/// Further than an encoder looks at once.
const FAR: usize = 70;

/// Each text in a row of its own, as the column `Phone` in each layout.
fn batches(texts: &[String]) -> [RecordBatch; 3] {
    let layouts: [ArrayRef; 3] = [
        Arc::new(StringArray::from_iter_values(texts)),
        Arc::new(LargeStringArray::from_iter_values(texts)),
        Arc::new(StringViewArray::from_iter_values(texts)),
    ];
    layouts.map(|array| RecordBatch::try_from_iter([("Phone", array)]).unwrap())
}

fn leads(batch: &RecordBatch) -> Leads {
    let plan = Plan::try_new(batch.schema_ref(), &Mapping::new()).unwrap();
    plan.bind(batch).unwrap().into_leads()
}

#[track_caller]
fn assert_they_come_back(texts: &[String]) {
    for batch in batches(texts) {
        let mut leads = leads(&batch);
        for text in texts {
            let mut lead = Vec::new();
            leads.append_next(&mut lead).unwrap().unwrap();
            let lead: serde_json::Value = serde_json::from_slice(&lead).unwrap();
            assert_eq!(
                lead,
                serde_json::json!([{"Attribute": "Phone", "Value": text}])
            );
        }
        assert_eq!(leads.append_next(&mut Vec::new()), None);
    }
}

#[test]
fn every_character_that_needs_care_comes_back_from_every_place() {
    let special = ('\0'..=' ').chain(
        "\"\\/\u{7f}\u{80}é\u{7ff}\u{800}\u{2028}\u{2029}\u{fffd}\u{ffff}👩\u{10ffff}".chars(),
    );
    for special in special {
        let texts: Vec<String> = (0..FAR)
            .map(|place| format!("{}{special}{}", "x".repeat(place), "y".repeat(FAR - place)))
            .chain((1..FAR).map(|place| format!("{}{special}", "x".repeat(place))))
            .collect();
        assert_they_come_back(&texts);
    }
}

#[test]
fn texts_of_every_length_come_back() {
    let plain = (1..=300).map(|length| "x".repeat(length));
    let escaped = (1..=300).map(|length| "\"".repeat(length));
    let foreign = (1..=100).map(|length| "é金👩".repeat(length));
    assert_they_come_back(&plain.chain(escaped).chain(foreign).collect::<Vec<_>>());
}

#[test]
fn what_looks_like_an_escape_stays_what_it_is() {
    let texts = [
        r"\",
        r"\\",
        r"\n",
        r"\u0000",
        r"\ud800",
        r#"\""#,
        r#"""#,
        r#"","Value":""#,
        "\\\u{0}\\",
        "}]",
    ];
    assert_they_come_back(&texts.map(str::to_owned));
}

#[test]
fn a_batch_without_rows_has_no_leads() {
    for batch in batches(&[]) {
        let mut out = b"kept".to_vec();
        assert_eq!(leads(&batch).append_next(&mut out), None);
        assert_eq!(out, b"kept");
    }
}

#[test]
fn a_batch_without_columns_is_refused_and_the_next_one_is_not() {
    let mut builder = PayloadBuilder::new(Mapping::new());
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(3));
    let schema = Arc::new(Schema::empty());
    let nothing = RecordBatch::try_new_with_options(schema, vec![], &options).unwrap();
    let refused = builder.push(SourceBatch::new(nothing, Origin::new("nothing", 1)));
    assert!(matches!(refused, Err(Error::NoUniqueColumn { .. })));

    let [batch, ..] = batches(&["1".to_owned()]);
    builder
        .push(SourceBatch::new(batch, Origin::new("something", 1)))
        .unwrap();
    let payloads: Vec<_> = iter::from_fn(|| builder.finish()).collect();
    assert_eq!(payloads.len(), 1);
    assert_eq!(payloads[0].rows().len(), 1);
}
