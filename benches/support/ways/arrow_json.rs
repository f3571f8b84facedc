//! Arrow's own JSON writer: an object a row, column name to value.

use arrow_json::WriterBuilder;
use arrow_json::writer::JsonArray;

use super::Way;
use crate::support::DataSet;

/// How the writer shows timestamps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timestamps {
    /// As LeadSquared asks for them, `2024-03-01 04:50:30`: through a format string.
    Asked,
    /// As the writer shows them by default, `2024-03-01T04:50:30.123456Z`, which is faster.
    Own,
}

/// [`arrow_json::ArrayWriter`] into a buffer that is used again after each batch.
///
/// The objects are flat and shorter than leads: the names of the attributes stand in them once, not
/// with `Attribute` and `Value`, and numbers stay numbers. A writer is made for each batch, as its
/// JSON array must end somewhere; cut into 50 rows it is a tenth slower.
pub(crate) struct ArrowJson<'a> {
    data: &'a DataSet,
    timestamps: Timestamps,
    out: Vec<u8>,
}

impl<'a> ArrowJson<'a> {
    pub(crate) fn new(data: &'a DataSet, timestamps: Timestamps) -> Self {
        Self {
            data,
            timestamps,
            out: Vec::new(),
        }
    }
}

impl Way for ArrowJson<'_> {
    fn encode(&mut self, take: &mut dyn FnMut(&[u8])) {
        for batch in &self.data.batches {
            self.out.clear();
            let mut writer = json_options(self.timestamps).build::<_, JsonArray>(&mut self.out);
            writer.write(batch).unwrap();
            writer.finish().unwrap();
            take(&self.out);
        }
    }
}

/// The options that make the writer show timestamps so.
pub(crate) fn json_options(timestamps: Timestamps) -> WriterBuilder {
    const ASKED: &str = "%Y-%m-%d %H:%M:%S";
    match timestamps {
        Timestamps::Asked => WriterBuilder::new()
            .with_timestamp_format(ASKED.to_owned())
            .with_timestamp_tz_format(ASKED.to_owned()),
        Timestamps::Own => WriterBuilder::new(),
    }
}
