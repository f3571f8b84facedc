//! The contract page's own sample.

use leadsquared_emulator::{DuplicateInCall, Emulator};
use serde_json::json;

use crate::client::post;

const SAMPLE: &str = r#"[
   [
      {
         "Attribute":"EmailAddress",
         "Value":"king@myleadsquared.com"
      },
      {
         "Attribute":"FirstName",
         "Value":"Martin Luther"
      },
      {
         "Attribute":"LastName",
         "Value":"King"
      },
      {
         "Attribute":"Phone",
         "Value":"8888888888"
      },
      {
         "Attribute":"mx_City",
         "Value":"New York"
      },
      {
         "Attribute":"mx_KYC",
         "Value":"",
         "Fields":[
            {
               "Attribute":"Status",
               "Value":"Pending"
            },
            {
               "Attribute":"mx_CustomObject_1",
               "Value":"XYZ12345.png"
            },
            {
               "Attribute":"mx_CustomObject_2",
               "Value":"864563"
            }
         ]
      }
   ],
   [
      {
         "Attribute":"EmailAddress",
         "Value":"mkgandhi@myleadsquared.com"
      },
      {
         "Attribute":"FirstName",
         "Value":"Mahatma"
      },
      {
         "Attribute":"LastName",
         "Value":"Gandhi"
      },
      {
         "Attribute":"Phone",
         "Value":"8888888888"
      },
      {
         "Attribute":"mx_City",
         "Value":"Sabarmati"
      },
      {
         "Attribute":"mx_KYC",
         "Value":"",
         "Fields":[
            {
               "Attribute":"Status",
               "Value":"Pending"
            },
            {
               "Attribute":"mx_CustomObject_1",
               "Value":"XYZ12345.png"
            },
            {
               "Attribute":"mx_CustomObject_2",
               "Value":"864563"
            }
         ]
      }
   ]
]"#;

#[tokio::test]
async fn the_sample_is_answered_as_the_page_has_it() {
    let emulator = Emulator::builder()
        .duplicate_in_call(DuplicateInCall::Create)
        .start()
        .await
        .unwrap();
    let answer = post(&emulator, SAMPLE).await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let leads = emulator.leads();
    assert_eq!(
        answer.text,
        format!(
            r#"[{{"RowNumber":1,"LeadId":"{}","LeadCreated":true}},{{"RowNumber":2,"LeadId":"{}","LeadCreated":true}}]"#,
            leads[0].id, leads[1].id,
        ),
    );
}

#[tokio::test]
async fn the_sample_is_stored_as_it_came() {
    let emulator = Emulator::builder()
        .unique_fields(["EmailAddress"])
        .start()
        .await
        .unwrap();
    post(&emulator, SAMPLE).await;

    let leads = emulator.leads();
    let gandhi = &leads[1];
    assert_eq!((leads.len(), gandhi.call, gandhi.row), (2, 1, 2));
    let names: Vec<_> = gandhi
        .fields
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "EmailAddress",
            "FirstName",
            "LastName",
            "Phone",
            "mx_City",
            "mx_KYC"
        ],
    );
    assert_eq!(gandhi.get("mx_City"), Some("Sabarmati"));
    assert_eq!(gandhi.get("mx_KYC"), Some(""));
    assert_eq!(gandhi.get_in("mx_KYC", "mx_CustomObject_2"), Some("864563"));
    assert_eq!(gandhi.field_sets[0].1.len(), 3);
    assert_ne!(gandhi.id, leads[0].id);
    let id = uuid::Uuid::parse_str(&gandhi.id).expect("a UUID");
    assert_eq!(id.get_version_num(), 4);
}

#[tokio::test]
async fn by_default_the_samples_shared_phone_number_makes_a_duplicate() {
    let emulator = Emulator::start().await.unwrap();
    let answer = post(&emulator, SAMPLE).await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()[0]["LeadCreated"], true);
    assert_eq!(
        answer.json()[1],
        json!({
            "RowNumber": 2,
            "LeadCreated": false,
            "ErrorMessage": "Duplicate Phone: there is a lead with this value",
            "ExceptionType": "MXDuplicateEntryException",
        }),
    );
    assert_eq!(emulator.lead_count(), 1);
}
