//! One line of JSON, read strictly: is it JSON, does it fit, and if not, what does it look like?

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::shape::{Columns, Shape};

/// Whether `line` is one JSON object all of whose values fit `known` as they are.
///
/// Allocates nothing, so that the lines of an export that is all alike cost little. `open` lets keys
/// pass that `known` doesn't have.
pub(super) fn fits(line: &[u8], known: &Shape, open: bool) -> bool {
    let mut json = serde_json::Deserializer::from_slice(line);
    line.trim_ascii_start().starts_with(b"{")
        && (Fits { known, open }).deserialize(&mut json).is_ok()
        && json.end().is_ok()
}

/// What `line` looks like, or for people why it isn't one JSON object.
///
/// The grammar is RFC 8259's, to the letter: no NaN, no trailing commas, no lone surrogates, no
/// invalid UTF-8, nothing after the object, and no deeper than 128. Of a key that comes twice, the
/// last value counts.
pub(super) fn shape(line: &[u8]) -> Result<Shape, String> {
    let mut json = serde_json::Deserializer::from_slice(line);
    let scanned = Scan
        .deserialize(&mut json)
        .and_then(|shape| json.end().map(|()| shape));
    match scanned {
        Ok(shape @ Shape::Struct(_)) => Ok(shape),
        Ok(other) => Err(format!(
            "expected a JSON object, found {}",
            describe(&other)
        )),
        Err(error) => Err(reason(&error)),
    }
}

fn describe(shape: &Shape) -> &'static str {
    match shape {
        Shape::Null => "null",
        Shape::Bool => "a boolean",
        Shape::Text => "a string", // or a number beyond 64 bits, which nobody has at the top
        Shape::Int { .. } | Shape::Float { .. } => "a number",
        _ => "a list",
    }
}

/// What `serde_json` says, without its own line number: it sees one line.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let what = text.strip_suffix(&place).unwrap_or(&text);
    format!("not valid JSON: {what} at column {}", error.column())
}

/// Reads a value into its shape.
struct Scan;

impl<'de> DeserializeSeed<'de> for Scan {
    type Value = Shape;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Shape, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scan {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Bool)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Shape, E> {
        Ok(Shape::int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Shape, E> {
        Ok(i64::try_from(value).map_or(Shape::Text, Shape::int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Shape, E> {
        Ok(Shape::float(value))
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::Text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Shape, A::Error> {
        let mut items = Shape::Null;
        let mut mixed = None;
        while let Some(item) = list.next_element_seed(Scan)? {
            if let Err(conflict) = items.merge(item, "") {
                mixed = mixed.or(Some(conflict.kinds));
            }
        }
        Ok(match mixed {
            Some((known, new)) => Shape::Mixed(known, new),
            None => Shape::List(Box::new(items)),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Shape, A::Error> {
        let mut columns = Columns::new();
        while let Some(name) = object.next_key::<String>()? {
            let shape = object.next_value_seed(Scan)?;
            columns.insert(name, shape);
        }
        Ok(Shape::Struct(columns))
    }
}

/// Reads a value and compares it with what is known; any difference is an error.
#[derive(Clone, Copy)]
struct Fits<'k> {
    known: &'k Shape,
    open: bool,
}

/// Strings inside are still read, since skipping them would skip their checks.
static ANY: Shape = Shape::Any;

impl<'k> Fits<'k> {
    fn inside(self, known: &'k Shape) -> Self {
        Self { known, ..self }
    }

    fn check<E: serde::de::Error>(self, scalar: &Shape) -> Result<(), E> {
        if self.known.takes(scalar) {
            Ok(())
        } else {
            Err(differs())
        }
    }
}

fn differs<E: serde::de::Error>() -> E {
    E::custom("differs")
}

impl<'de> DeserializeSeed<'de> for Fits<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Fits<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.check(&Shape::Bool)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.check(&Shape::int(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.check(&i64::try_from(value).map_or(Shape::Text, Shape::int))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        self.check(&Shape::float(value))
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        self.check(&Shape::Text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let items = match self.known {
            Shape::List(items) => self.inside(items),
            Shape::Any => self,
            _ => return Err(differs()),
        };
        while list.next_element_seed(items)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let columns = match self.known {
            Shape::Struct(columns) => Some(columns),
            Shape::Any => None,
            _ => return Err(differs()),
        };
        while let Some(known) = object.next_key_seed(Key { columns })? {
            let known = match known {
                Some(known) => known,
                None if self.open || columns.is_none() => &ANY,
                None => return Err(differs()),
            };
            object.next_value_seed(self.inside(known))?;
        }
        Ok(())
    }
}

/// Looks a key up without keeping it.
struct Key<'k> {
    columns: Option<&'k Columns>,
}

impl<'de, 'k> DeserializeSeed<'de> for Key<'k> {
    type Value = Option<&'k Shape>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'k> Visitor<'_> for Key<'k> {
    type Value = Option<&'k Shape>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.columns.and_then(|columns| columns.get(key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shape of all `lines`.
    fn known(lines: &[&str]) -> Shape {
        let mut known = Shape::Struct(Columns::new());
        for line in lines {
            known.merge(shape(line.as_bytes()).unwrap(), "").unwrap();
        }
        known
    }

    #[test]
    fn a_line_fits_if_it_brings_nothing_new() {
        let known = known(&[
            r#"{"i":1,"f":0.5,"t":"x","b":true,"n":null,"l":[1],"s":{"x":1},"big":9007199254740993}"#,
        ]);
        let fits = |line: &str| fits(line.as_bytes(), &known, false);
        for line in [
            "{}",
            " {\"i\":2} ",
            r#"{"i":null,"l":null,"s":null,"n":null}"#,
            r#"{"f":1}"#,
            r#"{"f":1.0}"#,
            r#"{"t":1,"t":true,"t":123456789012345678901}"#,
            r#"{"l":[],"s":{}}"#,
            r#"{"l":[1,null]}"#,
            r#"{"big":9007199254740993}"#,
        ] {
            assert!(fits(line), "{line}");
        }
        for line in [
            r#"{"new":1}"#,
            r#"{"new":null}"#,
            r#"{"i":0.5}"#,
            r#"{"i":9007199254740993}"#,
            r#"{"i":"x"}"#,
            r#"{"f":9007199254740993}"#,
            r#"{"f":1e300}"#,
            r#"{"b":1}"#,
            r#"{"n":1}"#,
            r#"{"l":["x"]}"#,
            r#"{"l":1}"#,
            r#"{"s":{"new":1}}"#,
            r#"{"s":[]}"#,
            r#"{"t":[]}"#,
            r#"{"t":{}}"#,
            "null",
            "[]",
            "",
            "{",
            "{} {}",
            r#"{"t":"\ud800"}"#,
        ] {
            assert!(!fits(line), "{line}");
        }
    }

    #[test]
    fn what_is_dropped_or_ignored_must_still_be_json() {
        let mut known = known(&[r#"{"a":1}"#]);
        known
            .merge(
                Shape::Struct(Columns::from([("x".to_owned(), Shape::Any)])),
                "",
            )
            .unwrap();
        assert!(fits(br#"{"x":[1,{"y":["z"]}]}"#, &known, false));
        assert!(!fits(br#"{"y":1}"#, &known, false));
        assert!(fits(br#"{"y":[1,{"y":["z"]}]}"#, &known, true));
        for line in [
            r#"{"x":["\ud800"]}"#,
            r#"{"y":{"\ud800":1}}"#,
            "{\"y\":\"\t\"}",
        ] {
            assert!(!fits(line.as_bytes(), &known, true), "{line}");
        }
    }

    #[test]
    fn lists_of_two_kinds_are_mixed() {
        let list = |line: &str| shape(line.as_bytes()).unwrap().columns().unwrap()["a"].clone();
        assert_eq!(
            list(r#"{"a":[1,{}]}"#),
            Shape::Mixed(
                super::super::shape::Kind::Scalar,
                super::super::shape::Kind::Object
            )
        );
        assert!(matches!(list(r#"{"a":[null,[1,{}]]}"#), Shape::Mixed(..)));
        assert!(matches!(list(r#"{"a":[{"x":[1,{}]}]}"#), Shape::Mixed(..)));
        assert_eq!(
            list(r#"{"a":[1,null,"x"]}"#),
            Shape::List(Box::new(Shape::Text))
        );
    }
}
