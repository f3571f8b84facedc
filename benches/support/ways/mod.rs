//! The ways to turn a data set into JSON, ours and others, behind one trait.
//!
//! Each way keeps its buffers from one run to the next, and does in a run all that its user has to
//! do for every batch: bind, downcast, make a writer. What a user does once for a file, such as
//! compiling the schema, is done when the way is made.

mod arrow_json;
mod bulk;
mod columns;
mod leads;
mod memcpy;
mod payloads;
mod rows;
mod structs;
mod text;
mod values;

pub(crate) use arrow_json::{ArrowJson, Timestamps, json_options};
pub(crate) use leads::Leads;
pub(crate) use memcpy::Memcpy;
pub(crate) use payloads::{Buffers, Payloads};
pub(crate) use rows::Rows;
pub(crate) use structs::{Library, Structs};
pub(crate) use values::Values;

use super::DataSet;

/// A way to turn a data set into JSON.
pub(crate) trait Way {
    /// Encodes the whole data set, and gives the bytes to `take`, piece by piece.
    fn encode(&mut self, take: &mut dyn FnMut(&[u8]));
}

/// The way of this name, if it can encode this data set.
pub(crate) fn named<'a>(name: &str, data: &'a DataSet) -> Option<Box<dyn Way + 'a>> {
    let ordinary = data.set.is_ordinary();
    Some(match name {
        "leads" => Box::new(Leads::new(data)),
        "payloads" => Box::new(Payloads::new(data, Buffers::Recycled)),
        "rows" => Box::new(Rows::new(data)),
        "memcpy" => Box::new(Memcpy::new(data)),
        "arrow-json" => Box::new(ArrowJson::new(data, Timestamps::Asked)),
        "arrow-json-own" => Box::new(ArrowJson::new(data, Timestamps::Own)),
        "values" if ordinary => Box::new(Values::new(data)),
        "structs" if ordinary => Box::new(Structs::new(data, Library::SerdeJson)),
        "sonic-rs" if ordinary => Box::new(Structs::new(data, Library::SonicRs)),
        _ => return None,
    })
}
