//! Text as it is, escaped for JSON.

use arrow::array::{GenericStringArray, OffsetSizeTrait, StringViewArray};

use super::json::push_escaped;
use super::{Cells, Fault};

/// An array of strings, whatever its layout.
pub(super) trait StringAt: Send + Sync {
    fn at(&self, row: usize) -> &str;
}

impl<O: OffsetSizeTrait> StringAt for GenericStringArray<O> {
    fn at(&self, row: usize) -> &str {
        self.value(row)
    }
}

impl StringAt for StringViewArray {
    fn at(&self, row: usize) -> &str {
        self.value(row)
    }
}

pub(super) struct Strings<A>(pub(super) A);

impl<A: StringAt> Cells for Strings<A> {
    fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        push_escaped(self.0.at(row).as_bytes(), out);
        Ok(())
    }
}
