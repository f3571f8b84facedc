//! Lists of scalars: the elements joined, nulls among them left out.

use std::ops::Range;

use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeListArray, GenericListArray, GenericListViewArray,
    OffsetSizeTrait,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;

use super::json::push_escaped;
use super::{Cells, Fault};

/// What stands between two choices of a multi-select field, unless a rule says otherwise.
const SEPARATOR: &str = ";";

/// The cells of an array of lists.
pub(super) fn cells(array: &ArrayRef) -> Option<Box<dyn Cells>> {
    joined(array, SEPARATOR)
}

/// The cells of an array of lists, whose elements have `separator` between them.
pub(crate) fn joined(array: &ArrayRef, separator: &str) -> Option<Box<dyn Cells>> {
    use DataType as T;
    let mut escaped = Vec::new();
    push_escaped(separator.as_bytes(), &mut escaped);
    match array.data_type() {
        T::List(_) => lists(array.as_list::<i32>().clone(), escaped),
        T::LargeList(_) => lists(array.as_list::<i64>().clone(), escaped),
        T::FixedSizeList(..) => lists(array.as_fixed_size_list().clone(), escaped),
        T::ListView(_) => lists(array.as_list_view::<i32>().clone(), escaped),
        T::LargeListView(_) => lists(array.as_list_view::<i64>().clone(), escaped),
        _ => None,
    }
}

fn lists(array: impl Elements + 'static, separator: Vec<u8>) -> Option<Box<dyn Cells>> {
    let elements = super::cells(array.elements())?;
    let nulls = array.elements().logical_nulls();
    Some(Box::new(Lists {
        array,
        elements,
        nulls,
        separator,
    }))
}

struct Lists<L> {
    array: L,
    elements: Box<dyn Cells>,
    nulls: Option<NullBuffer>,
    /// Escaped.
    separator: Vec<u8>,
}

impl<L: Elements> Cells for Lists<L> {
    fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut first = true;
        for element in self.array.range(row) {
            if self
                .nulls
                .as_ref()
                .is_some_and(|nulls| nulls.is_null(element))
            {
                continue;
            }
            if !first {
                out.extend_from_slice(&self.separator);
            }
            first = false;
            self.elements.write(element, out)?;
        }
        Ok(())
    }
}

/// An array of lists, whatever its layout.
trait Elements: Send + Sync {
    fn elements(&self) -> &ArrayRef;

    /// Where the elements of the list at `row` stand.
    fn range(&self, row: usize) -> Range<usize>;
}

impl<O: OffsetSizeTrait> Elements for GenericListArray<O> {
    fn elements(&self) -> &ArrayRef {
        self.values()
    }

    fn range(&self, row: usize) -> Range<usize> {
        let offsets = self.value_offsets();
        offsets[row].as_usize()..offsets[row + 1].as_usize()
    }
}

impl<O: OffsetSizeTrait> Elements for GenericListViewArray<O> {
    fn elements(&self) -> &ArrayRef {
        self.values()
    }

    fn range(&self, row: usize) -> Range<usize> {
        let start = self.value_offset(row).as_usize();
        start..start + self.value_size(row).as_usize()
    }
}

impl Elements for FixedSizeListArray {
    fn elements(&self) -> &ArrayRef {
        self.values()
    }

    #[expect(
        clippy::cast_sign_loss,
        reason = "Arrow keeps the length of a list positive"
    )]
    fn range(&self, row: usize) -> Range<usize> {
        let length = self.value_length() as usize;
        row * length..(row + 1) * length
    }
}
