//! Facts about a field, however they are written. Nothing is known for sure about that, so a fact that can't
//! be understood is taken for not there, and forbids nothing.

use serde_json::Value;

/// A largest length: a number, or a string that is one. Nothing can be held against zero.
pub(super) fn length(value: &Value) -> Option<u64> {
    let length = match value {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_u64(),
    };
    length.filter(|length| *length > 0)
}

pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::String(text) => text.trim().eq_ignore_ascii_case("true") || text.trim() == "1",
        value => value.as_u64() == Some(1),
    }
}

pub(super) fn default_value(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        _ => return None,
    };
    Some(text).filter(|text| !text.trim().is_empty())
}

/// The options: objects with a `Value`, or texts, in an array or in a string that has one. None if it is
/// not plain which options there are: they are not held against anyone then.
pub(super) fn options(value: &Value) -> Option<Vec<String>> {
    let items = match value {
        Value::Array(items) => items,
        Value::String(text) => {
            let inner: Value = serde_json::from_str(text).ok()?;
            return inner.is_array().then(|| options(&inner)).flatten();
        }
        _ => return None,
    };
    let option = |item: &Value| match item {
        Value::String(text) => Some(text.clone()),
        item => Some(item.get("Value")?.as_str()?.to_owned()),
    };
    let options: Option<Vec<String>> = items.iter().map(option).collect();
    Some(
        options?
            .into_iter()
            .filter(|text| !text.trim().is_empty())
            .collect(),
    )
}
