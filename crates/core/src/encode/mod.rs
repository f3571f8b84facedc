//! A column's cells as text: the type is resolved once, the row loop only appends bytes.

mod boolean;
pub(crate) mod json;
mod list;
mod number;
mod reference;
mod temporal;
mod text;

pub(crate) use list::joined;
pub(crate) use number::{Float, push_float};
#[cfg(test)]
pub(crate) use temporal::push_date;
pub(crate) use temporal::{FIRST_DAY, LAST_DAY, SECONDS_A_DAY};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;

/// The cells of one column, as the content of JSON strings.
pub(crate) trait Cells: Send + Sync {
    /// Appends the text of the cell at `row`, which is not null.
    ///
    /// On a fault, what was appended so far is left for the caller to cut off.
    fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Fault>;
}

/// A cell without a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// NaN or infinite.
    NotFinite { value: String },
    /// Outside what the API's text can say.
    OutOfRange { value: String, range: &'static str },
    /// Null or blank, though it is required.
    Missing,
    /// Text that is no date or time in the form it is to be read as.
    NotAMoment { value: String, form: String },
    /// More characters than allowed.
    TooLong {
        value: String,
        length: usize,
        most: usize,
    },
}

impl Fault {
    /// The cell as its source shows it.
    pub(crate) fn value(&self) -> &str {
        match self {
            Self::NotFinite { value }
            | Self::OutOfRange { value, .. }
            | Self::NotAMoment { value, .. }
            | Self::TooLong { value, .. } => value,
            Self::Missing => "",
        }
    }
}

/// The cells of `array`, or `None` for a type without a text form.
///
/// Accepts exactly what [`TextForm::of`](crate::TextForm::of) calls anything but a field set.
pub(crate) fn cells(array: &ArrayRef) -> Option<Box<dyn Cells>> {
    use DataType as T;
    Some(match array.data_type() {
        T::Null => Box::new(Nothing),
        T::Boolean => Box::new(boolean::Booleans(array.as_boolean().clone())),
        T::Utf8 => Box::new(text::Strings(array.as_string::<i32>().clone())),
        T::LargeUtf8 => Box::new(text::Strings(array.as_string::<i64>().clone())),
        T::Utf8View => Box::new(text::Strings(array.as_string_view().clone())),
        data_type if data_type.is_numeric() => number::cells(array)?,
        data_type if data_type.is_temporal() => temporal::cells(array)?,
        T::List(_)
        | T::LargeList(_)
        | T::FixedSizeList(..)
        | T::ListView(_)
        | T::LargeListView(_) => list::cells(array)?,
        T::Dictionary(..) | T::RunEndEncoded(..) => reference::cells(array)?,
        _ => return None,
    })
}

/// The cells of a column of nulls: never asked for.
struct Nothing;

impl Cells for Nothing {
    fn write(&self, _row: usize, _out: &mut Vec<u8>) -> Result<(), Fault> {
        Ok(())
    }
}
