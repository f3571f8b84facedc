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
    /// Whole numbers that fit 64 bits; `exact` if each of them is an f64 too.
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
    pub(super) fn int(value: i64) -> Self {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "to see if it is lossless"
        )]
        let exact = value != i64::MAX && (value as f64) as i64 == value;
        Self::Int { exact }
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

    /// The shape whose values surely fit `data_type`; those of [`Any`](Self::Any) may.
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
            _ => Self::Any,
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
