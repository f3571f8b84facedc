//! Dictionary and run-end encoded columns: as the values they refer to.

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, RunArray, downcast_integer};
use arrow::datatypes::{
    ArrowDictionaryKeyType, ArrowNativeType, DataType, Int16Type, Int32Type, Int64Type,
    RunEndIndexType,
};

use super::{Cells, Fault};

/// The cells of a dictionary or run-end encoded array.
pub(super) fn cells(array: &ArrayRef) -> Option<Box<dyn Cells>> {
    macro_rules! dictionary {
        ($keys:ty, $array:ident) => {
            dictionary::<$keys>($array)
        };
    }
    match array.data_type() {
        DataType::Dictionary(keys, _) => downcast_integer! {
            keys.as_ref() => (dictionary, array),
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
