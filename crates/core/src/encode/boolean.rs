//! Booleans: `true` and `false`.

use arrow::array::BooleanArray;

use super::{Cells, Fault};

pub(super) struct Booleans(pub(super) BooleanArray);

impl Cells for Booleans {
    fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        out.extend_from_slice(if self.0.value(row) { b"true" } else { b"false" });
        Ok(())
    }
}
