//! Which text a type becomes.

use std::fmt;

use arrow::datatypes::DataType;

/// The text that a column's values become.
///
/// Displays as words for a table: `YYYY-MM-DD HH:MM:SS in UTC`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextForm {
    /// A column of nulls: nothing is sent.
    Nothing,
    /// Text as it is.
    Text,
    /// `true` or `false`.
    Boolean,
    /// Digits: `-42`.
    Integer,
    /// All the digits of the scale: `12.50`.
    Decimal,
    /// The shortest digits that read back the same, without an exponent: `0.1`.
    Float,
    /// `YYYY-MM-DD`.
    Date,
    /// `YYYY-MM-DD HH:MM:SS` in UTC; what is finer than a second is cut off.
    Timestamp,
    /// `HH:MM:SS`; what is finer than a second is cut off.
    Time,
    /// The elements' texts joined by `;`.
    Choices,
    /// A struct or a map: `{"Attribute": name, "Value": "", "Fields": [...]}`.
    FieldSet,
}

impl TextForm {
    /// The text form of a type.
    ///
    /// Dictionary and run-end encoded types have the form of their values.
    ///
    /// ```
    /// use arrow::datatypes::{DataType, IntervalUnit};
    /// use leadsquared_core::TextForm;
    ///
    /// assert_eq!(TextForm::of(&DataType::Date32), Ok(TextForm::Date));
    /// assert!(TextForm::of(&DataType::Interval(IntervalUnit::DayTime)).is_err());
    /// ```
    ///
    /// # Errors
    /// For a type without a text form, the reason in words.
    pub fn of(data_type: &DataType) -> Result<Self, &'static str> {
        use DataType as T;
        Ok(match data_type {
            T::Null => Self::Nothing,
            T::Utf8 | T::LargeUtf8 | T::Utf8View => Self::Text,
            T::Boolean => Self::Boolean,
            T::Float16 | T::Float32 | T::Float64 => Self::Float,
            T::Decimal32(..) | T::Decimal64(..) | T::Decimal128(..) | T::Decimal256(..) => {
                Self::Decimal
            }
            data_type if data_type.is_integer() => Self::Integer,
            T::Date32 | T::Date64 => Self::Date,
            T::Timestamp(..) => Self::Timestamp,
            T::Time32(_) | T::Time64(_) => Self::Time,
            T::List(element)
            | T::LargeList(element)
            | T::FixedSizeList(element, _)
            | T::ListView(element)
            | T::LargeListView(element) => match Self::of(element.data_type())? {
                Self::Choices => return Err("a list inside a list has no text form"),
                Self::FieldSet => return Err("a list of structs or maps has no text form"),
                _ => Self::Choices,
            },
            T::Dictionary(_, values) => Self::of_referred(values)?,
            T::RunEndEncoded(_, values) => Self::of_referred(values.data_type())?,
            T::Struct(children) => {
                for child in children {
                    Self::of_child(child.data_type())?;
                }
                Self::FieldSet
            }
            T::Map(entries, _) => {
                map_types(entries.data_type())?;
                Self::FieldSet
            }
            T::Binary | T::LargeBinary | T::BinaryView | T::FixedSizeBinary(_) => {
                return Err("bytes have no text form");
            }
            T::Duration(_) => return Err("a duration has no text form"),
            T::Interval(_) => return Err("an interval has no text form"),
            T::Union(..) => return Err("a union has no text form"),
            _ => return Err("this type has no text form"),
        })
    }

    /// The form of a field inside a custom field set, which can't hold another set.
    pub(super) fn of_child(data_type: &DataType) -> Result<Self, &'static str> {
        match Self::of(data_type)? {
            Self::FieldSet => Err("a custom field set can't hold another one"),
            form => Ok(form),
        }
    }

    fn of_referred(values: &DataType) -> Result<Self, &'static str> {
        match Self::of(values)? {
            Self::FieldSet => {
                Err("a struct or map behind a dictionary or run-end encoding has no text form")
            }
            form => Ok(form),
        }
    }
}

/// Checks the entries of a map: text keys, and values with a text.
pub(super) fn map_types(entries: &DataType) -> Result<(), &'static str> {
    let DataType::Struct(fields) = entries else {
        return Err("a map without entries has no text form");
    };
    let [keys, values] = fields.as_ref() else {
        return Err("a map without keys and values has no text form");
    };
    if TextForm::of(keys.data_type()) != Ok(TextForm::Text) {
        return Err("a map whose keys are not text has no text form");
    }
    TextForm::of_child(values.data_type()).map(drop)
}

impl fmt::Display for TextForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Nothing => "nothing: only nulls",
            Self::Text => "as it is",
            Self::Boolean => "true or false",
            Self::Integer => "whole number",
            Self::Decimal => "decimal, all places",
            Self::Float => "shortest decimal",
            Self::Date => "YYYY-MM-DD",
            Self::Timestamp => "YYYY-MM-DD HH:MM:SS in UTC",
            Self::Time => "HH:MM:SS",
            Self::Choices => "choices joined by ;",
            Self::FieldSet => "custom field set",
        })
    }
}
