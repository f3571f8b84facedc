//! The sink that delivers leads.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use leadsquared_core::{Mapping, Origin, PayloadBuilder, SourceBatch};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use crate::books::Books;
use crate::config::Account;
use crate::deliver::Delivery;
use crate::driver::{Job, drive};
use crate::pool::BufferPool;
use crate::quiet::Quiet;
use crate::recall::unsettled;
use crate::refusals::Refusals;
use crate::stop::Stop;
use crate::{
    ConfigError, Content, Error, Journal, Limiter, Outcome, RowReport, Sink, SinkConfig,
    SlotLimiter, StopHandle, StopReason, Summary,
};

/// The name of rows that come as plain record batches.
const STREAM: &str = "stream";

/// Delivers record batches as leads: the [`Sink`] of this crate.
///
/// Takes plain [`RecordBatch`]es, whose rows are numbered from 1 in the order they come, and
/// [`SourceBatch`]es, which know their file. Leads are packed into calls of 50 across batches; a
/// call that is not full goes out when the sink is flushed or closed.
///
/// What it promises:
/// - `write` returns when the batch's full calls are in the queue: that is the back-pressure. A
///   `write` that is cancelled has taken the batch all the same; don't write it again.
/// - `flush` and `close` return when every row that was written has its outcome.
/// - An `Err` tells that the sink stopped. Every row is in the books all the same, also those of
///   the batch that was being written: [`summary`](Self::summary) balances once the sink is closed.
/// - Dropping it without closing gives up the call that is not full yet, and reports its rows as not
///   sent; calls in the queue are still delivered while the runtime lives.
///
/// Memory goes round: a call that is over gives its body's memory back, and a later payload is
/// written into it, so that in the long run no call makes new memory for its leads. A
/// [`Transport`](crate::Transport) that keeps a clone of a body keeps that memory from coming back.
///
/// The crate's page has an example.
pub struct LeadSink {
    builder: PayloadBuilder,
    /// Memory of calls that are over, for the builder.
    pool: Arc<BufferPool>,
    /// Whether the builder was given memory that no payload took yet.
    builder_has_spare: bool,
    /// None once closed.
    queue: Option<mpsc::Sender<Job>>,
    driver: Option<JoinHandle<()>>,
    books: Arc<Books>,
    stop: Arc<Stop>,
    limiter: Arc<dyn Limiter>,
    journal: Option<Arc<dyn Journal>>,
    stream: StreamRows,
}

/// What is known of plain record batches.
#[derive(Default)]
struct StreamRows {
    read: u64,
    /// The schema that the mapping was last checked against.
    checked: Option<SchemaRef>,
}

impl StreamRows {
    fn check(
        &mut self,
        mapping: &Mapping,
        schema: &SchemaRef,
    ) -> Result<(), leadsquared_core::Error> {
        if self
            .checked
            .as_ref()
            .is_some_and(|checked| Arc::ptr_eq(checked, schema))
        {
            return Ok(());
        }
        mapping.check(schema)?;
        self.checked = Some(Arc::clone(schema));
        Ok(())
    }
}

impl LeadSink {
    /// Starts a sink: a task on the current tokio runtime that waits for rows.
    ///
    /// Nothing is sent before the first call is full, or flushed.
    ///
    /// # Errors
    /// [`ConfigError::NoRuntime`] outside a tokio runtime.
    pub fn start(config: SinkConfig) -> Result<Self, ConfigError> {
        let runtime = Handle::try_current().map_err(|_| ConfigError::NoRuntime)?;
        let limiter = match config.limiter {
            Account::New(options) => Arc::new(SlotLimiter::with_options(options)),
            Account::Shared(limiter) => limiter,
        };
        let books = Arc::new(Books::new(config.observer));
        let stop = Arc::new(Stop::new(Arc::clone(&books)));
        let pool = Arc::new(BufferPool::default());
        let delivery = Delivery {
            transport: config.transport,
            limiter: Arc::clone(&limiter),
            daily_budget: config.daily_budget,
            journal: config.journal.clone(),
            timeout: config.timeout,
            retry: config.retry,
            ambiguous: config.ambiguous,
            max_rejects: config.max_rejects,
            refusals: Refusals::new(config.split_budget),
            books: Arc::clone(&books),
            stop: Arc::clone(&stop),
            pool: Arc::clone(&pool),
            quiet: Quiet::default(),
            answered: AtomicU64::new(0),
        };
        let (queue, jobs) = mpsc::channel(config.queue);
        Ok(Self {
            builder: PayloadBuilder::new(config.mapping)
                .with_limits(config.payload_limits)
                .with_unique_values_apart(true),
            pool,
            builder_has_spare: false,
            queue: Some(queue),
            driver: Some(runtime.spawn(
                drive(delivery, jobs, config.concurrency).instrument(tracing::info_span!("run")),
            )),
            books,
            stop,
            limiter,
            journal: config.journal,
            stream: StreamRows::default(),
        })
    }

    /// What became of everything so far; it balances once the sink is closed.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.books.summary(self.limiter.limit())
    }

    /// A handle that stops the sink from elsewhere.
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        StopHandle::new(Arc::clone(&self.stop))
    }

    /// Takes what an earlier part of the run did not settle of a batch.
    async fn take(&mut self, source: SourceBatch) -> Result<(), Error> {
        if self.queue.is_none() {
            return Err(Error::Closed);
        }
        let sources = match &self.journal {
            Some(journal) => unsettled(journal.as_ref(), source),
            None => vec![source],
        };
        for source in &sources {
            self.books.read(source.num_rows());
        }
        let mut refused = Ok(());
        for source in sources {
            refused = refused.and(self.push(source));
        }
        refused?;
        self.send(PayloadBuilder::next_payload).await?;
        self.check_stopped()
    }

    fn push(&mut self, source: SourceBatch) -> Result<(), Error> {
        let (origin, rows) = (source.origin.clone(), source.batch.num_rows());
        let unreadable: Vec<u64> = source.unreadable.iter().map(|row| row.number).collect();
        self.builder
            .push(source)
            .map_err(|error| self.refuse(&origin, rows, &unreadable, error))
    }

    /// Books the rows of a batch that can't become leads as not sent.
    fn refuse(
        &self,
        origin: &Origin,
        rows: usize,
        unreadable: &[u64],
        error: leadsquared_core::Error,
    ) -> Error {
        let reason = error.to_string();
        let numbers = (0..rows)
            .map(|index| origin.row(index).number)
            .chain(unreadable.iter().copied());
        for number in numbers {
            self.books.settle(&RowReport {
                row: leadsquared_core::Row {
                    source: Arc::clone(origin.source()),
                    number,
                },
                outcome: Outcome::NotSent,
                lead_id: None,
                code: Some("schema"),
                reason: Some(&reason),
                content: Content::Lead(b"[]"),
            });
        }
        Error::Schema {
            source_name: origin.source().to_string(),
            error,
        }
    }

    /// Queues the payloads that `next` takes from the builder, and books the rows that can't be leads.
    ///
    /// A place in the queue comes first and a payload after, so that cancelling loses nothing.
    async fn send(
        &mut self,
        mut next: impl FnMut(&mut PayloadBuilder) -> Option<leadsquared_core::Payload>,
    ) -> Result<(), Error> {
        let Some(queue) = &self.queue else {
            return Err(Error::Closed);
        };
        loop {
            let place = queue.reserve().await.map_err(|_| crashed())?;
            // The builder needs memory when it opens a payload, which is once for each that it gives.
            if !self.builder_has_spare
                && let Some((body, rows)) = self.pool.take()
            {
                self.builder.recycle(body, rows);
                self.builder_has_spare = true;
            }
            let payload = next(&mut self.builder);
            self.builder_has_spare &= payload.is_none();
            let rejections = self.builder.take_rejections();
            let is_last = payload.is_none();
            if !is_last || !rejections.is_empty() {
                place.send(Job::Deliver(rejections, payload));
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// As [`Sink::flush`]: sends what is left, and waits until every row has its outcome.
    ///
    /// # Errors
    /// [`Error::Stopped`] if the sink stopped before that; every row has its outcome all the same.
    pub async fn flush(&mut self) -> Result<(), Error> {
        self.send(PayloadBuilder::finish).await?;
        let Some(queue) = &self.queue else {
            return Err(Error::Closed);
        };
        let (done, reached) = oneshot::channel();
        queue
            .send(Job::Barrier(done))
            .await
            .map_err(|_| crashed())?;
        reached.await.map_err(|_| crashed())?;
        self.check_stopped()
    }

    /// As [`Sink::close`]: flushes, and ends the sink. Closing again does nothing.
    ///
    /// # Errors
    /// As [`flush`](Self::flush).
    pub async fn close(&mut self) -> Result<(), Error> {
        let flushed = match (&self.queue, &self.driver) {
            (Some(_), _) => self.flush().await,
            (None, Some(_)) => self.check_stopped(),
            (None, None) => return Ok(()),
        };
        self.queue = None;
        // Waited for in its place, so that a close that was cancelled can be repeated.
        if let Some(driver) = &mut self.driver {
            let ended = driver.await;
            self.driver = None;
            ended.map_err(|_| crashed())?;
        }
        flushed
    }

    fn check_stopped(&self) -> Result<(), Error> {
        self.stop
            .reason()
            .map_or(Ok(()), |reason| Err(Error::Stopped(reason)))
    }
}

fn crashed() -> Error {
    Error::Stopped(StopReason::Crashed)
}

impl Drop for LeadSink {
    fn drop(&mut self) {
        while let Some(payload) = self.builder.finish() {
            for (index, row) in payload.rows().iter().enumerate() {
                let lead = payload.rows().lead(index, payload.body());
                self.books.settle(&RowReport {
                    row,
                    outcome: Outcome::NotSent,
                    lead_id: None,
                    code: Some("dropped"),
                    reason: Some("the sink was dropped before it was closed"),
                    content: Content::Lead(lead.unwrap_or_default()),
                });
            }
        }
        for rejection in self.builder.take_rejections() {
            self.books.reject(&rejection);
        }
    }
}

#[async_trait]
impl Sink<SourceBatch> for LeadSink {
    type Error = Error;

    async fn write(&mut self, batch: SourceBatch) -> Result<(), Error> {
        self.take(batch).await
    }

    async fn flush(&mut self) -> Result<(), Error> {
        LeadSink::flush(self).await
    }

    async fn close(&mut self) -> Result<(), Error> {
        LeadSink::close(self).await
    }
}

#[async_trait]
impl Sink<RecordBatch> for LeadSink {
    type Error = Error;

    async fn write(&mut self, batch: RecordBatch) -> Result<(), Error> {
        let origin = Origin::new(STREAM, self.stream.read + 1);
        self.stream.read += batch.num_rows() as u64;
        // A plain batch has its whole schema: here a column to drop that isn't there is a mistake.
        if let Err(error) = self
            .stream
            .check(self.builder.mapping(), batch.schema_ref())
        {
            self.books.read(batch.num_rows());
            return Err(self.refuse(&origin, batch.num_rows(), &[], error));
        }
        self.take(SourceBatch::new(batch, origin)).await
    }

    async fn flush(&mut self) -> Result<(), Error> {
        LeadSink::flush(self).await
    }

    async fn close(&mut self) -> Result<(), Error> {
        LeadSink::close(self).await
    }
}
