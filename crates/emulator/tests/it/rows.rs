//! What becomes of each lead.

use leadsquared_emulator::{DuplicateAnswer, DuplicateInCall, Emulator, RepeatedAttribute};
use serde_json::{Value, json};

use crate::client::{leads, post};

/// A lead of these attributes and values.
fn lead(fields: &[(&str, &str)]) -> Value {
    let pair = |(name, value): &(&str, &str)| json!({"Attribute": name, "Value": value});
    fields.iter().map(pair).collect()
}

/// Sends these leads in one call; the rows of the answer.
async fn rows(emulator: &Emulator, leads: &[Value]) -> Vec<Value> {
    let answer = post(emulator, json!(leads).to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let Value::Array(rows) = answer.json() else {
        panic!("no rows: {}", answer.text);
    };
    rows
}

fn created(rows: &[Value]) -> Vec<bool> {
    rows.iter()
        .map(|row| row["LeadCreated"].as_bool().expect("a boolean"))
        .collect()
}

#[tokio::test]
async fn fifty_leads_are_created_in_order() {
    let emulator = Emulator::start().await.unwrap();
    let emails: Vec<_> = (1..=50).map(|n| format!("{n}@example.com")).collect();
    let emails: Vec<_> = emails.iter().map(String::as_str).collect();
    let answer = post(&emulator, leads(&emails)).await.json();
    for (at, stored) in emulator.leads().iter().enumerate() {
        assert_eq!(stored.get("EmailAddress"), Some(emails[at]));
        assert_eq!(
            answer[at],
            json!({"RowNumber": at + 1, "LeadId": stored.id, "LeadCreated": true}),
        );
    }
    let call = &emulator.calls()[0];
    assert_eq!(
        (call.leads, call.created, emulator.lead_count()),
        (Some(50), 50, 50)
    );
}

#[tokio::test]
async fn a_lead_needs_a_name_and_a_unique_value() {
    let emulator = Emulator::start().await.unwrap();
    let rows = rows(
        &emulator,
        &[
            lead(&[]),
            lead(&[("mx_City", "x")]),
            lead(&[("FirstName", "x"), ("LastName", "y")]),
            lead(&[("EmailAddress", " ")]),
            lead(&[("Phone", "5")]),
        ],
    )
    .await;
    assert_eq!(created(&rows), [false, false, false, false, true]);
    assert_eq!(
        rows[2],
        json!({
            "RowNumber": 3,
            "LeadCreated": false,
            "ErrorMessage": "Invalid data: one of the unique fields is needed: EmailAddress, Phone",
            "ExceptionType": "MXInvalidInputException",
        }),
    );
    assert_eq!(
        rows[3]["ErrorMessage"],
        "Invalid data: one of FirstName, LastName, EmailAddress, Phone is needed",
    );
}

#[tokio::test]
async fn unique_fields_are_the_accounts() {
    let emulator = Emulator::builder()
        .unique_fields(["mx_Id"])
        .start()
        .await
        .unwrap();
    let rows = rows(
        &emulator,
        &[
            lead(&[("EmailAddress", "a@example.com"), ("mx_Id", "a")]),
            lead(&[("EmailAddress", "a@example.com"), ("mx_Id", "A")]),
            lead(&[("EmailAddress", "b@example.com"), ("mx_Id", "a")]),
            lead(&[("EmailAddress", "c@example.com")]),
            lead(&[("mx_Id", "c")]),
        ],
    )
    .await;
    assert_eq!(created(&rows), [true, true, false, false, false]);
    assert_eq!(
        rows[2]["ErrorMessage"],
        "Duplicate mx_Id: there is a lead with this value"
    );
}

#[tokio::test]
async fn a_unique_value_of_an_earlier_call_is_a_duplicate_without_an_id() {
    let emulator = Emulator::start().await.unwrap();
    let first = lead(&[("EmailAddress", "King@Example.com"), ("Phone", "1")]);
    rows(&emulator, &[first]).await;
    let rows = rows(
        &emulator,
        &[
            lead(&[("EmailAddress", "kING@example.COM")]),
            lead(&[("EmailAddress", "new@example.com"), ("Phone", "1")]),
            lead(&[("EmailAddress", "new@example.com"), ("Phone", "2")]),
        ],
    )
    .await;
    assert_eq!(created(&rows), [false, false, true]);
    assert_eq!(
        rows[0],
        json!({
            "RowNumber": 1,
            "LeadCreated": false,
            "ErrorMessage": "Duplicate EmailAddress: there is a lead with this value",
            "ExceptionType": "MXDuplicateEntryException",
        }),
    );
    let calls = emulator.calls();
    assert_eq!((calls[1].leads, calls[1].created), (Some(3), 1));
}

#[tokio::test]
async fn blanks_are_no_unique_value() {
    let emulator = Emulator::start().await.unwrap();
    let rows = rows(
        &emulator,
        &[
            lead(&[("EmailAddress", ""), ("Phone", "1")]),
            lead(&[("EmailAddress", ""), ("Phone", "2")]),
            lead(&[("EmailAddress", " "), ("Phone", "3")]),
            lead(&[("EmailAddress", " "), ("Phone", "4")]),
        ],
    )
    .await;
    assert_eq!(created(&rows), [true; 4]);
}

#[tokio::test]
async fn a_duplicate_in_the_call_is_refused_or_created() {
    let twice = [
        lead(&[("EmailAddress", "a@example.com")]),
        lead(&[("EmailAddress", "A@example.com")]),
    ];
    let emulator = Emulator::start().await.unwrap();
    assert_eq!(created(&rows(&emulator, &twice).await), [true, false]);

    let rule = DuplicateInCall::Create;
    let emulator = Emulator::builder()
        .duplicate_in_call(rule)
        .start()
        .await
        .unwrap();
    assert_eq!(created(&rows(&emulator, &twice).await), [true, true]);
    assert_eq!(created(&rows(&emulator, &twice).await), [false, false]);
}

#[tokio::test]
async fn a_duplicate_can_name_the_lead_that_is_there() {
    let answer = DuplicateAnswer::RowWithLeadId;
    let emulator = Emulator::builder()
        .duplicate_answer(answer)
        .start()
        .await
        .unwrap();
    let new = lead(&[("EmailAddress", "a@example.com")]);
    let rows = rows(&emulator, &[new.clone(), new]).await;
    assert_eq!(created(&rows), [true, false]);
    assert_eq!(rows[1]["LeadId"], emulator.leads()[0].id);
}

#[tokio::test]
async fn a_duplicate_can_refuse_the_whole_call() {
    let answer = DuplicateAnswer::WholeCall;
    let emulator = Emulator::builder()
        .duplicate_answer(answer)
        .start()
        .await
        .unwrap();
    post(&emulator, leads(&["a@example.com"])).await;
    let answer = post(&emulator, leads(&["new@example.com", "a@example.com"])).await;
    assert_eq!(answer.status, 500);
    let (exception, message) = answer.exception();
    assert_eq!(exception, "MXDuplicateEntryException");
    assert!(message.starts_with("Duplicate EmailAddress"), "{message}");
    assert_eq!((emulator.lead_count(), emulator.calls()[1].created), (1, 0));
    // The refused call left nothing behind.
    assert_eq!(
        post(&emulator, leads(&["new@example.com"])).await.status,
        200
    );
}

#[tokio::test]
async fn an_unknown_attribute_refuses_the_whole_call() {
    let emulator = Emulator::builder()
        .known_attributes(["EmailAddress", "mx_KYC"])
        .start()
        .await
        .unwrap();
    let body = json!([
        [
            {"Attribute": "EmailAddress", "Value": "a@example.com"},
            {"Attribute": "mx_b", "Value": ""},
        ],
        [{"Attribute": "mx_a", "Value": ""}, {"Attribute": "mx_b", "Value": ""}],
    ]);
    let answer = post(&emulator, body.to_string()).await;
    assert_eq!(answer.status, 500);
    assert_eq!(
        answer.exception(),
        (
            "MXUnknownAttributeException".to_owned(),
            "Attribute(s) does not exist - mx_b, mx_a".to_owned(),
        ),
    );
    assert_eq!(emulator.lead_count(), 0);

    let fields = json!([{"Attribute": "anything", "Value": ""}]);
    let body = json!([[
        {"Attribute": "EmailAddress", "Value": "a@example.com"},
        {"Attribute": "mx_KYC", "Value": "", "Fields": fields},
    ]]);
    assert_eq!(post(&emulator, body.to_string()).await.status, 200);
}

#[tokio::test]
async fn poison_refuses_the_whole_call_and_names_no_row() {
    let emulator = Emulator::builder()
        .poison("EmailAddress", "bad@example.com")
        .poison("mx_City", "Nowhere")
        .start()
        .await
        .unwrap();
    let answer = post(&emulator, leads(&["good@example.com", "bad@example.com"])).await;
    assert_eq!(answer.status, 500);
    assert_eq!(
        answer.exception(),
        (
            "MXInvalidInputException".to_owned(),
            "Invalid data".to_owned()
        ),
    );
    let elsewhere = lead(&[("Phone", "1"), ("mx_City", "Nowhere")]);
    assert_eq!(
        post(&emulator, json!([elsewhere]).to_string()).await.status,
        500
    );
    assert_eq!(emulator.lead_count(), 0);
    assert_eq!(
        post(&emulator, leads(&["good@example.com"])).await.status,
        200
    );
}

#[tokio::test]
async fn formats_are_checked_on_request() {
    let odd = [
        lead(&[("EmailAddress", "nobody")]),
        lead(&[("Phone", "call me")]),
        lead(&[
            ("EmailAddress", "a@example.com"),
            ("Phone", "+91-8888888888"),
        ]),
    ];
    let emulator = Emulator::start().await.unwrap();
    assert_eq!(created(&rows(&emulator, &odd).await), [true, true, true]);

    let emulator = Emulator::builder()
        .check_formats(true)
        .start()
        .await
        .unwrap();
    let rows = rows(&emulator, &odd).await;
    assert_eq!(created(&rows), [false, false, true]);
    assert_eq!(rows[0]["ErrorMessage"], "Invalid Email format");
    assert_eq!(rows[1]["ErrorMessage"], "Invalid Phone format");
}

#[tokio::test]
async fn an_attribute_given_twice_is_refused_or_the_last_wins() {
    let twice = [lead(&[("Phone", "1"), ("FirstName", "x"), ("Phone", "2")])];
    let emulator = Emulator::start().await.unwrap();
    let answer = post(&emulator, json!(twice).to_string()).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.exception().1,
        "Lead 1: attribute 3: `Phone` is given twice"
    );

    let rule = RepeatedAttribute::LastWins;
    let emulator = Emulator::builder()
        .repeated_attribute(rule)
        .start()
        .await
        .unwrap();
    rows(&emulator, &twice).await;
    assert_eq!(emulator.leads()[0].get("Phone"), Some("2"));
}

#[tokio::test]
async fn leads_need_not_be_kept_to_be_unique() {
    let emulator = Emulator::builder().keep_leads(false).start().await.unwrap();
    let new = [lead(&[("EmailAddress", "a@example.com")])];
    assert_eq!(created(&rows(&emulator, &new).await), [true]);
    assert_eq!(created(&rows(&emulator, &new).await), [false]);
    assert_eq!((emulator.lead_count(), emulator.leads()), (1, Vec::new()));
}
