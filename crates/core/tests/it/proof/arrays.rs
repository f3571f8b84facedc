//! Random arrays of any type: sliced, with nulls, and with garbage below the nulls.

mod nested;
mod reference;
mod scalar;

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, BinaryArray, BooleanArray, NullArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::DataType;

use super::Entropy;
use super::texts::{self, layout};

/// What the values of an array are like.
#[derive(Clone, Copy)]
pub(crate) struct Mood {
    nulls: Nulls,
    /// Whether some values have no text: NaN, the year 0, a key that comes twice.
    faults: bool,
    blanks: bool,
}

#[derive(Clone, Copy)]
enum Nulls {
    None,
    Some,
    Half,
    /// Long runs of nulls and of values, so that whole blocks are one or the other.
    Runs,
    All,
}

impl Mood {
    pub(crate) fn new(nullable: bool, entropy: &mut Entropy) -> Self {
        Self {
            nulls: match entropy.below(8) {
                3 | 4 if nullable => Nulls::Some,
                5 if nullable => Nulls::Half,
                6 if nullable => Nulls::Runs,
                7 if nullable => Nulls::All,
                _ => Nulls::None,
            },
            faults: entropy.once_in(4),
            blanks: false,
        }
    }

    /// The mood of a unique field, without which a row is none: mostly there.
    pub(crate) fn unique(self, entropy: &mut Entropy) -> Self {
        let nulls = match self.nulls {
            Nulls::All if !entropy.once_in(3) => Nulls::Some,
            nulls => nulls,
        };
        Self {
            nulls,
            blanks: true,
            ..self
        }
    }

    /// The mood of what is inside, such as the elements of a list.
    fn inner(self, entropy: &mut Entropy) -> Self {
        Self {
            nulls: Self::new(true, entropy).nulls,
            ..self
        }
    }

    fn has_nulls(self) -> bool {
        !matches!(self.nulls, Nulls::None)
    }

    fn nulls(self, len: usize, entropy: &mut Entropy) -> Option<NullBuffer> {
        // Without nulls there is no mask, or one that says it of each row.
        if matches!(self.nulls, Nulls::None) && !entropy.once_in(4) {
            return None;
        }
        let mut valid = true;
        let mut next = |entropy: &mut Entropy| {
            valid = match self.nulls {
                Nulls::None => true,
                Nulls::Some => !entropy.once_in(8),
                Nulls::Half => entropy.once_in(2),
                Nulls::Runs => valid ^ entropy.once_in(50),
                Nulls::All => false,
            };
            valid
        };
        // The mask has its own place in its bytes, whatever the place of the values in theirs.
        let skew = entropy.below(70);
        let bits: BooleanBuffer = (0..skew + len).map(|_| next(entropy)).collect();
        Some(NullBuffer::new(bits.slice(skew, len)))
    }
}

/// An array of `len` values, which may be a slice of a longer one.
pub(crate) fn array(
    data_type: &DataType,
    len: usize,
    mood: Mood,
    entropy: &mut Entropy,
) -> ArrayRef {
    let before = if entropy.once_in(3) {
        entropy.below(71)
    } else {
        0
    };
    let after = if entropy.once_in(3) {
        entropy.below(9)
    } else {
        0
    };
    let whole = build(data_type, before + len + after, mood, entropy);
    assert_eq!(whole.data_type(), data_type);
    whole.slice(before, len)
}

fn build(data_type: &DataType, len: usize, mood: Mood, entropy: &mut Entropy) -> ArrayRef {
    use DataType as T;
    match data_type {
        T::Null => Arc::new(NullArray::new(len)),
        T::Binary => Arc::new(BinaryArray::from_iter_values(vec![b"\xff"; len])),
        T::Boolean => {
            let nulls = mood.nulls(len, entropy);
            let values: BooleanBuffer = (0..len).map(|_| entropy.once_in(2)).collect();
            Arc::new(BooleanArray::new(values, nulls))
        }
        T::Utf8 | T::LargeUtf8 | T::Utf8View => {
            let nulls = mood.nulls(len, entropy);
            let calm = entropy.once_in(3);
            let longest = entropy.pick(&[8, 13, 40, 250]);
            let texts: Vec<String> = (0..len)
                .map(|_| {
                    if mood.blanks && entropy.once_in(12) {
                        texts::blank(entropy)
                    } else if calm && !entropy.once_in(100) {
                        texts::plain(entropy.below(longest))
                    } else {
                        texts::text(entropy)
                    }
                })
                .collect();
            layout(data_type, &texts, nulls)
        }
        T::Dictionary(keys, values) => reference::dictionary(keys, values, len, mood, entropy),
        T::RunEndEncoded(ends, values) => {
            reference::runs(ends.data_type(), values.data_type(), len, mood, entropy)
        }
        T::List(_)
        | T::LargeList(_)
        | T::FixedSizeList(..)
        | T::ListView(_)
        | T::LargeListView(_) => nested::list(data_type, len, mood, entropy),
        T::Struct(children) => nested::structure(children, len, mood, entropy),
        T::Map(entries, _) => nested::map(entries, len, mood, entropy),
        _ => scalar::primitive(data_type, len, mood, entropy),
    }
}
