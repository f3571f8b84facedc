//! Lists in all their layouts, structs and maps.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, FixedSizeListArray, GenericListArray, GenericListViewArray, MapArray,
    OffsetSizeTrait, StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, FieldRef, Fields};

use super::{Mood, array};
use crate::proof::Entropy;
use crate::proof::texts::layout;

pub(super) fn list(
    data_type: &DataType,
    len: usize,
    mood: Mood,
    entropy: &mut Entropy,
) -> ArrayRef {
    use DataType as T;
    let nulls = mood.nulls(len, entropy);
    let inner = mood.inner(entropy);
    match data_type {
        T::List(items) => offsets::<i32>(items, len, nulls, inner, entropy),
        T::LargeList(items) => offsets::<i64>(items, len, nulls, inner, entropy),
        T::ListView(items) => views::<i32>(items, len, nulls, inner, entropy),
        T::LargeListView(items) => views::<i64>(items, len, nulls, inner, entropy),
        T::FixedSizeList(items, size) => {
            let count = usize::try_from(*size).unwrap() * len;
            let values = array(items.data_type(), count, inner, entropy);
            let items = Arc::clone(items);
            let list = FixedSizeListArray::try_new_with_length(items, *size, values, nulls, len);
            Arc::new(list.unwrap())
        }
        other => panic!("{other} is no list"),
    }
}

/// Lengths of lists, null ones included: what is below a null must not be seen.
fn lengths(len: usize, entropy: &mut Entropy) -> Vec<usize> {
    let longest = entropy.pick(&[1, 2, 4, 9]);
    (0..len).map(|_| entropy.below(longest)).collect()
}

fn offsets<O: OffsetSizeTrait>(
    items: &FieldRef,
    len: usize,
    nulls: Option<NullBuffer>,
    inner: Mood,
    entropy: &mut Entropy,
) -> ArrayRef {
    let offsets = OffsetBuffer::<O>::from_lengths(lengths(len, entropy));
    let count = offsets.last().unwrap().as_usize() + entropy.below(3);
    let values = array(items.data_type(), count, inner, entropy);
    Arc::new(GenericListArray::new(
        Arc::clone(items),
        offsets,
        values,
        nulls,
    ))
}

/// Lists that stand in any order, overlap, and leave values out.
fn views<O: OffsetSizeTrait>(
    items: &FieldRef,
    len: usize,
    nulls: Option<NullBuffer>,
    inner: Mood,
    entropy: &mut Entropy,
) -> ArrayRef {
    let count = entropy.below(40);
    let values = array(items.data_type(), count, inner, entropy);
    let (mut offsets, mut sizes) = (Vec::new(), Vec::new());
    for length in lengths(len, entropy) {
        let offset = entropy.below(count + 1);
        offsets.push(O::usize_as(offset));
        sizes.push(O::usize_as(length.min(count - offset)));
    }
    let items = Arc::clone(items);
    Arc::new(GenericListViewArray::new(
        items,
        offsets.into(),
        sizes.into(),
        values,
        nulls,
    ))
}

pub(super) fn structure(
    children: &Fields,
    len: usize,
    mood: Mood,
    entropy: &mut Entropy,
) -> ArrayRef {
    let nulls = mood.nulls(len, entropy);
    let arrays = children
        .iter()
        .map(|child| array(child.data_type(), len, mood.inner(entropy), entropy))
        .collect();
    let set = StructArray::try_new_with_length(children.clone(), arrays, nulls, len);
    Arc::new(set.unwrap())
}

pub(super) fn map(entries: &FieldRef, len: usize, mood: Mood, entropy: &mut Entropy) -> ArrayRef {
    let DataType::Struct(fields) = entries.data_type() else {
        panic!("a map has entries");
    };
    let nulls = mood.nulls(len, entropy);
    let lengths = lengths(len, entropy);
    let names: Vec<String> = lengths
        .iter()
        .flat_map(|&length| 0..length)
        .map(|index| key(index, mood, entropy))
        .collect();
    let keys = match fields[0].data_type() {
        DataType::Dictionary(_, texts) => super::reference::of_texts(texts, &names),
        texts => layout(texts, &names, None),
    };
    let values = array(
        fields[1].data_type(),
        names.len(),
        mood.inner(entropy),
        entropy,
    );
    let offsets = OffsetBuffer::from_lengths(lengths);
    let set = StructArray::new(fields.clone(), vec![keys, values], None);
    Arc::new(MapArray::new(
        Arc::clone(entries),
        offsets,
        set,
        nulls,
        false,
    ))
}

/// The key of a row's entry at `index`; with faults, one that may be blank or come twice.
fn key(index: usize, mood: Mood, entropy: &mut Entropy) -> String {
    match entropy.below(24) {
        0 if mood.faults => String::new(),
        1 if mood.faults => " \t".to_owned(),
        2 if mood.faults => "Status".to_owned(),
        3..=6 => format!("Key \"{index}\"\n\u{2028}"),
        _ if index == 0 => "Status".to_owned(),
        _ => format!("mx_CustomObject_{index}"),
    }
}
