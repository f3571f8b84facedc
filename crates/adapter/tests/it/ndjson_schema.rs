//! NDJSON whose columns and types are given.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, IntervalUnit, Schema, SchemaRef, TimeUnit};
use leadsquared_adapter::{Error, ReadOptions};
use leadsquared_core::Mapping;

use crate::helpers::{chain, lines, numbered, read, try_read};

fn given(fields: &[(&str, DataType)]) -> ReadOptions {
    let field = |(name, data_type): &(&str, DataType)| Field::new(*name, data_type.clone(), true);
    ReadOptions::new().with_schema(schema(fields.iter().map(field).collect()))
}

fn schema(fields: Vec<Field>) -> SchemaRef {
    Arc::new(Schema::new(fields))
}

#[tokio::test]
async fn columns_are_those_of_the_schema_and_other_keys_are_ignored() {
    let options = given(&[
        ("b", DataType::Utf8),
        ("gone", DataType::Int32),
        ("a", DataType::Int64),
    ]);
    let text = "{\"a\":1,\"b\":2.50,\"c\":[{\"x\":[1,{}]}]}\n{\"c\":null,\"b\":\"x\"}\n{}\n";
    let read = read(text, &options).await;
    let schema = read.batches[0].batch.schema();
    assert_eq!(Some(&schema), options.schema());
    assert_eq!(read.column("a"), numbered(&[(1, "1")]));
    assert_eq!(read.column("b"), numbered(&[(1, "2.50"), (2, "x")]));
    assert_eq!(read.numbers(), [1, 2, 3]);
    assert_eq!(read.unreadable(), []);
}

#[tokio::test]
async fn a_value_that_does_not_fit_costs_its_line_and_names_the_column() {
    let kyc = DataType::Struct(Fields::from(vec![Field::new(
        "level",
        DataType::Int8,
        true,
    )]));
    let options = given(&[
        ("n", DataType::Int8),
        ("on", DataType::Date32),
        ("t", DataType::new_list(DataType::Int64, true)),
        ("kyc", kyc),
        ("ok", DataType::Boolean),
    ]);
    let cases = [
        (r#"{"n":1}"#, None),
        (
            r#"{"n":300}"#,
            Some("column \"n\": failed to parse 300 as Int8"),
        ),
        (
            r#"{"n":"x"}"#,
            Some("column \"n\": failed to parse \"x\" as Int8"),
        ),
        (
            r#"{"n":1.5}"#,
            Some("column \"n\": a number with a fraction is no Int8"),
        ),
        (r#"{"n":1e1}"#, None),
        (r#"{"n":[1]}"#, Some("column \"n\": expected primitive")),
        (
            r#"{"on":"2024-02-30"}"#,
            Some("column \"on\": failed to parse"),
        ),
        (r#"{"on":"2024-02-29"}"#, None),
        (
            r#"{"on":1.5}"#,
            Some("column \"on\": a number with a fraction is no Date32"),
        ),
        (
            r#"{"t":[1,2.5]}"#,
            Some("column \"t\": a number with a fraction is no Int64"),
        ),
        (r#"{"t":7}"#, Some("column \"t\": expected [ got 7")),
        (
            r#"{"kyc":{"level":1000}}"#,
            Some("column \"kyc.level\": failed to parse 1000 as Int8"),
        ),
        (
            r#"{"kyc":{"level":1.5}}"#,
            Some("column \"kyc.level\": a number with a fraction is no Int8"),
        ),
        (r#"{"kyc":"x"}"#, Some("column \"kyc\": expected {")),
        (r#"{"ok":1}"#, Some("column \"ok\": expected boolean got 1")),
        (r#"{"n":"bad","ok":true"#, Some("not valid JSON: EOF")),
        (r#"{"n":7}"#, None),
    ];
    let text = lines(cases.iter().map(|(line, _)| (*line).to_owned()));
    for rows in [1, 5, 100] {
        let read = read(text.clone(), &options.clone().with_batch_rows(rows)).await;
        let mut reasons = read.unreadable().into_iter();
        for (index, (line, reason)) in cases.iter().enumerate() {
            let number = index as u64 + 1;
            assert_eq!(read.numbers().contains(&number), reason.is_none(), "{line}");
            if let Some(part) = reason {
                let (row, reason) = reasons.next().unwrap();
                assert_eq!(row, number, "{line}: {reason}");
                assert!(reason.contains(part), "{line}: {reason}");
            }
        }
        assert_eq!(reasons.next(), None);
        assert_eq!(
            read.column("n"),
            numbered(&[(1, "1"), (5, "10"), (17, "7")])
        );
        assert_eq!(read.column("on"), numbered(&[(8, "2024-02-29")]));
    }
}

#[tokio::test]
async fn a_null_where_none_may_be_costs_its_line() {
    let options = ReadOptions::new().with_schema(schema(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("b", DataType::Utf8, true),
    ]));
    let read = read(
        "{\"id\":1}\n{\"b\":\"x\"}\n{\"id\":null}\n{\"id\":4}\n",
        &options,
    )
    .await;
    assert_eq!(read.column("id"), numbered(&[(1, "1"), (4, "4")]));
    let reasons = read.unreadable();
    assert_eq!(
        reasons
            .iter()
            .map(|(number, _)| *number)
            .collect::<Vec<_>>(),
        [2, 3]
    );
    assert!(
        reasons.iter().all(|(_, reason)| reason.contains("id")),
        "{reasons:?}"
    );
}

#[tokio::test]
async fn timestamps_and_decimals_are_read_by_arrow() {
    let options = given(&[
        (
            "at",
            DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        ),
        ("sum", DataType::Decimal128(20, 2)),
    ]);
    let read = read(
        "{\"at\":\"2024-05-06T07:08:09.123+02:00\",\"sum\":12345678901234567.89}\n",
        &options,
    )
    .await;
    assert_eq!(
        read.column("at"),
        numbered(&[(1, "2024-05-06T05:08:09.123Z")])
    );
    assert_eq!(read.column("sum"), numbered(&[(1, "12345678901234567.89")]));
}

#[tokio::test]
async fn dropped_columns_are_left_out_and_never_a_reason() {
    let mapping = Mapping::new().drop_column("x");
    let options = given(&[("a", DataType::Int64), ("x", DataType::Int64)]).with_mapping(mapping);
    let read = read("{\"a\":1,\"x\":1.5}\n{\"a\":2,\"x\":[{}]}\n", &options).await;
    assert_eq!(read.column("a"), numbered(&[(1, "1"), (2, "2")]));
    assert_eq!(read.types("x"), ["-"]);
}

#[tokio::test]
async fn a_schema_that_json_can_not_fill_is_an_error() {
    let interval = given(&[("a", DataType::Interval(IntervalUnit::DayTime))]);
    let error = try_read("leads.ndjson", "{\"a\":1}\n", &interval)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Schema { .. }), "{error}");
    let text = chain(&error);
    assert!(
        text.starts_with("leads.ndjson: JSON can't be read into the given schema"),
        "{text}"
    );
    assert!(text.contains("Interval"), "{text}");
}

#[tokio::test]
async fn a_schema_of_no_kept_columns_still_counts_rows() {
    let mapping = Mapping::new().drop_column("a");
    let options = given(&[("a", DataType::Int64)]).with_mapping(mapping);
    let read = read("{\"a\":1}\nbad\n{}\n", &options).await;
    assert_eq!(read.numbers(), [1, 3]);
    assert_eq!(read.unreadable().len(), 1);
}
