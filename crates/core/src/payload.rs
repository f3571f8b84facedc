//! The body of one call, and the rows in it.

use std::ops::Range;

use crate::{Origin, Row, UniqueKey};

/// The most leads in one call.
///
/// The contract page: "Lets you create up to 50 leads in a single API call."
pub const MAX_LEADS: usize = 50;

/// The body of one call and the rows it came from.
///
/// The body is a JSON array of leads, each an array of `{Attribute, Value[, Fields]}`. The lead at
/// index *i* has the `RowNumber` *i* + 1 in the server's answer.
#[derive(Clone, Debug, Default)]
pub struct Payload {
    pub(crate) body: Vec<u8>,
    pub(crate) rows: PayloadRows,
    pub(crate) unique_values: Vec<UniqueKey>,
}

impl Payload {
    /// The JSON to post.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The rows in it, in the order of the body.
    #[must_use]
    pub fn rows(&self) -> &PayloadRows {
        &self.rows
    }

    /// The unique values of its leads, each there once; none unless the builder
    /// [keeps them apart](crate::PayloadBuilder::with_unique_values_apart).
    ///
    /// Two payloads that share one should not be on their way at once: which of the two leads is then
    /// the first is not known.
    #[must_use]
    pub fn unique_values(&self) -> &[UniqueKey] {
        &self.unique_values
    }

    /// Takes the body and the rows apart, so that the body can be handed to a transport.
    #[must_use]
    pub fn into_parts(self) -> (Vec<u8>, PayloadRows) {
        (self.body, self.rows)
    }
}

/// The rows of a payload: where each came from, and where its lead stands in the body.
#[derive(Clone, Debug, Default)]
pub struct PayloadRows {
    /// One for each batch that the payload has rows of.
    pub(crate) origins: Vec<Origin>,
    pub(crate) leads: Vec<LeadSpan>,
}

/// One lead of a payload.
#[derive(Clone, Debug)]
pub(crate) struct LeadSpan {
    /// Its bytes in the body.
    pub(crate) bytes: Range<usize>,
    /// Its origin's place in [`PayloadRows::origins`].
    pub(crate) origin: usize,
    /// Its row's index in that origin's batch.
    pub(crate) index: usize,
}

impl PayloadRows {
    /// Forgets the rows, and keeps the memory.
    ///
    /// Rows know their batch's [`Origin`]; this lets go of it, where the memory waits to be
    /// [recycled](crate::PayloadBuilder::recycle).
    pub fn clear(&mut self) {
        self.origins.clear();
        self.leads.clear();
    }

    /// How many leads the payload has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.leads.len()
    }

    /// Whether the payload has no lead at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.leads.is_empty()
    }

    /// The source and number of the lead at `index`.
    #[must_use]
    pub fn row(&self, index: usize) -> Option<Row> {
        let lead = self.leads.get(index)?;
        Some(self.origins.get(lead.origin)?.row(lead.index))
    }

    /// The bytes of the lead at `index` in the body: a JSON array of `{Attribute, Value[, Fields]}`.
    #[must_use]
    pub fn lead<'a>(&self, index: usize, body: &'a [u8]) -> Option<&'a [u8]> {
        body.get(self.leads.get(index)?.bytes.clone())
    }

    /// Where the leads at `indexes` stand in the body, with the commas between them.
    ///
    /// In brackets they are a body of their own: that is how a call is split.
    #[must_use]
    pub fn span(&self, indexes: Range<usize>) -> Option<Range<usize>> {
        let leads = self.leads.get(indexes)?;
        Some(leads.first()?.bytes.start..leads.last()?.bytes.end)
    }

    /// Every row, in the order of the body.
    pub fn iter(&self) -> impl Iterator<Item = Row> + '_ {
        self.leads
            .iter()
            .filter_map(|lead| Some(self.origins.get(lead.origin)?.row(lead.index)))
    }
}
