//! The payload of the contract page, byte for byte but for white space.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, StructArray};
use arrow::datatypes::{DataType, Field};
use leadsquared_core::{Mapping, Origin, PayloadBuilder, SourceBatch};

const PAGE: &str = include_str!("contract_page.json");

fn strings(values: [&str; 2]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

#[test]
fn the_pages_two_leads_are_reproduced() {
    let kyc = StructArray::from(vec![
        (
            Arc::new(Field::new("Status", DataType::Utf8, true)),
            strings(["Pending"; 2]),
        ),
        (
            Arc::new(Field::new("mx_CustomObject_1", DataType::Utf8, true)),
            strings(["XYZ12345.png"; 2]),
        ),
        (
            Arc::new(Field::new("mx_CustomObject_2", DataType::Utf8, true)),
            strings(["864563"; 2]),
        ),
    ]);
    let batch = RecordBatch::try_from_iter([
        (
            "EmailAddress",
            strings(["king@myleadsquared.com", "mkgandhi@myleadsquared.com"]),
        ),
        ("FirstName", strings(["Martin Luther", "Mahatma"])),
        ("LastName", strings(["King", "Gandhi"])),
        ("Phone", strings(["8888888888"; 2])),
        ("mx_City", strings(["New York", "Sabarmati"])),
        ("mx_KYC", Arc::new(kyc)),
    ])
    .unwrap();

    let mut builder = PayloadBuilder::new(Mapping::new());
    builder
        .push(SourceBatch::new(batch, Origin::new("page", 1)))
        .unwrap();
    let payload = builder.finish().unwrap();

    assert_eq!(
        std::str::from_utf8(payload.body()).unwrap(),
        without_white_space(PAGE)
    );
}

/// The page's JSON with the white space between its tokens taken out.
fn without_white_space(json: &str) -> String {
    let mut inside_string = false;
    json.chars()
        .filter(|&c| {
            inside_string ^= c == '"';
            inside_string || !c.is_whitespace()
        })
        .collect()
}
