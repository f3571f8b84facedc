use proptest::prelude::*;

use super::*;

fn one(json: &str) -> LeadField {
    let fields = AccountFields::from_json(format!("[{json}]").as_bytes()).unwrap();
    fields.iter().next().unwrap().clone()
}

#[test]
fn every_fact_is_read_however_it_is_written() {
    let expected = LeadField {
        schema_name: "mx_Size".to_owned(),
        display_name: "Size".to_owned(),
        data_type: "Select".to_owned(),
        render_type: "Dropdown".to_owned(),
        max_length: Some(50),
        mandatory: true,
        unique: true,
        default_value: Some("M".to_owned()),
        options: vec!["S".to_owned(), "M".to_owned()],
    };
    let head = r#""SchemaName":"mx_Size","DisplayName":"Size","DataType":"Select","RenderTypeTextValue":"Dropdown","DefaultValue":"M""#;
    for rest in [
        r#""MaxLength":"50","IsMandatory":true,"IsUnique":true,"Options":[{"Value":"S"},{"Value":"M"}]"#,
        r#""MaxLength":50,"IsMandatory":"true","IsUnique":1,"Options":["S","M",""]"#,
        r#""MaxLength":" 50 ","IsMandatory":"True","IsUnique":"1","Options":"[{\"Value\":\"S\",\"Text\":\"\"},{\"Value\":\"M\"}]","More":{"a":[]}"#,
    ] {
        assert_eq!(one(&format!("{{{head},{rest}}}")), expected);
    }
}

#[test]
fn a_fact_that_cannot_be_understood_forbids_nothing() {
    let expected = LeadField::new("a");
    for rest in [
        "",
        r#","DisplayName":null,"DataType":null,"MaxLength":null,"IsMandatory":null,"Options":null"#,
        r#","MaxLength":"many","IsMandatory":"perhaps","IsUnique":{},"Options":7,"DefaultValue":[]"#,
        r#","MaxLength":"0","Options":[{"Text":"S"}],"DefaultValue":" ""#,
        r#","MaxLength":-5,"Options":"S;M","DataType":5"#,
        r#","MaxLength":1.5,"Options":[null,"S"]"#,
    ] {
        assert_eq!(one(&format!(r#"{{"SchemaName":"a"{rest}}}"#)), expected);
    }
}

#[test]
fn what_is_no_list_of_fields_is_told() {
    for (json, words) in [
        ("", "not JSON"),
        ("[", "not JSON"),
        ("{}", "not a list"),
        ("[]", "without any field"),
        (
            r#"[1,null,{"SchemaName":""},{"Name":"a"}]"#,
            "without any field",
        ),
    ] {
        let error = AccountFields::from_json(json.as_bytes()).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn of_a_field_that_comes_twice_the_first_counts() {
    let json = br#"[{"SchemaName":"a","MaxLength":"1"},{"SchemaName":"b"},{"SchemaName":"a"}]"#;
    let fields = AccountFields::from_json(json).unwrap();
    assert_eq!(fields.len(), 2);
    assert_eq!(fields.get("a").unwrap().max_length, Some(1));
}

#[test]
fn a_saved_list_is_the_list() {
    let json = br#"[{"SchemaName":"a","DataType":"Select","MaxLength":"7","IsMandatory":true,"DefaultValue":"x","RenderTypeTextValue":"MultiSelect","Options":[{"Value":"x"}]},{"SchemaName":"b"}]"#;
    let fields = AccountFields::from_json(json).unwrap();
    let saved = serde_json::to_vec(&fields).unwrap();
    assert_eq!(AccountFields::from_json(&saved).unwrap(), fields);
    assert_eq!(
        serde_json::from_slice::<AccountFields>(&saved).unwrap(),
        fields
    );
}

#[test]
fn names_are_near_by_their_letters() {
    let named = |schema: &str, display: &str| LeadField {
        display_name: display.to_owned(),
        ..LeadField::new(schema)
    };
    let fields: AccountFields = [
        named("FirstName", "First Name"),
        named("Phone", "Phone Number"),
        named("mx_City", "City"),
        named("mx_Custom_4", "Customer Tier"),
    ]
    .into_iter()
    .collect();
    for (name, nearest) in [
        ("City", Some("mx_City")),
        ("mx_city", Some("mx_City")),
        ("mx_First_Name", Some("FirstName")),
        ("phone number", Some("Phone")),
        ("CustomerTier", Some("mx_Custom_4")),
        ("mx_Xyzzy", None),
    ] {
        assert_eq!(fields.nearest(name), nearest, "{name}");
    }
}

#[test]
fn only_a_closed_list_of_options_says_what_a_value_may_be() {
    let field = |data: &str, shown: &str| LeadField {
        data_type: data.to_owned(),
        render_type: shown.to_owned(),
        options: vec!["x".to_owned()],
        ..LeadField::new("a")
    };
    assert!(field("Select", "").is_closed() && !field("Select", "").takes_several());
    assert!(field("Select", "MultiSelect").takes_several());
    assert!(field("MultiSelect", "").is_closed() && field("MultiSelect", "").takes_several());
    assert!(!field("Select", "DropDownWithOthers").is_closed());
    assert!(!field("Text", "").is_closed());
    assert!(!LeadField::new("a").is_closed());
}

#[test]
fn a_mandatory_field_with_a_default_need_not_be_given() {
    let field = one(r#"{"SchemaName":"LeadType","IsMandatory":true,"DefaultValue":"OT_0"}"#);
    assert!(field.mandatory && !field.must_be_given());
    assert!(one(r#"{"SchemaName":"a","IsMandatory":true,"DefaultValue":""}"#).must_be_given());
}

/// Any JSON, with our keys among the others.
pub(in crate::fields) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        prop_oneof![
            Just("Select"),
            Just("MultiSelect"),
            Just("Number"),
            Just("Email"),
            Just("7"),
            Just("true"),
            Just("[{\"Value\":\"x\"}]"),
        ]
        .prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("SchemaName".to_owned()),
        Just("DataType".to_owned()),
        Just("RenderTypeTextValue".to_owned()),
        Just("MaxLength".to_owned()),
        Just("IsMandatory".to_owned()),
        Just("DefaultValue".to_owned()),
        Just("Options".to_owned()),
        Just("Value".to_owned()),
        Just("Attribute".to_owned()),
        Just("Fields".to_owned()),
        "\\PC{0,4}",
    ];
    leaf.prop_recursive(4, 48, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic(json in any_json(), bytes: Vec<u8>) {
        let _ = AccountFields::from_json(json.to_string().as_bytes());
        let _ = AccountFields::from_json(Value::Array(vec![json]).to_string().as_bytes());
        let _ = AccountFields::from_json(&bytes);
    }
}
