//! What an `INSERT` delivers.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int64Array, ListArray,
    RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Int32Type};
use leadsquared_emulator::{Emulator, Lead};

use crate::support::{Desk, create};

/// Rows `from..to`: every third without a city.
fn people(from: usize, to: usize) -> RecordBatch {
    let text = |value: &dyn Fn(usize) -> Option<String>| -> ArrayRef {
        Arc::new((from..to).map(value).collect::<StringArray>())
    };
    let scores: Int64Array = (from..to).map(|i| i64::try_from(i).ok()).collect();
    RecordBatch::try_from_iter([
        ("email", text(&|i| Some(format!("Person{i}@Example.com")))),
        ("name", text(&|i| Some(format!("Пётр \"{i}\"")))),
        (
            "city",
            text(&|i| (i % 3 > 0).then(|| format!("city {}", i % 7))),
        ),
        ("score", Arc::new(scores) as ArrayRef),
    ])
    .unwrap()
}

fn find<'a>(leads: &'a [Lead], email: &str) -> &'a Lead {
    let mut found = leads
        .iter()
        .filter(|lead| lead.get("EmailAddress") == Some(email));
    let lead = found
        .next()
        .unwrap_or_else(|| panic!("{email} is not there"));
    assert!(found.next().is_none(), "{email} is there twice");
    lead
}

#[tokio::test]
async fn a_query_over_files_becomes_leads_field_by_field() {
    let desk = Desk::new().await;
    for part in 0..3 {
        desk.parquet(
            &format!("exports/{part}.parquet"),
            &people(part * 100, part * 100 + 100),
        );
    }
    desk.leads(r#""EmailAddress" VARCHAR, "FirstName" VARCHAR, "mx_City" VARCHAR, "mx_Score" BIGINT, "Source" VARCHAR"#)
        .await;

    let exports = desk.folder.path().join("exports");
    let created = desk
        .insert(&format!(
            "INSERT INTO leads SELECT lower(email), name, upper(city), score * 2, 'SQL' \
             FROM '{}/*.parquet' WHERE score % 10 <> 0",
            exports.display()
        ))
        .await;

    assert_eq!(created, 270);
    let leads = desk.emulator.leads();
    assert_eq!(leads.len(), 270);
    for i in (0..300).filter(|i| i % 10 != 0) {
        let lead = find(&leads, &format!("person{i}@example.com"));
        let mut expected = vec![
            ("EmailAddress".to_owned(), format!("person{i}@example.com")),
            ("FirstName".to_owned(), format!("Пётр \"{i}\"")),
        ];
        if i % 3 > 0 {
            expected.push(("mx_City".to_owned(), format!("CITY {}", i % 7)));
        }
        expected.push(("mx_Score".to_owned(), (i * 2).to_string()));
        expected.push(("Source".to_owned(), "SQL".to_owned()));
        assert_eq!(lead.fields, expected);
    }
    // Rows of three files and several batches are in full calls.
    assert_eq!(desk.emulator.call_count(), 270usize.div_ceil(50));
    desk.books(270).await;
}

#[tokio::test]
async fn what_is_left_out_or_null_is_not_in_the_lead_unless_it_is_to_be_cleared() {
    let columns = r#""EmailAddress" VARCHAR, "FirstName" VARCHAR, "LastName" VARCHAR"#;
    for (options, expected) in [
        ("", vec![("EmailAddress", "a@example.com")]),
        (
            "OPTIONS ('nulls' 'clear')",
            vec![
                ("EmailAddress", "a@example.com"),
                ("FirstName", ""),
                ("LastName", ""),
            ],
        ),
    ] {
        let desk = Desk::new().await;
        desk.sql(&create(columns, options)).await;
        let insert =
            r#"INSERT INTO leads ("FirstName", "EmailAddress") VALUES (NULL, 'a@example.com')"#;
        assert_eq!(desk.insert(insert).await, 1);
        let expected = expected
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            desk.emulator.leads()[0].fields,
            expected.collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn every_type_is_sent_in_its_form() {
    let desk = Desk::new().await;
    let statuses: ArrayRef = Arc::new(StringArray::from(vec!["Pending"]));
    let item = Arc::new(Field::new_list_field(DataType::Utf8, true));
    let tags = ListArray::new(
        item,
        datafusion::arrow::buffer::OffsetBuffer::from_lengths([2]),
        Arc::new(StringArray::from(vec!["a", "b"])),
        None,
    );
    let batch = RecordBatch::try_from_iter([
        (
            "email",
            Arc::new(StringArray::from(vec!["a@example.com"])) as ArrayRef,
        ),
        ("born", Arc::new(Date32Array::from(vec![10_957]))),
        // 2300-01-01: past what nanoseconds can hold.
        (
            "until",
            Arc::new(TimestampMicrosecondArray::from(vec![
                10_413_792_000_000_000,
            ])),
        ),
        (
            "price",
            Arc::new(
                Decimal128Array::from(vec![12_345])
                    .with_precision_and_scale(10, 2)
                    .unwrap(),
            ),
        ),
        ("ratio", Arc::new(Float64Array::from(vec![0.1]))),
        (
            "grade",
            Arc::new(DictionaryArray::<Int32Type>::from_iter(["hot"])),
        ),
        ("tags", Arc::new(tags)),
        (
            "kyc",
            Arc::new(StructArray::from(vec![(
                Arc::new(Field::new("Status", DataType::Utf8, true)),
                statuses,
            )])),
        ),
    ])
    .unwrap();
    let file = desk.parquet("all.parquet", &batch);
    desk.leads(
        r#""EmailAddress" VARCHAR, "mx_Born" DATE, "mx_Until" TIMESTAMP, "mx_Price" DECIMAL(12, 2),
           "mx_Ratio" DOUBLE, "mx_Grade" VARCHAR, "mx_Tags" VARCHAR[], "mx_KYC" STRUCT<"Status" VARCHAR>,
           "mx_Extra.Note" VARCHAR"#,
    )
    .await;
    let insert = format!("INSERT INTO leads SELECT *, 'noted' FROM '{file}'");
    assert_eq!(desk.insert(&insert).await, 1);

    let leads = desk.emulator.leads();
    let lead = &leads[0];
    for (attribute, value) in [
        ("mx_Born", "2000-01-01"),
        ("mx_Until", "2300-01-01 00:00:00"),
        ("mx_Price", "123.45"),
        ("mx_Ratio", "0.1"),
        ("mx_Grade", "hot"),
        ("mx_Tags", "a;b"),
    ] {
        assert_eq!(lead.get(attribute), Some(value), "{attribute}");
    }
    assert_eq!(lead.get_in("mx_KYC", "Status"), Some("Pending"));
    assert_eq!(lead.get_in("mx_Extra", "Note"), Some("noted"), "{lead:?}");
}

#[tokio::test]
async fn an_explain_sends_nothing_and_an_explain_analyze_delivers_and_counts() {
    let desk = Desk::new().await;
    desk.leads(r#""EmailAddress" VARCHAR"#).await;
    let insert =
        "INSERT INTO leads VALUES ('a@example.com'), ('b@example.com'), ('a@example.com'), (NULL)";

    let plan = desk.sql(&format!("EXPLAIN {insert}")).await;
    assert_eq!(desk.emulator.call_count(), 0);
    assert!(
        format!("{plan:?}")
            .contains("LeadsInsert(account=main, columns=[EmailAddress], statement="),
        "{plan:?}"
    );

    let analyzed = desk.sql(&format!("EXPLAIN ANALYZE {insert}")).await;
    let analyzed = format!("{analyzed:?}");
    for metric in [
        "read=4",
        "created=2",
        "duplicate=1",
        "rejected=1",
        "not_sent=0",
        "calls_answered=2",
        "calls_throttled=0",
    ] {
        assert!(analyzed.contains(metric), "{metric} is not in {analyzed}");
    }
    assert_eq!(desk.emulator.lead_count(), 2);
    desk.books(4).await;
}

#[tokio::test]
async fn an_aggregate_and_a_join_arrive_as_one_stream() {
    let desk = Desk::with(Emulator::builder()).await;
    let file = desk.parquet("people.parquet", &people(0, 900));
    desk.leads(r#""EmailAddress" VARCHAR, "mx_City" VARCHAR, "mx_Neighbours" BIGINT"#)
        .await;
    desk.sql("SET datafusion.execution.target_partitions = 4")
        .await;
    let created = desk
        .insert(&format!(
            "INSERT INTO leads SELECT p.email, p.city, c.people FROM '{file}' p \
             JOIN (SELECT city, count(*) AS people FROM '{file}' GROUP BY city) c ON p.city = c.city"
        ))
        .await;
    assert_eq!(created, 600);
    let mut per_city = std::collections::BTreeMap::new();
    for i in (0..900).filter(|i| i % 3 > 0) {
        *per_city.entry(format!("city {}", i % 7)).or_insert(0) += 1;
    }
    let leads = desk.emulator.leads();
    for i in (0..900).filter(|i| i % 3 > 0) {
        let lead = find(&leads, &format!("Person{i}@Example.com"));
        let city = format!("city {}", i % 7);
        assert_eq!(
            lead.get("mx_Neighbours"),
            Some(per_city[&city].to_string().as_str())
        );
        assert_eq!(lead.get("mx_City"), Some(city.as_str()));
    }
    desk.books(600).await;
}
