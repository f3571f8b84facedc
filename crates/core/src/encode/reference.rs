//! Dictionary and run-end encoded columns: as the values they refer to.

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, RunArray};
use arrow::datatypes::{
    ArrowDictionaryKeyType, ArrowNativeType, DataType, Int8Type, Int16Type, Int32Type, Int64Type,
    RunEndIndexType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};

use super::{Cells, Fault};

/// The cells of a dictionary or run-end encoded array.
pub(super) fn cells(array: &ArrayRef) -> Option<Box<dyn Cells>> {
    match array.data_type() {
        DataType::Dictionary(keys, _) => match keys.as_ref() {
            DataType::Int8 => dictionary::<Int8Type>(array),
            DataType::Int16 => dictionary::<Int16Type>(array),
            DataType::Int32 => dictionary::<Int32Type>(array),
            DataType::Int64 => dictionary::<Int64Type>(array),
            DataType::UInt8 => dictionary::<UInt8Type>(array),
            DataType::UInt16 => dictionary::<UInt16Type>(array),
            DataType::UInt32 => dictionary::<UInt32Type>(array),
            DataType::UInt64 => dictionary::<UInt64Type>(array),
            _ => None,
        },
        DataType::RunEndEncoded(ends, _) => match ends.data_type() {
            DataType::Int16 => runs::<Int16Type>(array),
            DataType::Int32 => runs::<Int32Type>(array),
            DataType::Int64 => runs::<Int64Type>(array),
            _ => None,
        },
        _ => None,
    }
}

fn dictionary<K: ArrowDictionaryKeyType>(array: &ArrayRef) -> Option<Box<dyn Cells>> {
    let array = array.as_dictionary_opt::<K>()?;
    Some(Box::new(Dictionary {
        keys: array.keys().clone(),
        values: super::cells(array.values())?,
    }))
}

struct Dictionary<K: ArrowDictionaryKeyType> {
    keys: PrimitiveArray<K>,
    values: Box<dyn Cells>,
}

impl<K: ArrowDictionaryKeyType> Cells for Dictionary<K> {
    fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        self.values.write(self.keys.value(row).as_usize(), out)
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
