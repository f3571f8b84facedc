//! `LeadsMetaData.Get`, and leads that are held against the fields.

use std::time::Duration;

use leadsquared_emulator::{Emulator, Fault, LeadField, ThrottleShape};
use serde_json::{Value, json};

use crate::client::{Answer, call_with_wrong_keys, http, leads, post, send, statuses};

const FIELDS: &str = "/v2/LeadManagement.svc/LeadsMetaData.Get";

async fn get(emulator: &Emulator, query: &str) -> Answer {
    let url = format!("{}{FIELDS}{query}", emulator.url());
    let request = http()
        .get(url)
        .header("x-LSQ-AccessKey", emulator.access_key())
        .header("x-LSQ-SecretKey", emulator.secret_key());
    send(request).await
}

/// An account that holds leads against its fields.
async fn strict() -> Emulator {
    let fields = vec![
        LeadField::new("EmailAddress", "Email").unique(),
        LeadField::new("LastName", "Text").mandatory(),
        LeadField::new("mx_City", "Text").max_length(4),
        LeadField::new("mx_Size", "Select").options(["S", "M"]),
        LeadField::new("mx_Tags", "MultiSelect").options(["a", "b"]),
        LeadField::new("LeadType", "Select")
            .options(["OT_0"])
            .mandatory()
            .default_value("OT_0"),
    ];
    Emulator::builder()
        .fields(fields)
        .strict_fields(true)
        .start()
        .await
        .unwrap()
}

/// A lead with these attributes.
fn lead(pairs: &[(&str, &str)]) -> Value {
    let pair = |(name, value): &(&str, &str)| json!({"Attribute": name, "Value": value});
    pairs.iter().map(pair).collect()
}

#[tokio::test]
async fn the_fields_are_listed_as_the_api_lists_them() {
    let emulator = strict().await;
    let answer = get(&emulator, "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let listed = answer.json();
    assert_eq!(listed.as_array().unwrap().len(), 6);
    assert_eq!(
        listed[0],
        json!({
            "SchemaName": "EmailAddress", "DisplayName": "EmailAddress", "DataType": "Email",
            "IsMandatory": false, "IsUnique": true,
        })
    );
    assert_eq!(listed[2]["MaxLength"], "4");
    assert_eq!(
        listed[3]["Options"],
        json!([{"Value": "S"}, {"Value": "M"}])
    );
    assert_eq!(listed[5]["DefaultValue"], "OT_0");

    let one = get(&emulator, "?schemaName=mx_City").await.json();
    assert_eq!(one, json!([listed[2]]));
    let without = get(&emulator, "?excludeOptionSets=1").await.json();
    assert_eq!(without[3].get("Options"), None);
    assert_eq!(without[3]["SchemaName"], "mx_Size");
}

#[tokio::test]
async fn a_field_is_unique_if_the_account_says_so() {
    let emulator = Emulator::builder()
        .unique_fields(["mx_Zip"])
        .start()
        .await
        .unwrap();
    let listed = get(&emulator, "").await.json();
    let listed = listed.as_array().unwrap().iter();
    let unique: Vec<_> = listed.filter(|field| field["IsUnique"] == true).collect();
    assert_eq!(unique.len(), 1);
    assert_eq!(unique[0]["SchemaName"], "mx_Zip");
}

#[tokio::test]
async fn it_takes_the_keys_by_query_as_well_and_no_others() {
    let emulator = Emulator::start().await.unwrap();
    let url = format!("{}{FIELDS}", emulator.url());
    let by_query = format!("{url}?accessKey=access-key&secretKey=secret-key");
    assert_eq!(send(http().get(by_query)).await.status, 200);
    for url in [format!("{url}?accessKey=x&secretKey=y"), url] {
        let answer = send(http().get(url)).await;
        assert_eq!(answer.status, 401);
        let refused = call_with_wrong_keys(&emulator).await;
        assert_eq!(answer.exception(), refused.exception());
    }
    let posted = http().post(format!("{}{FIELDS}", emulator.url()));
    assert_eq!(send(posted).await.status, 405);
}

#[tokio::test(start_paused = true)]
async fn it_counts_against_the_limit_unless_told_otherwise() {
    let builder = || Emulator::builder().rate_limit(1, Duration::from_secs(5));
    let emulator = builder().start().await.unwrap();
    assert_eq!(get(&emulator, "").await.status, 200);
    assert_eq!(get(&emulator, "").await.status, 429);
    assert_eq!(post(&emulator, leads(&["a@example.com"])).await.status, 429);
    assert_eq!(emulator.max_calls_in_window(Duration::from_secs(5)), 3);

    let emulator = builder().fields_count(false).start().await.unwrap();
    assert_eq!(get(&emulator, "").await.status, 200);
    assert_eq!(get(&emulator, "").await.status, 200);
    assert_eq!(post(&emulator, leads(&["a@example.com"])).await.status, 200);
    assert_eq!(emulator.max_calls_in_window(Duration::from_secs(5)), 1);
}

#[tokio::test]
async fn its_faults_are_its_own() {
    let emulator = Emulator::start().await.unwrap();
    emulator.script(Fault::status(503));
    let faults = [
        Fault::status(404),
        Fault::status(403),
        Fault::throttle(ThrottleShape::Status200),
        Fault::garbage(),
        Fault::short_rows(1),
    ];
    for fault in faults {
        emulator.script_fields(fault);
    }
    for _ in 0..3 {
        get(&emulator, "").await;
    }
    let garbage = get(&emulator, "").await;
    assert!(serde_json::from_str::<Value>(&garbage.text).is_err());
    // There are no rows that could be short.
    assert!(get(&emulator, "").await.json()[0]["SchemaName"].is_string());
    assert_eq!(emulator.faults_left(), 1);
    post(&emulator, leads(&["a@example.com"])).await;
    let all = [404, 403, 200, 200, 200, 503].map(Some);
    assert_eq!(statuses(&emulator), all);
}

#[tokio::test]
async fn an_attribute_that_is_no_field_refuses_the_call() {
    let emulator = strict().await;
    let body = json!([
        lead(&[("EmailAddress", "a@example.com"), ("LastName", "A")]),
        lead(&[
            ("EmailAddress", "b@example.com"),
            ("mx_Nope", "1"),
            ("City", "2")
        ]),
    ]);
    let answer = post(&emulator, body.to_string()).await;
    assert_eq!(answer.status, 500);
    assert_eq!(
        answer.exception(),
        (
            "MXUnknownAttributeException".to_owned(),
            "Attribute(s) does not exist - mx_Nope, City".to_owned()
        )
    );
    assert_eq!(emulator.lead_count(), 0);
}

#[tokio::test]
async fn a_value_that_no_field_takes_fails_its_row_and_no_other() {
    let emulator = strict().await;
    let with = |email: &str, name: &str, value: &str| {
        let email = format!("{email}@example.com");
        lead(&[("EmailAddress", &email), ("LastName", "A"), (name, value)])
    };
    let body = json!([
        with("a", "mx_City", "Köln"),
        with("b", "mx_City", "Berlin"),
        with("c", "mx_Size", "XL"),
        with("d", "mx_Tags", "a;b"),
        with("e", "mx_Tags", "a;c"),
        lead(&[("EmailAddress", "f@example.com"), ("LastName", " ")]),
    ]);
    let answer = post(&emulator, body.to_string()).await;
    assert_eq!(answer.status, 200);
    let rows = answer.json();
    let row = |at: usize| {
        (
            rows[at]["LeadCreated"].clone(),
            rows[at]["ErrorMessage"].clone(),
        )
    };
    let failed = |message: &str| (json!(false), json!(message));
    assert_eq!(row(0), (json!(true), Value::Null));
    assert_eq!(
        row(1),
        failed("Invalid data: mx_City has 6 characters and may have 4")
    );
    assert_eq!(
        row(2),
        failed("Invalid data: `XL` is not an option of mx_Size")
    );
    assert_eq!(row(3), (json!(true), Value::Null));
    assert_eq!(
        row(4),
        failed("Invalid data: `c` is not an option of mx_Tags")
    );
    assert_eq!(row(5), failed("Mandatory attribute(s) missing - LastName"));
    assert_eq!(rows[4]["ExceptionType"], "MXInvalidInputException");
    assert_eq!(
        rows[5]["ExceptionType"],
        "MXMandatoryAttributeMissingException"
    );
    assert_eq!(emulator.lead_count(), 2);
}

#[tokio::test]
async fn by_default_nothing_is_held_against_the_fields() {
    let emulator = Emulator::start().await.unwrap();
    let body = json!([lead(&[
        ("EmailAddress", "a@example.com"),
        ("mx_Segment", "none"),
        ("mx_New", "1")
    ])]);
    assert_eq!(
        post(&emulator, body.to_string()).await.json()[0]["LeadCreated"],
        true
    );
}
