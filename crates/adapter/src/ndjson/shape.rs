//! What JSON values look like, and what two looks have in common.

use std::fmt;

use arrow::datatypes::{DataType, Field, Fields, SchemaRef};
use indexmap::IndexMap;
use leadsquared_core::Mapping;

/// What a value, or all values of a column so far, look like.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// Anything: the mapping drops it.
    Any,
    /// Nothing but null.
    Null,
    Bool,
    /// Whole numbers that fit 64 bits; `exact` if they keep their digits as f64.
    Int {
        exact: bool,
    },
    /// Numbers; `whole` if none has a fraction.
    Float {
        whole: bool,
    },
    /// Strings, or scalars of several kinds, whose own text is kept.
    Text,
    List(Box<Shape>),
    Struct(Columns),
    /// A list with values of two kinds, of which no column can be made.
    Mixed(Kind, Kind),
}

/// The shapes of an object's values, in the order their keys first came.
pub(super) type Columns = IndexMap<String, Shape>;

/// The kinds of values that can't share a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Scalar,
    List,
    Object,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scalar => "plain values",
            Self::List => "lists",
            Self::Object => "objects",
        })
    }
}

/// Two kinds of values in one column.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    path: String,
    /// What the column holds so far, and what came.
    pub(super) kinds: (Kind, Kind),
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (known, new) = self.kinds;
        write!(
            f,
            "column \"{}\" can't hold both {known} and {new}",
            self.path
        )
    }
}

impl Shape {
    /// The shape of a whole number.
    ///
    /// Exact up to 2^53. Beyond it an f64 may hold the number and still be written with other
    /// digits: the shortest text of 2^55 is 36028797018963970.
    pub(super) fn int(value: i64) -> Self {
        Self::Int {
            exact: value.unsigned_abs() <= 1 << 53,
        }
    }

    /// The shape of a number that isn't a whole number of 64 bits.
    ///
    /// From 2^63 on it is [`Text`](Self::Text): `serde_json` gives whole numbers of that size as
    /// floats, and their digits must not get lost.
    pub(super) fn float(value: f64) -> Self {
        const PRECISE: f64 = 9_007_199_254_740_992.0; // 2^53
        const BEYOND: f64 = 9_223_372_036_854_775_808.0; // 2^63
        if value.abs() >= BEYOND {
            return Self::Text;
        }
        Self::Float {
            whole: value.fract() == 0.0 && value.abs() < PRECISE,
        }
    }

    /// The kind, unless this goes with any.
    pub(super) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Any | Self::Null => None,
            Self::Bool | Self::Int { .. } | Self::Float { .. } | Self::Text => Some(Kind::Scalar),
            Self::List(_) | Self::Mixed(..) => Some(Kind::List),
            Self::Struct(_) => Some(Kind::Object),
        }
    }

    /// The shape of all columns of an object.
    pub(super) fn columns(&self) -> Option<&Columns> {
        match self {
            Self::Struct(columns) => Some(columns),
            _ => None,
        }
    }

    /// Widens this shape so that `other` fits too; `path` is the column this is.
    ///
    /// On a conflict, this is widened by all but what is in conflict.
    pub(super) fn merge(&mut self, other: Self, path: &str) -> Result<(), Conflict> {
        use Shape as S;
        let conflict = |known, new| {
            Err(Conflict {
                path: path.to_owned(),
                kinds: (known, new),
            })
        };
        if let S::Mixed(known, new) = other
            && *self != S::Any
        {
            return conflict(known, new);
        }
        let merged = match (&mut *self, other) {
            (S::Any, _) | (_, S::Any) => S::Any,
            (_, S::Null) | (S::Float { .. }, S::Int { exact: true }) => return Ok(()),
            // Not as it is: there may be a conflict inside.
            (known @ S::Null, S::Struct(new)) => {
                *known = S::Struct(Columns::new());
                return known.merge(S::Struct(new), path);
            }
            (S::Null, other) => other,
            (S::Int { exact: a }, S::Int { exact: b }) => S::Int { exact: *a && b },
            (S::Float { whole: a }, S::Float { whole: b }) => S::Float { whole: *a && b },
            (S::Int { exact: true }, float @ S::Float { .. }) => float,
            (S::List(known), S::List(new)) => return known.merge(*new, path),
            (S::Struct(known), S::Struct(new)) => return merge_columns(known, new, path),
            (known, other) => match (known.kind(), other.kind()) {
                (Some(Kind::Scalar), Some(Kind::Scalar)) if *known == other => return Ok(()),
                (Some(Kind::Scalar), Some(Kind::Scalar)) => S::Text,
                (Some(known), Some(new)) => return conflict(known, new),
                _ => return Ok(()),
            },
        };
        *self = merged;
        Ok(())
    }

    /// Replaces what the mapping drops with [`Any`](Self::Any).
    pub(super) fn mask(&mut self, mapping: &Mapping, parent: &str) {
        let Self::Struct(columns) = self else {
            return;
        };
        for (name, shape) in columns {
            let path = path(parent, name);
            if mapping.attribute(&path).is_none() {
                *shape = Self::Any;
            } else {
                shape.mask(mapping, &path);
            }
        }
    }

    /// Whether a plain value that looks like `scalar` fits as it is.
    pub(super) fn takes(&self, scalar: &Self) -> bool {
        match (self, scalar) {
            (Self::Any | Self::Text, _)
            | (Self::Bool, Self::Bool)
            | (Self::Float { .. }, Self::Int { exact: true }) => true,
            (Self::Int { exact: all }, Self::Int { exact: this })
            | (Self::Float { whole: all }, Self::Float { whole: this }) => !all || *this,
            _ => false,
        }
    }

    /// How many columns are kept, those inside structs included.
    pub(super) fn width(&self) -> usize {
        match self {
            Self::Struct(columns) => columns
                .values()
                .filter(|shape| **shape != Self::Any)
                .map(|shape| 1 + shape.width())
                .sum(),
            Self::List(items) => items.width(),
            _ => 0,
        }
    }

    /// The Arrow type that holds all values of this shape.
    pub(super) fn data_type(&self) -> DataType {
        match self {
            Self::Any | Self::Null => DataType::Null,
            Self::Bool => DataType::Boolean,
            Self::Int { .. } => DataType::Int64,
            Self::Float { .. } => DataType::Float64,
            Self::Text | Self::Mixed(..) => DataType::Utf8,
            Self::List(items) => DataType::new_list(items.data_type(), true),
            Self::Struct(columns) => DataType::Struct(fields(columns)),
        }
    }

    /// A shape whose values fit `data_type`, or are found out by the decoder if they don't.
    ///
    /// That is [`Null`](Self::Null), which takes no value, for types that the decoder would silently
    /// squeeze numbers into.
    pub(super) fn of(data_type: &DataType) -> Self {
        use DataType as T;
        match data_type {
            T::Null => Self::Null,
            T::Boolean => Self::Bool,
            T::Utf8 | T::LargeUtf8 | T::Utf8View => Self::Text,
            T::Float16 | T::Float32 | T::Float64 => Self::Float { whole: false },
            _ if data_type.is_integer() => Self::Int { exact: false },
            T::List(items) | T::LargeList(items) => {
                Self::List(Box::new(Self::of(items.data_type())))
            }
            T::Struct(fields) => Self::Struct(
                fields
                    .iter()
                    .map(|field| (field.name().clone(), Self::of(field.data_type())))
                    .collect(),
            ),
            _ if data_type.is_decimal() || data_type.is_binary() => Self::Any,
            _ => Self::Null,
        }
    }
}

fn merge_columns(known: &mut Columns, new: Columns, parent: &str) -> Result<(), Conflict> {
    let mut result = Ok(());
    for (name, shape) in new {
        let path = path(parent, &name);
        let merged = known.entry(name).or_insert(Shape::Null).merge(shape, &path);
        result = result.and(merged); // the first conflict, and all that goes together
    }
    result
}

/// The path of the column `name` inside the struct `parent`, or at the top if that is empty.
pub(super) fn path(parent: &str, name: &str) -> String {
    match parent {
        "" => name.to_owned(),
        parent => format!("{parent}.{name}"),
    }
}

/// Fields for `columns`, without those that are dropped.
pub(super) fn fields(columns: &Columns) -> Fields {
    columns
        .iter()
        .filter(|(_, shape)| **shape != Shape::Any)
        .map(|(name, shape)| Field::new(name, shape.data_type(), true))
        .collect()
}

/// The shape of the lines that `schema` takes.
pub(super) fn of_schema(schema: &SchemaRef) -> Shape {
    Shape::of(&DataType::Struct(schema.fields().clone()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scalar() -> impl Strategy<Value = Shape> {
        prop_oneof![
            Just(Shape::Null),
            Just(Shape::Bool),
            any::<bool>().prop_map(|exact| Shape::Int { exact }),
            any::<bool>().prop_map(|whole| Shape::Float { whole }),
            Just(Shape::Text),
        ]
    }

    fn shape() -> impl Strategy<Value = Shape> {
        scalar().prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(|items| Shape::List(Box::new(items))),
                prop::collection::btree_map("[ab]", inner, 0..3)
                    .prop_map(|columns| Shape::Struct(columns.into_iter().collect())),
            ]
        })
    }

    fn merged(a: &Shape, b: &Shape) -> Result<Shape, Conflict> {
        let mut merged = a.clone();
        merged.merge(b.clone(), "x")?;
        Ok(merged)
    }

    proptest! {
        #[test]
        fn merging_goes_in_any_order(a in shape(), b in shape(), c in shape()) {
            let forth = merged(&a, &b).and_then(|ab| merged(&ab, &c));
            let back = merged(&c, &b).and_then(|cb| merged(&cb, &a));
            if let (Ok(forth), Ok(back)) = (&forth, &back) {
                prop_assert_eq!(sorted(forth), sorted(back));
            }
            // A conflict is one in any order, but null hides nothing.
            prop_assert_eq!(forth.is_ok(), back.is_ok());
        }

        #[test]
        fn what_is_known_changes_nothing(a in shape(), b in shape()) {
            if let Ok(both) = merged(&a, &b) {
                for one in [&a, &b] {
                    let again = merged(&both, one);
                    prop_assert_eq!(again.as_ref(), Ok(&both));
                }
            }
        }

        #[test]
        fn what_is_taken_changes_nothing(known in scalar(), new in scalar()) {
            if known.takes(&new) {
                prop_assert_eq!(merged(&known, &new), Ok(known));
            }
        }

        #[test]
        fn exact_whole_numbers_keep_their_digits_as_floats(value in -(1_i64 << 53)..=1 << 53) {
            prop_assert_eq!(Shape::int(value), Shape::Int { exact: true });
            #[expect(clippy::cast_precision_loss, reason = "that is the question")]
            let float = value as f64;
            prop_assert_eq!(float.to_string(), value.to_string());
        }
    }

    /// The columns in order of their names: order is not what merging in any order keeps.
    fn sorted(shape: &Shape) -> Shape {
        match shape {
            Shape::List(items) => Shape::List(Box::new(sorted(items))),
            Shape::Struct(columns) => {
                let mut columns: Columns = columns
                    .iter()
                    .map(|(name, shape)| (name.clone(), sorted(shape)))
                    .collect();
                columns.sort_keys();
                Shape::Struct(columns)
            }
            other => other.clone(),
        }
    }

    #[test]
    fn numbers_from_2_to_the_63_on_keep_their_digits() {
        assert_eq!(
            Shape::float(9_223_372_036_854_774_784.0),
            Shape::Float { whole: false }
        );
        assert_eq!(Shape::float(9_223_372_036_854_775_808.0), Shape::Text);
        assert_eq!(Shape::float(-1e300), Shape::Text);
        assert_eq!(Shape::float(-0.0), Shape::Float { whole: true });
        assert_eq!(Shape::float(0.5), Shape::Float { whole: false });
        assert_eq!(Shape::int(i64::MAX), Shape::Int { exact: false });
        assert_eq!(Shape::int(i64::MIN), Shape::Int { exact: false });
        assert_eq!(Shape::int((1 << 53) + 1), Shape::Int { exact: false });
    }

    #[test]
    fn a_conflict_keeps_the_rest() {
        let of = |columns: &[(&str, Shape)]| {
            Shape::Struct(
                columns
                    .iter()
                    .map(|(name, shape)| ((*name).to_owned(), shape.clone()))
                    .collect(),
            )
        };
        let mut known = of(&[("a", Shape::Bool)]);
        let list = Shape::List(Box::new(Shape::Bool));
        let conflict = known
            .merge(of(&[("a", list), ("b", Shape::Text)]), "")
            .unwrap_err();
        assert_eq!(
            conflict.to_string(),
            "column \"a\" can't hold both plain values and lists"
        );
        assert_eq!(known, of(&[("a", Shape::Bool), ("b", Shape::Text)]));
    }
}
