//! One statement's rows on their way.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::error::ArrowError;
use datafusion::common::Result;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use futures::{FutureExt as _, StreamExt as _};
use leadsquared_core::{Origin, SourceBatch};
use leadsquared_sink::{
    ClaimJournal, Error, Found, JournalError, LeadSink, Observer, Outcome, Sink as _, SinkConfig,
    StopReason, Summary,
};
use tokio_util::sync::CancellationToken;

use super::counters::Counters;
use super::watchers::Watchers;
use crate::outcomes::OutcomesFile;
use crate::{Account, LeadsError, LeadsTable};

/// What it takes to deliver a statement's rows.
pub(super) struct Delivery {
    pub(super) statement: String,
    pub(super) table: LeadsTable,
    pub(super) account: Account,
    pub(super) outcomes: Option<Arc<OutcomesFile>>,
    pub(super) counters: Arc<Counters>,
}

/// Why no more rows are read.
enum End {
    /// There are none.
    Done,
    /// The query failed; its error is passed on as it is, since a cluster knows some of its own.
    Query(DataFusionError),
    Sink(Error),
    Leads(LeadsError),
    /// The query panicked; with these words.
    Panicked(String),
}

impl Delivery {
    /// Delivers all rows, and tells how many leads are in because of them.
    ///
    /// However it ends, every row that came to the sink has its outcome.
    pub(super) async fn run(
        self,
        rows: SendableRecordBatchStream,
        cancel: CancellationToken,
    ) -> Result<u64> {
        let delivered = self.deliver(rows, cancel).await;
        let kept = match &self.outcomes {
            Some(outcomes) => outcomes.finish(delivered.is_ok()),
            None => Ok(()),
        };
        match (delivered, kept) {
            (Ok(leads), Ok(())) => Ok(leads),
            (Ok(_), Err(error)) => Err(error.into()),
            (Err(error), kept) => {
                if let Err(kept) = kept {
                    tracing::warn!(statement = self.statement, "{kept}");
                }
                Err(error)
            }
        }
    }

    async fn deliver(
        &self,
        rows: SendableRecordBatchStream,
        cancel: CancellationToken,
    ) -> Result<u64> {
        let watchers = self.watchers();
        let journal = self.journal(&watchers).await?;
        let config = self.config(watchers, journal.clone())?;
        let mut sink = LeadSink::start(config).map_err(LeadsError::from)?;
        let writing = self.write(&mut sink, journal.as_deref(), rows, cancel);
        // What was sent until then is known all the same.
        let end = AssertUnwindSafe(writing).catch_unwind().await;
        let end = end.unwrap_or_else(|panic| End::Panicked(words(panic.as_ref())));
        if !matches!(end, End::Done) {
            // The rows that wait stay unsent: what is wrong may be wrong with them.
            sink.stop_handle().stop();
        }
        let closed = sink.close().await;
        let found = journal.map(|journal| journal.found()).unwrap_or_default();
        self.counters.delivered_before(found);
        let summary = with_found(sink.summary(), found);
        self.tell(&summary, found);
        match end {
            End::Query(error) => Err(passed_on(error)),
            End::Leads(error) => Err(error.into()),
            End::Sink(error) => Err(self.stopped(error, summary)),
            End::Panicked(words) => Err(DataFusionError::Execution(format!(
                "the query of statement {} panicked: {words}; its outcomes tell what was sent until then",
                self.statement
            ))),
            End::Done => match closed {
                Ok(()) => Ok(summary.created + summary.created_earlier),
                Err(error) => Err(self.stopped(error, summary)),
            },
        }
    }

    /// Everybody who sees the rows end.
    fn watchers(&self) -> Arc<dyn Observer> {
        let mut watchers: Vec<Arc<dyn Observer>> = vec![
            Arc::clone(&self.counters) as _,
            Arc::clone(self.account.config().observer()),
        ];
        if let Some(outcomes) = &self.outcomes {
            watchers.push(Arc::clone(outcomes) as _);
        }
        Arc::new(Watchers(watchers))
    }

    /// What knows of earlier attempts, which are shut out from now on.
    async fn journal(
        &self,
        watchers: &Arc<dyn Observer>,
    ) -> std::result::Result<Option<Arc<ClaimJournal>>, LeadsError> {
        let Some(claims) = self.account.claims() else {
            return Ok(None);
        };
        // Statements of two accounts are two, also if they have one name; neither can have a slash.
        let delivery = format!("{}/{}", self.table.account(), self.statement);
        let opening = claims
            .open(&delivery)
            .await
            .map_err(|cause| self.unclaimed(cause))?;
        let mapping = self.table.mapping().clone();
        Ok(Some(Arc::new(ClaimJournal::new(
            opening,
            mapping,
            Arc::clone(watchers),
        ))))
    }

    /// The account's settings, with what this statement's are.
    fn config(
        &self,
        watchers: Arc<dyn Observer>,
        journal: Option<Arc<ClaimJournal>>,
    ) -> std::result::Result<SinkConfig, LeadsError> {
        let mut builder = self
            .account
            .config()
            .to_builder()
            .with_mapping(self.table.mapping().clone())
            .with_observer(watchers);
        if let Some(journal) = journal {
            builder = builder.with_journal(journal);
        }
        Ok(self.table.options().apply(builder).build()?)
    }

    async fn write(
        &self,
        sink: &mut LeadSink,
        journal: Option<&ClaimJournal>,
        mut rows: SendableRecordBatchStream,
        cancel: CancellationToken,
    ) -> End {
        let mut read = 0;
        loop {
            let batch = tokio::select! {
                // Rows are there at once, as often as not.
                biased;
                () = cancel.cancelled() => return End::Sink(Error::Stopped(StopReason::Requested)),
                batch = rows.next() => batch,
            };
            let batch = match batch {
                None => return End::Done,
                Some(Err(error)) => return End::Query(error),
                Some(Ok(batch)) => batch,
            };
            if let Some(error) = self.outcomes.as_ref().and_then(|outcomes| outcomes.error()) {
                return End::Leads(error);
            }
            let rows_read = batch.num_rows();
            let batch = match self.named(&batch) {
                Ok(batch) => batch,
                Err(error) => return End::Query(error.into()),
            };
            let origin = Origin::new(self.statement.as_str(), read + 1);
            read += rows_read as u64;
            let mut source = SourceBatch::new(batch, origin);
            if let Some(journal) = journal {
                source = match journal.admit(source).await {
                    Ok(left) => left,
                    Err(cause) => return End::Sink(Error::Stopped(StopReason::Journal(cause))),
                };
            }
            // Those that can't be admitted have no outcome.
            self.counters.read(rows_read);
            let writing = sink.write(source);
            let written = tokio::select! {
                // A write that has begun takes its batch, also if it is given up; one that hasn't loses it.
                biased;
                written = writing => written,
                () = cancel.cancelled() => Err(Error::Stopped(StopReason::Requested)),
            };
            if let Err(error) = written {
                return End::Sink(error);
            }
        }
    }

    /// The rows under the table's names: the optimizer may call a column as it likes.
    fn named(&self, batch: &RecordBatch) -> std::result::Result<RecordBatch, ArrowError> {
        let fields = self.table.leads_schema().fields().iter();
        let fields = fields.zip(batch.columns()).map(|(field, column)| {
            // Text may be kept in one way or another.
            field
                .as_ref()
                .clone()
                .with_data_type(column.data_type().clone())
        });
        let schema = Schema::new(fields.collect::<Vec<_>>());
        RecordBatch::try_new(Arc::new(schema), batch.columns().to_vec())
    }

    fn stopped(&self, error: Error, summary: Summary) -> DataFusionError {
        match error {
            Error::Stopped(reason) => LeadsError::Stopped {
                statement: self.statement.clone(),
                reason,
                summary: Box::new(summary),
            }
            .into(),
            // The plan was compiled when the table was made.
            error => DataFusionError::External(Box::new(error)),
        }
    }

    fn unclaimed(&self, cause: JournalError) -> LeadsError {
        LeadsError::Claims {
            statement: self.statement.clone(),
            cause,
        }
    }

    fn tell(&self, summary: &Summary, found: Found) {
        tracing::info!(
            statement = self.statement,
            account = self.table.account(),
            read = summary.read,
            created = summary.created,
            created_earlier = summary.created_earlier,
            delivered_before = found.of(Outcome::CreatedEarlier),
            duplicate = summary.duplicate,
            rejected = summary.rejected,
            unconfirmed = summary.unconfirmed,
            not_sent = summary.not_sent,
            calls = summary.calls,
            throttled = summary.throttled,
            "a statement ended"
        );
    }
}

/// The sink's books, with the rows that never came to it.
fn with_found(mut summary: Summary, found: Found) -> Summary {
    summary.read += found.total();
    summary.created_earlier += found.of(Outcome::CreatedEarlier);
    summary.duplicate += found.of(Outcome::Duplicate);
    summary.rejected += found.of(Outcome::Rejected);
    summary.unconfirmed += found.of(Outcome::Unconfirmed);
    summary.not_sent += found.of(Outcome::NotSent);
    summary
}

/// The query's own error, as it is but for one kind: a cluster takes an [`DataFusionError::IoError`] for
/// its own, and runs all of it again.
fn passed_on(error: DataFusionError) -> DataFusionError {
    match error.find_root() {
        DataFusionError::IoError(_) => DataFusionError::External(Box::new(error)),
        _ => error,
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default()
}
