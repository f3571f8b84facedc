//! A statement on the cluster.

use std::sync::Arc;

use ballista_core::execution_plans::DistributedQueryExec;
use ballista_core::serde::protobuf::CancelJobParams;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::SessionContext;
use datafusion_proto::protobuf::LogicalPlanNode;

/// A statement that the cluster runs.
///
/// To drop it, or the future of [`collect`](Self::collect), does not end it: the cluster goes on, also
/// when the client dies. What ends it is [`cancel`](Self::cancel).
pub struct Job {
    scheduler: String,
    plan: Arc<dyn ExecutionPlan>,
    context: Arc<TaskContext>,
}

impl Job {
    /// The job that this plan is, which [`collect`](Self::collect) starts.
    ///
    /// The context is one of [`connect`](crate::connect) with the same URL, `df://host:port`.
    ///
    /// # Errors
    /// A plan that can't be.
    pub async fn new(url: &str, context: &SessionContext, plan: &LogicalPlan) -> Result<Self> {
        let state = context.state();
        Ok(Self {
            scheduler: url.replacen("df://", "http://", 1),
            plan: state.create_physical_plan(plan).await?,
            context: state.task_ctx(),
        })
    }

    /// Runs it, and gives what it comes to: for an INSERT the number of rows.
    ///
    /// # Errors
    /// No scheduler, or what the job failed at, as text: errors lose their types on the way.
    pub async fn collect(&self) -> Result<Vec<RecordBatch>> {
        collect(Arc::clone(&self.plan), Arc::clone(&self.context)).await
    }

    /// Whether this is how a job fails that the scheduler ended: because it lost an executor, or was asked to
    /// [cancel](Self::cancel) it.
    ///
    /// It can be given again: with claims and under the same [statement
    /// name](leadsquared_datafusion::StatementOptions), an INSERT goes on where it was.
    #[must_use]
    pub fn was_ended(error: &DataFusionError) -> bool {
        // Errors have only their words left when they come here.
        let words = error.strip_backtrace();
        words.ends_with("failed: Cancelled")
            // A stage could not fetch what an executor had, before the scheduler knew that it is gone.
            || words.contains("has failed 1 times, most recent failure reason")
    }

    /// What the scheduler calls it; `None` until it has the job.
    #[must_use]
    pub fn id(&self) -> Option<String> {
        let plan = self
            .plan
            .downcast_ref::<DistributedQueryExec<LogicalPlanNode>>()?;
        plan.job_id().map(|id| id.as_str().to_owned())
    }

    /// Asks the scheduler to end it, and says whether there was anything to end.
    ///
    /// Nothing more of it is begun, and its result is not kept. A delivery that has begun goes on to its
    /// end, since an executor of Ballista 55 doesn't tell the tasks behind a stage's writer; who gives the
    /// statement again under its name takes it over at once.
    ///
    /// # Errors
    /// No scheduler.
    pub async fn cancel(&self) -> Result<bool> {
        let Some(job_id) = self.id() else {
            return Ok(false);
        };
        let external =
            |error: Box<dyn std::error::Error + Send + Sync>| DataFusionError::External(error);
        let mut scheduler = SchedulerGrpcClient::connect(self.scheduler.clone())
            .await
            .map_err(|error| external(error.into()))?;
        let answer = scheduler
            .cancel_job(CancelJobParams { job_id })
            .await
            .map_err(|error| external(error.into()))?;
        Ok(answer.into_inner().cancelled)
    }
}
