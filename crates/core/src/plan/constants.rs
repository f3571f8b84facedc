//! What every lead gets: written once for all.

use std::sync::Arc;

use crate::encode::json::{attribute_prefix, push_escaped};

/// A constant, or a field set of several.
pub(super) struct Constant<'a> {
    pub(super) attribute: &'a str,
    value: Value<'a>,
}

enum Value<'a> {
    Plain(&'a str),
    Fields(Vec<(&'a str, &'a str)>),
}

impl<'a> Constant<'a> {
    /// The constants in their order; those with a dot in their names are gathered, as columns are.
    pub(super) fn all(constants: &'a [(String, String)]) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for (attribute, value) in constants {
            let Some((set, field)) = attribute.split_once('.') else {
                all.push(Self {
                    attribute,
                    value: Value::Plain(value),
                });
                continue;
            };
            let same = all.iter_mut().find_map(|known| match &mut known.value {
                Value::Fields(fields) if known.attribute == set => Some(fields),
                _ => None,
            });
            match same {
                Some(fields) => fields.push((field, value)),
                None => all.push(Self {
                    attribute: set,
                    value: Value::Fields(vec![(field, value)]),
                }),
            }
        }
        all
    }

    /// Itself in words: `the constant "Webinar"`.
    pub(super) fn words(&self) -> String {
        match &self.value {
            Value::Plain(value) => format!("the constant \"{value}\""),
            Value::Fields(_) => format!("the constants of {}", self.attribute),
        }
    }

    fn write(&self, json: &mut Vec<u8>) {
        json.extend_from_slice(&attribute_prefix(self.attribute));
        match &self.value {
            Value::Plain(value) => push_escaped(value.as_bytes(), json),
            Value::Fields(fields) => {
                json.extend_from_slice(b"\",\"Fields\":");
                let start = json.len();
                for (attribute, value) in fields {
                    json.extend_from_slice(&attribute_prefix(attribute));
                    push_escaped(value.as_bytes(), json);
                    json.extend_from_slice(b"\"}");
                }
                super::column::open_array(start, json);
                json.extend_from_slice(b"]}");
                return;
            }
        }
        json.extend_from_slice(b"\"}");
    }
}

/// The constants' objects, each with a comma before it.
pub(super) fn encode(constants: &[Constant<'_>]) -> Arc<[u8]> {
    let mut json = Vec::new();
    for constant in constants {
        constant.write(&mut json);
    }
    json.into()
}
