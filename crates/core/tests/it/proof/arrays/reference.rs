//! Dictionaries and runs, with values that no row refers to.

use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, Int32Array, PrimitiveArray, RunArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    ArrowDictionaryKeyType, ArrowNativeType as _, DataType, Int8Type, Int16Type, Int32Type,
    Int64Type, RunEndIndexType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};

use super::{Mood, array};
use crate::proof::Entropy;
use crate::proof::texts::layout;

pub(super) fn dictionary(
    keys: &DataType,
    values: &DataType,
    len: usize,
    mood: Mood,
    entropy: &mut Entropy,
) -> ArrayRef {
    use DataType as T;
    let nulls = mood.nulls(len, entropy);
    // Often smaller than the batch, sometimes larger, and never more than the narrowest key tells.
    let distinct = match entropy.below(4) {
        0 => 0,
        3 => entropy.below((2 * len + 2).min(128)),
        _ => 1 + entropy.below(6),
    };
    // An empty one has only null keys.
    let distinct = distinct.max(usize::from(!mood.has_nulls()));
    let values = array(values, distinct, mood.inner(entropy), entropy);
    match keys {
        T::Int8 => with_keys::<Int8Type>(values, len, nulls, entropy),
        T::Int16 => with_keys::<Int16Type>(values, len, nulls, entropy),
        T::Int32 => with_keys::<Int32Type>(values, len, nulls, entropy),
        T::Int64 => with_keys::<Int64Type>(values, len, nulls, entropy),
        T::UInt8 => with_keys::<UInt8Type>(values, len, nulls, entropy),
        T::UInt16 => with_keys::<UInt16Type>(values, len, nulls, entropy),
        T::UInt32 => with_keys::<UInt32Type>(values, len, nulls, entropy),
        T::UInt64 => with_keys::<UInt64Type>(values, len, nulls, entropy),
        other => panic!("{other} is no key"),
    }
}

fn with_keys<K: ArrowDictionaryKeyType>(
    values: ArrayRef,
    len: usize,
    nulls: Option<NullBuffer>,
    entropy: &mut Entropy,
) -> ArrayRef {
    // Without a value, no key can be right.
    let nulls = if values.is_empty() && len > 0 {
        Some(NullBuffer::new_null(len))
    } else {
        nulls
    };
    let keys = (0..len)
        .map(|row| {
            let null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
            // What stands below a null refers to nothing: 127 is past the end of most.
            let key = if null {
                127
            } else {
                entropy.below(values.len())
            };
            K::Native::from_usize(key).unwrap()
        })
        .collect();
    let keys = PrimitiveArray::<K>::new(keys, nulls);
    Arc::new(DictionaryArray::new(keys, values))
}

pub(super) fn runs(
    ends: &DataType,
    values: &DataType,
    len: usize,
    mood: Mood,
    entropy: &mut Entropy,
) -> ArrayRef {
    match ends {
        DataType::Int16 => with_ends::<Int16Type>(values, len, mood, entropy),
        DataType::Int32 => with_ends::<Int32Type>(values, len, mood, entropy),
        DataType::Int64 => with_ends::<Int64Type>(values, len, mood, entropy),
        other => panic!("{other} is no end of a run"),
    }
}

fn with_ends<R: RunEndIndexType>(
    values: &DataType,
    len: usize,
    mood: Mood,
    entropy: &mut Entropy,
) -> ArrayRef {
    let longest = entropy.pick(&[1, 3, 8, 100]);
    let mut ends = Vec::new();
    let mut end = 0;
    while end < len {
        end += 1 + entropy.below(longest);
        ends.push(R::Native::from_usize(end).unwrap());
    }
    let values = array(values, ends.len(), mood, entropy);
    let ends = PrimitiveArray::<R>::new(ends.into(), None);
    let runs = RunArray::<R>::try_new(&ends, &values).unwrap();
    Arc::new(runs.slice(0, len))
}

/// `texts` as a dictionary that has each of them once, sorted.
pub(super) fn of_texts(values: &DataType, texts: &[String]) -> ArrayRef {
    let mut distinct = texts.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let key = |text| i32::try_from(distinct.binary_search(text).unwrap()).unwrap();
    let keys: Int32Array = texts.iter().map(key).map(Some).collect();
    Arc::new(DictionaryArray::new(keys, layout(values, &distinct, None)))
}
