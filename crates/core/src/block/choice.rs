//! Columns with few values, dictionaries and booleans: each value's attribute is written once, and
//! the rows choose.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, PrimitiveArray, downcast_integer};
use arrow::buffer::{Buffer, NullBuffer};
use arrow::datatypes::{ArrowDictionaryKeyType, ArrowNativeType, DataType};
use multiversion::multiversion;

use super::bits::{self, RowSet};
use super::texts::{PAD, Source, Texts};
use super::{Prepare, ROWS, values_of};
use crate::encode::{Cells, cells};
use crate::plan::Column;

/// For a dictionary or a boolean column; none if its values are better asked for one by one.
pub(super) fn prepare(column: &Column) -> Option<Box<dyn Prepare>> {
    macro_rules! dictionary {
        ($keys:ty, $column:ident) => {
            dictionary::<$keys>($column)
        };
    }
    // Whether a unique field is blank is seen by its value, which an attribute hides.
    if column.unique {
        return None;
    }
    match column.array.data_type() {
        DataType::Boolean => booleans(column),
        DataType::Dictionary(keys, _) => downcast_integer! {
            keys.as_ref() => (dictionary, column),
            _ => None,
        },
        _ => None,
    }
}

/// The attributes that there are to choose from, one after the other.
struct Choices {
    written: Buffer,
    each: Vec<Choice>,
    /// Whether some value has no text.
    faulty: bool,
}

/// One written attribute.
#[derive(Clone, Copy)]
struct Choice {
    start: u32,
    /// 0 for a value without a text, which an attribute never has.
    length: u32,
}

impl Choices {
    /// Writes the attribute of each value in `values` with the column's prefix.
    fn write(
        prefix: &[u8],
        values: &dyn Cells,
        count: usize,
        nulls: Option<&NullBuffer>,
    ) -> Option<Self> {
        let mut written = Vec::new();
        let mut each = Vec::with_capacity(count);
        let mut faulty = false;
        for value in 0..count {
            let start = written.len();
            // A row with a null value is null, and its choice never looked at.
            let is_null = nulls.is_some_and(|nulls| nulls.is_null(value));
            written.extend_from_slice(prefix);
            if is_null || values.write(value, &mut written).is_err() {
                written.truncate(start);
                faulty |= !is_null;
            } else {
                written.extend_from_slice(b"\"}");
            }
            each.push(Choice {
                start: u32::try_from(start).ok()?,
                length: u32::try_from(written.len() - start).ok()?,
            });
        }
        written.extend_from_slice(&[0; PAD]);
        Some(Self {
            written: Buffer::from_vec(written),
            each,
            faulty,
        })
    }

    /// Makes `texts` texts of these choices.
    fn lend(&self, texts: &mut Texts) {
        texts.source = Source::Arrow(self.written.clone());
    }
}

fn dictionary<K: ArrowDictionaryKeyType>(column: &Column) -> Option<Box<dyn Prepare>> {
    let array = column.array.as_dictionary_opt::<K>()?;
    let values = array.values();
    // A dictionary that is larger than its batch has values that no row chooses.
    if values.len() > array.len() {
        return None;
    }
    let choices = Choices::write(
        &column.prefix,
        cells(values)?.as_ref(),
        values.len(),
        values.logical_nulls().as_ref(),
    )?;
    Some(Box::new(Dictionary {
        keys: array.keys().clone(),
        choices,
    }))
}

struct Dictionary<K: ArrowDictionaryKeyType> {
    keys: PrimitiveArray<K>,
    choices: Choices,
}

impl<K: ArrowDictionaryKeyType> Prepare for Dictionary<K> {
    fn prepare(&self, _column: &Column, rows: Range<usize>, texts: &mut Texts, left: &mut RowSet) {
        self.choices.lend(texts);
        let keys = &self.keys.values()[rows];
        choose(
            keys,
            &self.choices.each,
            &mut texts.starts,
            &mut texts.lengths,
        );
        if self.choices.faulty {
            let lengths = &texts.lengths;
            *left = *left | RowSet::collect(|row| row < keys.len() && lengths[row] == 0);
        }
    }

    fn upcoming(&self, rows: Range<usize>) -> [&[u8]; 2] {
        [values_of(&self.keys, &rows), &[]]
    }
}

#[multiversion(targets = "simd")]
fn choose<K: ArrowNativeType>(
    keys: &[K],
    choices: &[Choice],
    starts: &mut [u32; ROWS],
    lengths: &mut [u32; ROWS],
) {
    for ((key, start), length) in keys.iter().zip(starts).zip(lengths) {
        // What a null row has for a key may be anything.
        (*start, *length) = match choices.get(key.as_usize()) {
            Some(choice) => (choice.start, choice.length),
            None => (0, 0),
        };
    }
}

fn booleans(column: &Column) -> Option<Box<dyn Prepare>> {
    let words: ArrayRef = Arc::new(BooleanArray::from(vec![false, true]));
    let choices = Choices::write(&column.prefix, cells(&words)?.as_ref(), 2, None)?;
    let [no, yes] = choices.each[..] else {
        return None;
    };
    Some(Box::new(Booleans {
        array: column.array.as_boolean_opt()?.clone(),
        choices,
        no,
        yes,
    }))
}

struct Booleans {
    array: BooleanArray,
    choices: Choices,
    no: Choice,
    yes: Choice,
}

impl Prepare for Booleans {
    fn prepare(&self, _column: &Column, rows: Range<usize>, texts: &mut Texts, _left: &mut RowSet) {
        self.choices.lend(texts);
        let true_rows = bits::true_rows(&self.array, &rows).halves();
        select(true_rows, self.no.start, self.yes.start, &mut texts.starts);
        select(
            true_rows,
            self.no.length,
            self.yes.length,
            &mut texts.lengths,
        );
    }
}

#[multiversion(targets = "simd")]
fn select(true_rows: [u32; ROWS / 32], no: u32, yes: u32, out: &mut [u32; ROWS]) {
    for (bits, rows) in true_rows.into_iter().zip(out.as_chunks_mut::<32>().0) {
        for (bit, out) in rows.iter_mut().enumerate() {
            let all_ones_if_true = (bits >> bit & 1).wrapping_neg();
            *out = no ^ ((no ^ yes) & all_ones_if_true);
        }
    }
}
