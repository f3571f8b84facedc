//! One statement's rows on their way.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt as _;
use leadsquared_core::{Origin, SourceBatch};
use leadsquared_sink::{Error, LeadSink, Observer, Sink as _, StopReason, Summary};
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
    Outcomes(LeadsError),
}

impl Delivery {
    /// Delivers all rows, and tells how many leads are in because of them.
    ///
    /// However it ends, every row that was read has its outcome.
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
        let leads = delivered?;
        kept?;
        Ok(leads)
    }

    async fn deliver(
        &self,
        rows: SendableRecordBatchStream,
        cancel: CancellationToken,
    ) -> Result<u64> {
        let mut sink = LeadSink::start(self.config()?).map_err(LeadsError::from)?;
        let end = self.write(&mut sink, rows, cancel).await;
        if !matches!(end, End::Done) {
            // The rows that wait stay unsent: what is wrong may be wrong with them.
            sink.stop_handle().stop();
        }
        let closed = sink.close().await;
        let summary = sink.summary();
        self.tell(&summary);
        match end {
            End::Query(error) => Err(error),
            End::Outcomes(error) => Err(error.into()),
            End::Sink(error) => Err(self.stopped(error, summary)),
            End::Done => match closed {
                Ok(()) => Ok(summary.created + summary.created_earlier),
                Err(error) => Err(self.stopped(error, summary)),
            },
        }
    }

    /// The account's settings, with what this statement's are.
    fn config(&self) -> std::result::Result<leadsquared_sink::SinkConfig, LeadsError> {
        let config = self.account.config();
        let mut watchers: Vec<Arc<dyn Observer>> = vec![
            Arc::clone(&self.counters) as _,
            Arc::clone(config.observer()),
        ];
        if let Some(outcomes) = &self.outcomes {
            watchers.push(Arc::clone(outcomes) as _);
        }
        let builder = config
            .to_builder()
            .with_mapping(self.table.mapping().clone())
            .with_observer(Arc::new(Watchers(watchers)));
        Ok(self.table.options().apply(builder).build()?)
    }

    async fn write(
        &self,
        sink: &mut LeadSink,
        mut rows: SendableRecordBatchStream,
        cancel: CancellationToken,
    ) -> End {
        let mut read = 0;
        loop {
            let batch = tokio::select! {
                batch = rows.next() => batch,
                () = cancel.cancelled() => return End::Sink(Error::Stopped(StopReason::Requested)),
            };
            let batch = match batch {
                None => return End::Done,
                Some(Err(error)) => return End::Query(error),
                Some(Ok(batch)) => batch,
            };
            if let Some(error) = self.outcomes.as_ref().and_then(|outcomes| outcomes.error()) {
                return End::Outcomes(error);
            }
            self.counters.read(batch.num_rows());
            let origin = Origin::new(self.statement.as_str(), read + 1);
            read += batch.num_rows() as u64;
            let writing = sink.write(SourceBatch::new(batch, origin));
            let written = tokio::select! {
                written = writing => written,
                // A write that is given up has taken its batch all the same.
                () = cancel.cancelled() => Err(Error::Stopped(StopReason::Requested)),
            };
            if let Err(error) = written {
                return End::Sink(error);
            }
        }
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

    fn tell(&self, summary: &Summary) {
        tracing::info!(
            statement = self.statement,
            account = self.table.account(),
            read = summary.read,
            created = summary.created,
            created_earlier = summary.created_earlier,
            duplicate = summary.duplicate,
            rejected = summary.rejected,
            unconfirmed = summary.unconfirmed,
            not_sent = summary.not_sent,
            calls = summary.calls,
            throttled = summary.throttled,
            "a statement's leads are delivered"
        );
    }
}
