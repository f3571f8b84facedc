use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::fields::account::tests::any_json;

const FIELDS: &str = r#"[
    {"SchemaName":"Phone","DataType":"Phone"},
    {"SchemaName":"EmailAddress","DataType":"Email"},
    {"SchemaName":"LastName","IsMandatory":true},
    {"SchemaName":"mx_City","MaxLength":"4"},
    {"SchemaName":"mx_Score","DataType":"Number"},
    {"SchemaName":"mx_Born","DataType":"Date"},
    {"SchemaName":"mx_Size","DataType":"Select","Options":[{"Value":"S"},{"Value":"Medium"}]},
    {"SchemaName":"mx_Tags","DataType":"Select","RenderTypeTextValue":"MultiSelect",
     "Options":[{"Value":"a"},{"Value":"b"},{"Value":"c;d"}]},
    {"SchemaName":"mx_KYC","DataType":"CustomObject","MaxLength":"1","IsMandatory":true}
]"#;

/// What is found in leads with these attributes, as `code: words, rows`; each has what it must.
fn found(leads: &[&[(&str, &str)]]) -> Vec<String> {
    let mut check = check();
    for (index, lead) in leads.iter().enumerate() {
        let mut pairs = vec![
            json!({"Attribute": "LastName", "Value": "A"}),
            json!({"Attribute": "mx_KYC", "Value": "", "Fields": [{"Attribute": "Status", "Value": "long"}]}),
        ];
        let own = lead.iter();
        pairs.extend(own.map(|(name, value)| json!({"Attribute": name, "Value": value})));
        let body = Value::Array(pairs).to_string();
        check.lead(body.as_bytes(), || row(index as u64 + 1));
    }
    words(check)
}

fn check() -> ValueCheck {
    ValueCheck::new(Arc::new(
        AccountFields::from_json(FIELDS.as_bytes()).unwrap(),
    ))
}

fn words(check: ValueCheck) -> Vec<String> {
    let findings = check.into_findings();
    findings
        .iter()
        .map(|finding| {
            let numbers: Vec<u64> = finding.first.iter().map(|row| row.number).collect();
            let code = finding.fault.code();
            format!("{code}: {finding}; {} in {numbers:?}", finding.rows)
        })
        .collect()
}

fn row(number: u64) -> Row {
    Row {
        source: "leads.parquet".into(),
        number,
    }
}

#[test]
fn a_length_counts_characters_and_the_longest_is_shown() {
    assert_eq!(
        found(&[
            &[("mx_City", "Köln")],
            &[("mx_City", "Paris")],
            &[("mx_City", "München")],
            &[("mx_City", "Essen")],
            &[("mx_City", "Hagen")],
        ]),
        ["too-long: mx_City has more than 4 characters (\"München\" has 7); 4 in [2, 3, 4]"]
    );
}

#[test]
fn a_value_must_be_among_the_options() {
    assert_eq!(
        found(&[
            &[("mx_Size", "S")],
            &[("mx_Size", " Medium ")],
            &[("mx_Size", "")]
        ]),
        [""; 0]
    );
    assert_eq!(
        found(&[&[("mx_Size", "medium")], &[("mx_Size", "S;Medium")]]),
        [
            "not-an-option: mx_Size has \"medium\", which is not among its options (did you mean \"Medium\"?); 2 in [1, 2]"
        ]
    );
    assert_eq!(
        found(&[
            &[("mx_Tags", "a;b")],
            &[("mx_Tags", "b; a;")],
            &[("mx_Tags", "c;d")],
            &[("mx_Tags", "a;x;y")]
        ]),
        ["not-an-option: mx_Tags has \"x\", which is not among its options; 1 in [4]"]
    );
}

#[test]
fn a_value_that_surely_is_not_of_its_kind_is_found_and_no_other() {
    let fine: &[(&str, &str)] = &[
        ("mx_Score", "1,234.5 €"),
        ("mx_Born", "5th of May"),
        ("Phone", "(०९) 12"),
        ("EmailAddress", "odd@"),
    ];
    assert_eq!(found(&[fine]), [""; 0]);
    let odd: &[(&str, &str)] = &[
        ("mx_Score", "none"),
        ("mx_Born", "May"),
        ("Phone", "n/a"),
        ("EmailAddress", "at home"),
    ];
    assert_eq!(
        found(&[odd]),
        [
            "not-a-value: mx_Score has \"none\", which is not a number; 1 in [1]",
            "not-a-value: mx_Born has \"May\", which is not a date; 1 in [1]",
            "not-a-value: Phone has \"n/a\", which is not a phone number; 1 in [1]",
            "not-a-value: EmailAddress has \"at home\", which is not an e-mail address; 1 in [1]",
        ]
    );
}

#[test]
fn a_mandatory_field_must_not_be_empty_and_a_field_set_is_not() {
    let mut check = check();
    let lead = r#"[{"Attribute":"LastName","Value":" "},{"Attribute":"mx_KYC","Value":"","Fields":[{"Attribute":"Status","Value":"x"}]}]"#;
    check.lead(lead.as_bytes(), || row(1));
    check.lead(br#"[{"Attribute":"Phone","Value":"1"}]"#, || row(2));
    assert_eq!((check.leads(), check.rows_at_fault()), (2, 2));
    assert_eq!((check.has("LastName"), check.has("mx_KYC")), (false, true));
    assert_eq!(
        words(check),
        [
            "mandatory-empty: LastName is empty, and mandatory in the account; 2 in [1, 2]",
            "mandatory-empty: mx_KYC is empty, and mandatory in the account; 1 in [2]",
        ]
    );
}

#[test]
fn attributes_without_a_field_come_first_and_their_number_is_bounded() {
    assert_eq!(
        found(&[
            &[("mx_City", "Paris")],
            &[("mx_City", "Essen"), ("city", "Rome")]
        ]),
        [
            "unknown-attribute: \"city\" is set, which the account doesn't have (did you mean \"mx_City\"?); 1 in [2]",
            "too-long: mx_City has more than 4 characters (\"Paris\" has 5); 2 in [1, 2]",
        ]
    );
    let names: Vec<String> = (0..10_000).map(|number| format!("x{number}")).collect();
    let pairs: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
    assert_eq!(found(&[&pairs]).len(), MOST_UNKNOWN);
}

#[test]
fn a_sample_is_short() {
    let long = "é".repeat(1000);
    let found = found(&[&[("mx_City", &long)]]);
    assert!(found[0].chars().count() < 200, "{found:?}");
    assert!(found[0].contains("é…\" has 1000"), "{found:?}");
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(fields in proptest::collection::vec(any_json(), 1..6), lead in any_json(), bytes: Vec<u8>) {
        let named = fields.into_iter().enumerate().map(|(at, field)| {
            // Mostly fields, whatever else they are.
            match field {
                Value::Object(mut object) => {
                    object.insert("SchemaName".to_owned(), json!(format!("a{at}")));
                    Value::Object(object)
                }
                field => field,
            }
        });
        let Ok(fields) = AccountFields::from_json(Value::Array(named.collect()).to_string().as_bytes()) else {
            return Ok(());
        };
        let pairs: Vec<Value> = fields
            .iter()
            .map(|field| json!({"Attribute": field.schema_name, "Value": lead.to_string()}))
            .collect();
        let mut check = ValueCheck::new(Arc::new(fields));
        check.lead(Value::Array(pairs).to_string().as_bytes(), || row(1));
        check.lead(lead.to_string().as_bytes(), || row(2));
        check.lead(&bytes, || row(3));
        for finding in check.into_findings() {
            prop_assert!(!finding.to_string().is_empty() && finding.rows > 0);
        }
    }
}
