//! Any objects at all: each value arrives, compared with what `serde_json` reads.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use leadsquared_adapter::ReadOptions;
use proptest::prelude::*;
use serde_json::{Map, Number, Value};

use crate::helpers::{Read, sample, try_read};

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..3).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(|value: f64| Value::from((value * 4.0).round() / 4.0)),
        prop::num::f64::NORMAL
            .prop_map(|value| Number::from_f64(value).map_or(Value::Null, Value::from)),
        any::<String>().prop_map(Value::from),
        "[0-9.]{0,3}".prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[ab]", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn object(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let key = prop_oneof!["[a-c]", "[a-c]", any::<String>()];
    prop::collection::btree_map(key, value, 0..5)
        .prop_map(|map: BTreeMap<_, _>| map.into_iter().collect())
}

/// Whether `array` holds `value` at `row`: the same text, or the same number where it has a number.
fn holds(array: &ArrayRef, row: usize, value: &Value) -> bool {
    if array
        .logical_nulls()
        .is_some_and(|nulls| nulls.is_null(row))
    {
        return value.is_null();
    }
    match (array.data_type(), value) {
        (DataType::Boolean, Value::Bool(value)) => array.as_boolean().value(row) == *value,
        (DataType::Int64, Value::Number(value)) => {
            value.as_i64() == Some(array.as_primitive::<Int64Type>().value(row))
        }
        (DataType::Float64, Value::Number(value)) => {
            // Bit for bit, and no whole number may have been rounded on its way.
            let float = array.as_primitive::<Float64Type>().value(row);
            let same = value.to_string().parse::<f64>().unwrap().to_bits() == float.to_bits();
            same && value
                .as_i128()
                .is_none_or(|whole| format!("{float}") == whole.to_string())
        }
        (DataType::Utf8, Value::String(value)) => array.as_string::<i32>().value(row) == value,
        (DataType::Utf8, value @ (Value::Bool(_) | Value::Number(_))) => {
            *array.as_string::<i32>().value(row) == *value.to_string()
        }
        (DataType::List(_), Value::Array(values)) => {
            let items = array.as_list::<i32>().value(row);
            items.len() == values.len()
                && values
                    .iter()
                    .enumerate()
                    .all(|(at, value)| holds(&items, at, value))
        }
        (DataType::Struct(fields), Value::Object(object)) => {
            let array = array.as_struct();
            object
                .keys()
                .all(|key| fields.iter().any(|field| field.name() == key))
                && fields.iter().zip(array.columns()).all(|(field, column)| {
                    holds(
                        column,
                        row,
                        object.get(field.name()).unwrap_or(&Value::Null),
                    )
                })
        }
        _ => false,
    }
}

fn run(text: &str, options: &ReadOptions) -> Result<Read, leadsquared_adapter::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(try_read("leads.ndjson", text, options))
}

/// Checks that each row holds its object, and gives the number of rows.
fn check(read: &Read, objects: &[Map<String, Value>]) -> Result<usize, TestCaseError> {
    let mut rows = 0;
    for batch in &read.batches {
        let table: ArrayRef =
            std::sync::Arc::new(arrow::array::StructArray::from(batch.batch.clone()));
        for row in 0..table.len() {
            let number = usize::try_from(batch.origin.row(row).number).unwrap();
            let object = Value::Object(objects[number - 1].clone());
            prop_assert!(
                holds(&table, row, &object),
                "row {number}: {object} as {:?}",
                batch.batch.slice(row, 1)
            );
            rows += 1;
        }
    }
    Ok(rows)
}

fn options() -> impl Strategy<Value = ReadOptions> {
    (1_usize..12, 1_usize..6).prop_map(|(lines, rows)| sample(lines).with_batch_rows(rows))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn plain_values_all_arrive(
        mut objects in prop::collection::vec(object(scalar()), 0..12),
        options in options(),
    ) {
        objects.insert(0, Map::new()); // something that can be read
        let text: String = objects.iter().map(|object| serde_json::to_string(object).unwrap() + "\n").collect();
        let read = run(&text, &options).unwrap().whole();
        // A key without a name makes no attribute: the only reason there is.
        let unreadable = read.unreadable();
        prop_assert!(unreadable.iter().all(|(_, reason)| reason.contains("no attribute name")), "{unreadable:?}");
        let rows = check(&read, &objects)?;
        prop_assert_eq!(rows + unreadable.len(), objects.len());
    }

    #[test]
    fn any_value_arrives_or_its_line_is_named(
        mut objects in prop::collection::vec(object(value()), 0..12),
        options in options(),
    ) {
        objects.insert(0, Map::new()); // something that can be read
        let text: String = objects.iter().map(|object| serde_json::to_string(object).unwrap() + "\n").collect();
        let read = run(&text, &options).unwrap().whole();
        let unreadable = read.unreadable();
        for (number, reason) in &unreadable {
            prop_assert!(reason.contains("column"), "{}: {}", number, reason);
        }
        let rows = check(&read, &objects)?;
        prop_assert_eq!(rows + unreadable.len(), objects.len());
    }

    #[test]
    fn any_bytes_are_rows_or_named_lines(
        lines in prop::collection::vec(prop_oneof![
            Just(b"{\"a\":1}".to_vec()),
            prop::collection::vec(any::<u8>(), 0..20),
            r#"[\[\]{}":,0-9ae.\\-]{0,20}"#.prop_map(String::into_bytes),
        ], 0..12),
    ) {
        let mut text = b"{\"a\":0}\n".to_vec();
        text.extend(lines.join(&b'\n'));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let read = runtime.block_on(try_read("leads.ndjson", text.clone(), &sample(3))).unwrap().whole();
        let blank = |line: &&[u8]| line.iter().all(|byte| b" \t\r".contains(byte));
        let expected = text.split(|&byte| byte == b'\n').filter(|line| !blank(line)).count();
        prop_assert_eq!(read.numbers().len() + read.unreadable().len(), expected);
    }
}
