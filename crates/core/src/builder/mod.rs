//! Leads packed into payloads.

mod append;
mod limits;
mod shared;

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

use arrow::datatypes::Schema;

use append::{append, append_run, close};
use shared::Apart;

use crate::block::Memory;
use crate::{
    Error, Leads, Mapping, Origin, Payload, PayloadRows, Plan, Rejected, Rejection, Row, RowError,
    SourceBatch,
};

pub use limits::PayloadLimits;

/// Packs the rows of batch after batch into payloads, and keeps the rows that can't be leads.
///
/// Payloads are filled across batch borders and across sources: every one but the last is full,
/// unless [leads are kept apart](Self::with_unique_values_apart).
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
    /// What keeps leads that share a unique value apart, if they are to be.
    apart: Option<Apart>,
}

/// A batch, and how far it has been encoded.
struct Waiting {
    leads: Leads,
    origin: Origin,
    /// The batch's place among the origins of the open payload, once it has a row there.
    origin_index: Option<usize>,
}

impl Waiting {
    /// The row at `index`, which can't be a lead.
    fn rejection(&self, index: usize, error: RowError) -> Rejection {
        Rejection {
            row: self.origin.row(index),
            error,
            content: Rejected::Lead(self.leads.batch().show(index)),
        }
    }
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
            apart: None,
        }
    }

    /// Sets how large a payload may get.
    #[must_use]
    pub fn with_limits(mut self, limits: PayloadLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets whether leads that share a unique value are kept out of one payload; by default they
    /// are not, since looking at each value takes time.
    ///
    /// What the server does with two such leads in one call is not known. A lead that shares a value
    /// (compared without regard to case and blanks around it) waits for the next payload, behind
    /// which the rows that follow it may go first. When 200 wait, a payload is closed before it is
    /// full. The values of [constants](Mapping::constant) are not looked at: all leads share them.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use arrow::array::{ArrayRef, RecordBatch, StringArray};
    /// # use leadsquared_core::{Mapping, Origin, PayloadBuilder, SourceBatch};
    /// let phones: ArrayRef = Arc::new(StringArray::from(vec!["8888888888", "8888888888", "7"]));
    /// let batch = RecordBatch::try_from_iter([("Phone", phones)])?;
    /// let mut builder = PayloadBuilder::new(Mapping::new()).with_unique_values_apart(true);
    /// builder.push(SourceBatch::new(batch, Origin::new("leads.parquet", 1)))?;
    /// let rows = |payload: Option<leadsquared_core::Payload>| -> Vec<u64> {
    ///     payload.iter().flat_map(|payload| payload.rows().iter().map(|row| row.number)).collect()
    /// };
    /// assert_eq!(rows(builder.finish()), [1, 3]);
    /// assert_eq!(rows(builder.finish()), [2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_unique_values_apart(mut self, apart: bool) -> Self {
        self.apart = apart.then(Apart::default);
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
        if let Some(mut apart) = self.apart.take() {
            let payload = self.next_apart(&mut apart);
            self.apart = Some(apart);
            return payload;
        }
        while let Some(waiting) = self.waiting.front_mut() {
            let appended = append_run(&mut self.open, waiting, self.limits, usize::MAX);
            if appended > 0 && self.open.rows.len() >= self.limits.leads() {
                return Some(self.close_open());
            }
            if let Some(full) = self.append_next() {
                return Some(full);
            }
        }
        None
    }

    /// Appends the next row, whatever it takes; gives a payload that is full now.
    fn append_next(&mut self) -> Option<Payload> {
        let waiting = self.waiting.front_mut()?;
        let index = waiting.leads.next_row();
        match append(&mut self.open, &mut self.spare, waiting, self.limits) {
            None => {
                let done = self.waiting.pop_front();
                self.memory = done
                    .map(|done| done.leads.into_memory())
                    .unwrap_or_default();
                None
            }
            Some(Ok(full)) => full,
            Some(Err(error)) => {
                self.rejections.push(waiting.rejection(index, error));
                None
            }
        }
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
        self.spare.push(Payload {
            body,
            rows,
            unique_values: Vec::new(),
        });
    }

    /// Encodes what is left and gives the last payload, which may have less than 50 leads.
    ///
    /// Call it until it is `None`. The builder can be used again afterwards.
    pub fn finish(&mut self) -> Option<Payload> {
        self.next_payload().or_else(|| {
            if self.open.rows.is_empty() {
                return None; // and its memory stays for the next one
            }
            match self.apart.take() {
                Some(mut apart) => {
                    let payload = self.close_apart(&mut apart);
                    self.apart = Some(apart);
                    Some(payload)
                }
                None => Some(self.close_open()),
            }
        })
    }

    fn close_open(&mut self) -> Payload {
        if let Some(waiting) = self.waiting.front_mut() {
            waiting.origin_index = None;
        }
        let next = self.spare.pop().unwrap_or_default();
        close(mem::replace(&mut self.open, next))
    }

    /// Takes the rejections there are so far, in the order of their rows.
    pub fn take_rejections(&mut self) -> Vec<Rejection> {
        mem::take(&mut self.rejections)
    }

    /// How many leads wait in the payload that is not full yet, or for the one after it.
    #[must_use]
    pub fn open_leads(&self) -> usize {
        self.open.rows.len() + self.apart.as_ref().map_or(0, Apart::held)
    }
}
