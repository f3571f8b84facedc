//! The text of a cell as it is, not escaped.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt64Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Int16Type, Int32Type, Int64Type};
use unicode_segmentation::UnicodeSegmentation as _;

use super::moment::{self, Reader};
use crate::encode::json::unescape;
use crate::encode::{Cells, Fault, cells, joined};
use crate::rules::ColumnRules;

/// Writes the cells of one column.
pub(super) trait Write {
    /// Appends the text of the cell at `row`, which is not null, to `text`, which is empty.
    fn write(&self, row: usize, text: &mut String) -> Result<(), Fault>;
}

/// The writer that fits the type of `array` and the rules; `None` for a type without a text.
pub(super) fn writer(array: &ArrayRef, rules: &ColumnRules) -> Option<Box<dyn Write>> {
    use DataType as T;

    let array = &plain(array)?;
    match array.data_type() {
        T::Boolean => {
            if let Some((yes, no)) = &rules.booleans {
                return Some(Box::new(Words {
                    array: array.as_boolean().clone(),
                    words: [no.clone(), yes.clone()],
                }));
            }
        }
        T::Utf8 | T::LargeUtf8 | T::Utf8View => {
            if let Some(form) = &rules.read_as {
                let text = cells(array)?;
                return Some(Box::new(Reader::new(Escaped(text), form.clone(), rules)));
            }
        }
        data_type if data_type.is_temporal() => {
            if rules.write_as.is_some() || rules.time_zone.is_some() {
                return moment::writer(array, rules);
            }
        }
        data_type => {
            if let (Some(separator), true) = (&rules.list_separator, data_type.is_list()) {
                return Some(Box::new(Escaped(joined(array, separator)?)));
            }
        }
    }
    Some(Box::new(Escaped(cells(array)?)))
}

/// The values that a dictionary or run-end encoded array refers to; any other array as it is.
fn plain(array: &ArrayRef) -> Option<ArrayRef> {
    let taken = match array.data_type() {
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            take(dictionary.values(), dictionary.keys(), None).ok()?
        }
        DataType::RunEndEncoded(ends, _) => {
            macro_rules! taken {
                ($ends:ty) => {{
                    let runs = array.as_run::<$ends>();
                    let places = (0..runs.len()).map(|row| runs.get_physical_index(row) as u64);
                    take(runs.values(), &UInt64Array::from_iter_values(places), None).ok()?
                }};
            }
            match ends.data_type() {
                DataType::Int16 => taken!(Int16Type),
                DataType::Int32 => taken!(Int32Type),
                DataType::Int64 => taken!(Int64Type),
                _ => return None,
            }
        }
        _ => return Some(Arc::clone(array)),
    };
    plain(&taken)
}

/// Booleans in words.
struct Words {
    array: BooleanArray,
    /// For false and for true.
    words: [String; 2],
}

impl Write for Words {
    fn write(&self, row: usize, text: &mut String) -> Result<(), Fault> {
        let [no, yes] = &self.words;
        text.push_str(if self.array.value(row) { yes } else { no });
        Ok(())
    }
}

/// Whatever the encoder writes.
pub(super) struct Escaped(Box<dyn Cells>);

impl Write for Escaped {
    fn write(&self, row: usize, text: &mut String) -> Result<(), Fault> {
        let mut escaped = std::mem::take(text).into_bytes();
        self.0.write(row, &mut escaped)?;
        *text = unescape(escaped);
        Ok(())
    }
}

/// Cuts a text behind the last of its first `most` characters, but not inside what a reader takes for
/// one.
pub(super) fn cut(text: &mut String, most: usize) {
    let mut end = 0;
    let mut characters = 0;
    for grapheme in text.graphemes(true) {
        characters += grapheme.chars().count();
        if characters > most {
            break;
        }
        end += grapheme.len();
    }
    if end == 0 {
        // One that alone is too long is cut all the same, rather than sent as nothing.
        let places = text.char_indices().nth(most);
        end = places.map_or(text.len(), |(place, _)| place);
    }
    text.truncate(end);
}
