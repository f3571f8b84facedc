//! The sink behind an `INSERT`.

mod counters;
mod delivery;
mod watchers;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use datafusion::datasource::sink::DataSink;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType};
use tokio_util::sync::CancellationToken;

use crate::outcomes::OutcomesFile;
use crate::{Accounts, LeadsError, LeadsTable, OutcomesFolder};
use counters::Counters;
use delivery::Delivery;

/// Delivers what an `INSERT` gives: the [`DataSink`] of a [`LeadsTable`].
pub(crate) struct LeadsInsert {
    table: LeadsTable,
    statement: String,
    metrics: ExecutionPlanMetricsSet,
}

impl LeadsInsert {
    pub(crate) fn new(table: LeadsTable, statement: String) -> Self {
        Self {
            table,
            statement,
            metrics: ExecutionPlanMetricsSet::new(),
        }
    }

    #[cfg(feature = "codec")]
    pub(crate) fn table(&self) -> &LeadsTable {
        &self.table
    }

    #[cfg(feature = "codec")]
    pub(crate) fn statement(&self) -> &str {
        &self.statement
    }

    /// What the delivery takes from the session that executes it.
    fn delivery(&self, context: &TaskContext) -> std::result::Result<Delivery, LeadsError> {
        let config = context.session_config();
        let accounts = config
            .get_extension::<Accounts>()
            .ok_or(LeadsError::NoAccounts)?;
        let account = accounts.get(self.table.account())?.clone();
        let outcomes = config.get_extension::<OutcomesFolder>();
        let outcomes = outcomes
            .map(|folder| {
                OutcomesFile::create(
                    &folder,
                    &self.statement,
                    self.table.account(),
                    account.claims().is_some(),
                )
            })
            .transpose()?;
        Ok(Delivery {
            statement: self.statement.clone(),
            table: self.table.clone(),
            account,
            outcomes: outcomes.map(Arc::new),
            counters: Arc::new(Counters::new(&self.metrics)),
        })
    }
}

#[async_trait]
impl DataSink for LeadsInsert {
    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn schema(&self) -> &SchemaRef {
        self.table.leads_schema()
    }

    async fn write_all(
        &self,
        rows: SendableRecordBatchStream,
        context: &Arc<TaskContext>,
    ) -> Result<u64> {
        let delivery = self.delivery(context)?;
        // A statement that is cancelled drops this future. What is on its way then still gets its answer,
        // and every row its outcome: that takes a task of its own.
        let cancel = CancellationToken::new();
        let _on_drop = cancel.clone().drop_guard();
        let delivering = tokio::spawn(delivery.run(rows, cancel));
        delivering.await.map_err(|error| {
            datafusion::error::DataFusionError::Execution(format!(
                "statement {} ended unexpectedly: {error}; look into its outcomes",
                self.statement
            ))
        })?
    }
}

impl fmt::Debug for LeadsInsert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeadsInsert")
            .field("table", &self.table)
            .field("statement", &self.statement)
            .finish_non_exhaustive()
    }
}

impl DisplayAs for LeadsInsert {
    fn fmt_as(&self, form: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = self.table.account();
        match form {
            DisplayFormatType::Default | DisplayFormatType::Verbose => {
                let fields = self.table.leads_schema().fields();
                let columns: Vec<_> = fields.iter().map(|field| field.name().as_str()).collect();
                write!(
                    f,
                    "LeadsInsert(account={account}, columns=[{}], statement={})",
                    columns.join(", "),
                    self.statement
                )
            }
            DisplayFormatType::TreeRender => write!(f, "account={account}"),
        }
    }
}
