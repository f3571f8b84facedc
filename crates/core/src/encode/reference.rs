//! Dictionary and run-end encoded columns: as the values they refer to.

use arrow::array::{AnyDictionaryArray, Array, ArrayRef, AsArray, RunArray};
use arrow::datatypes::{DataType, Int16Type, Int32Type, Int64Type, RunEndIndexType};

use super::{Cells, Fault};

/// The cells of a dictionary or run-end encoded array.
pub(super) fn cells(array: &ArrayRef) -> Option<Box<dyn Cells>> {
    match array.data_type() {
        DataType::Dictionary(..) => dictionary(array.as_any_dictionary()),
        DataType::RunEndEncoded(ends, _) => match ends.data_type() {
            DataType::Int16 => runs::<Int16Type>(array),
            DataType::Int32 => runs::<Int32Type>(array),
            DataType::Int64 => runs::<Int64Type>(array),
            _ => None,
        },
        _ => None,
    }
}

fn dictionary(array: &dyn AnyDictionaryArray) -> Option<Box<dyn Cells>> {
    let values = super::cells(array.values())?;
    // A dictionary of no values has only null keys, which normalizing would not know how to place.
    let keys = if array.values().is_empty() {
        Vec::new()
    } else {
        array.normalized_keys()
    };
    Some(Box::new(Dictionary { keys, values }))
}

struct Dictionary {
    keys: Vec<usize>,
    values: Box<dyn Cells>,
}

impl Cells for Dictionary {
    fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        self.values.write(self.keys[row], out)
    }
}

fn runs<R: RunEndIndexType>(array: &ArrayRef) -> Option<Box<dyn Cells>> {
    let runs = array.as_run::<R>().clone();
    let values = super::cells(runs.values())?;
    Some(Box::new(Runs { runs, values }))
}

struct Runs<R: RunEndIndexType> {
    runs: RunArray<R>,
    values: Box<dyn Cells>,
}

impl<R: RunEndIndexType> Cells for Runs<R> {
    fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        self.values.write(self.runs.get_physical_index(row), out)
    }
}
