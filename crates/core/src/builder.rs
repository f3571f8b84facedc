//! Leads packed into payloads.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

use arrow::datatypes::Schema;

use crate::block::Memory;
use crate::payload::LeadSpan;
use crate::{
    Error, Leads, MAX_LEADS, Mapping, Origin, Payload, PayloadRows, Plan, Rejected, Rejection, Row,
    RowError, SourceBatch,
};

/// How large a payload may get.
///
/// ```
/// use leadsquared_core::PayloadLimits;
///
/// let limits = PayloadLimits::default();
/// assert_eq!((limits.leads(), limits.bytes()), (50, 4 * 1024 * 1024));
/// assert_eq!(limits.with_leads(1000).leads(), 50); // the contract's limit stays
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadLimits {
    leads: usize,
    bytes: usize,
}

impl Default for PayloadLimits {
    fn default() -> Self {
        Self {
            leads: MAX_LEADS,
            bytes: 4 * 1024 * 1024,
        }
    }
}

impl PayloadLimits {
    /// Sets the most leads in a payload, from 1 to [`MAX_LEADS`]; the default is [`MAX_LEADS`].
    #[must_use]
    pub fn with_leads(mut self, leads: usize) -> Self {
        self.leads = leads.clamp(1, MAX_LEADS);
        self
    }

    /// Sets the most bytes in a payload; the default is 4 MiB.
    ///
    /// The contract names no limit. 4 MiB is what servers of its kind take by default, and far from
    /// ordinary leads: 50 of them come to about 40 KiB.
    #[must_use]
    pub fn with_bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// The most leads in a payload.
    #[must_use]
    pub fn leads(&self) -> usize {
        self.leads
    }

    /// The most bytes in a payload.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Packs the rows of batch after batch into payloads, and keeps the rows that can't be leads.
///
/// Payloads are filled across batch borders and across sources: every one but the last is full.
/// Encoding happens as payloads are asked for, so that no more than one is held at a time:
/// [`push`](Self::push) a batch, call [`next_payload`](Self::next_payload) until it is `None`, then
/// push the next; [`finish`](Self::finish) gives what is left. The crate's page has an example.
pub struct PayloadBuilder {
    mapping: Mapping,
    limits: PayloadLimits,
    plan: Option<Plan>,
    waiting: VecDeque<Waiting>,
    open: Payload,
    /// Memory of earlier payloads, emptied.
    spare: Vec<Payload>,
    /// What the encoder of the last batch worked with.
    memory: Memory,
    rejections: Vec<Rejection>,
}

/// A batch, and how far it has been encoded.
struct Waiting {
    leads: Leads,
    origin: Origin,
    /// The batch's place among the origins of the open payload, once it has a row there.
    origin_index: Option<usize>,
}

impl PayloadBuilder {
    /// A builder that maps columns by `mapping`, with the default [`PayloadLimits`].
    #[must_use]
    pub fn new(mapping: Mapping) -> Self {
        Self {
            mapping,
            limits: PayloadLimits::default(),
            plan: None,
            waiting: VecDeque::new(),
            open: Payload::default(),
            spare: Vec::new(),
            memory: Memory::default(),
            rejections: Vec::new(),
        }
    }

    /// Sets how large a payload may get.
    #[must_use]
    pub fn with_limits(mut self, limits: PayloadLimits) -> Self {
        self.limits = limits;
        self
    }

    /// The mapping.
    #[must_use]
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// Takes the rows of `source`; its unreadable ones are rejections at once.
    ///
    /// The schema is compiled when it first comes and when it changes.
    ///
    /// # Errors
    /// As [`Plan::try_new`]; nothing of `source` is taken then.
    pub fn push(&mut self, source: SourceBatch) -> Result<(), Error> {
        let SourceBatch {
            batch,
            origin,
            unreadable,
        } = source;
        let bound = self.plan(batch.schema_ref())?.bind(&batch)?;
        self.rejections
            .extend(unreadable.into_iter().map(|unreadable| Rejection {
                row: Row {
                    source: Arc::clone(origin.source()),
                    number: unreadable.number,
                },
                error: RowError::Unreadable {
                    reason: unreadable.reason,
                },
                content: Rejected::Raw(unreadable.raw),
            }));
        self.waiting.push_back(Waiting {
            leads: bound.into_leads_with(mem::take(&mut self.memory)),
            origin,
            origin_index: None,
        });
        Ok(())
    }

    /// The plan for `schema`: the one there is, if it fits.
    fn plan(&mut self, schema: &Arc<Schema>) -> Result<&Plan, Error> {
        let plan = match self.plan.take() {
            Some(plan) if Arc::ptr_eq(plan.schema(), schema) || plan.schema() == schema => plan,
            _ => Plan::try_new(schema, &self.mapping)?,
        };
        Ok(self.plan.insert(plan))
    }

    /// The next full payload, or `None` when it takes more rows to fill one.
    pub fn next_payload(&mut self) -> Option<Payload> {
        while let Some(waiting) = self.waiting.front_mut() {
            if append_run(&mut self.open, waiting, self.limits) {
                return Some(self.close_open());
            }
            let index = waiting.leads.next_row();
            match append(&mut self.open, &mut self.spare, waiting, self.limits) {
                None => {
                    let done = self.waiting.pop_front();
                    self.memory = done
                        .map(|done| done.leads.into_memory())
                        .unwrap_or_default();
                }
                Some(Ok(None)) => {}
                Some(Ok(Some(full))) => return Some(full),
                Some(Err(error)) => self.rejections.push(Rejection {
                    row: waiting.origin.row(index),
                    error,
                    content: Rejected::Lead(waiting.leads.batch().show(index)),
                }),
            }
        }
        None
    }

    /// Gives a payload's memory back, so that a later payload takes it instead of new memory.
    ///
    /// Takes what [`Payload::into_parts`] gave, once the body was sent and the rows have their
    /// outcome. Everything that is given is kept until a payload takes it, so give no more than was
    /// taken.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use arrow::array::{ArrayRef, RecordBatch, StringArray};
    /// # use leadsquared_core::{Mapping, Origin, PayloadBuilder, SourceBatch};
    /// # let phones = StringArray::from(vec!["8888888888"; 100]);
    /// # let batch = RecordBatch::try_from_iter([("Phone", Arc::new(phones) as ArrayRef)])?;
    /// let mut builder = PayloadBuilder::new(Mapping::new());
    /// builder.push(SourceBatch::new(batch, Origin::new("leads.parquet", 1)))?;
    /// while let Some(payload) = builder.next_payload() {
    ///     let (body, rows) = payload.into_parts();
    ///     // … post the body, note what became of the rows …
    ///     builder.recycle(body, rows);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recycle(&mut self, mut body: Vec<u8>, mut rows: PayloadRows) {
        body.clear();
        rows.clear();
        self.spare.push(Payload { body, rows });
    }

    /// Encodes what is left and gives the last payload, which may have less than 50 leads.
    ///
    /// Call it until it is `None`. The builder can be used again afterwards.
    pub fn finish(&mut self) -> Option<Payload> {
        self.next_payload().or_else(|| {
            if self.open.rows.is_empty() {
                return None; // and its memory stays for the next one
            }
            Some(self.close_open())
        })
    }

    fn close_open(&mut self) -> Payload {
        let next = self.spare.pop().unwrap_or_default();
        close(mem::replace(&mut self.open, next))
    }

    /// Takes the rejections there are so far, in the order of their rows.
    pub fn take_rejections(&mut self) -> Vec<Rejection> {
        mem::take(&mut self.rejections)
    }

    /// How many leads wait in the payload that is not full yet.
    #[must_use]
    pub fn open_leads(&self) -> usize {
        self.open.rows.len()
    }
}

/// Appends the rows that are ready and surely fit to the open payload, and tells whether it is full
/// now.
fn append_run(open: &mut Payload, waiting: &mut Waiting, limits: PayloadLimits) -> bool {
    let Payload { body, rows } = open;
    let first_index = waiting.leads.next_row();
    let mut start = body.len();
    let most = limits.leads.saturating_sub(rows.len());
    // The bracket at the end has to fit as well.
    let ends = waiting
        .leads
        .append_run(most, limits.bytes.saturating_sub(1), body);
    if ends.is_empty() {
        return false;
    }
    let origin = origin_index(&mut waiting.origin_index, &waiting.origin, rows);
    rows.leads
        .extend((first_index..).zip(ends).map(|(index, &end)| {
            let bytes = start + 1..end;
            start = end;
            LeadSpan {
                bytes,
                origin,
                index,
            }
        }));
    if let Some(comma) = body.first_mut() {
        *comma = b'[';
    }
    let is_full = rows.len() >= limits.leads;
    if is_full {
        waiting.origin_index = None;
    }
    is_full
}

/// Appends a row to the open payload, and gives that payload back if it is full now; `None` after
/// the last row.
fn append(
    open: &mut Payload,
    spare: &mut Vec<Payload>,
    waiting: &mut Waiting,
    limits: PayloadLimits,
) -> Option<Result<Option<Payload>, RowError>> {
    /// The bracket before the first lead, or the comma between two, and the bracket at the end.
    const FRAME: usize = 2;

    let index = waiting.leads.next_row();
    let body = &mut open.body;
    body.push(if body.is_empty() { b'[' } else { b',' });
    let start = body.len();
    let encoded = waiting.leads.append_next(body);
    let lead = body.len() - start;
    let fits_alone = encoded.map(|encoded| {
        encoded.and_then(|()| match lead + FRAME {
            bytes if bytes <= limits.bytes => Ok(()),
            bytes => Err(RowError::TooLarge {
                bytes,
                cap: limits.bytes,
            }),
        })
    });
    if fits_alone != Some(Ok(())) {
        body.truncate(start - 1);
        return fits_alone.map(|lead| lead.map(|()| None));
    }

    // A lead that would burst the byte cap starts the next payload; the ones before it are complete.
    let mut full = None;
    if body.len() + 1 > limits.bytes {
        let mut next = spare.pop().unwrap_or_default();
        next.body.push(b'[');
        next.body.extend_from_slice(&body[start..]);
        body.truncate(start - 1);
        full = Some(mem::replace(open, next));
        waiting.origin_index = None;
    }

    let end = open.body.len();
    let rows = &mut open.rows;
    let origin = origin_index(&mut waiting.origin_index, &waiting.origin, rows);
    rows.leads.push(LeadSpan {
        bytes: end - lead..end,
        origin,
        index,
    });
    // Never both: a payload that could be split has room for two leads, and the split left one.
    if rows.len() >= limits.leads {
        waiting.origin_index = None;
        full = Some(mem::replace(open, spare.pop().unwrap_or_default()));
    }
    Some(Ok(full.map(close)))
}

/// The place of a batch's origin among those of the open payload; it gets one with its first row there.
fn origin_index(index: &mut Option<usize>, origin: &Origin, rows: &mut PayloadRows) -> usize {
    *index.get_or_insert_with(|| {
        rows.origins.push(origin.clone());
        rows.origins.len() - 1
    })
}

fn close(mut payload: Payload) -> Payload {
    payload.body.push(b']');
    payload
}
