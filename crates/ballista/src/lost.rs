//! What becomes of jobs when an executor is lost.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use ballista_core::JobId;
use ballista_core::error::Result;
use ballista_core::serde::protobuf::ExecutorHeartbeat;
use ballista_core::serde::scheduler::{ExecutorData, ExecutorMetadata};
use ballista_scheduler::cluster::{BoundTask, ClusterState, ClusterStateEventStream, ExecutorSlot};
use ballista_scheduler::config::TaskDistributionPolicy;
use ballista_scheduler::scheduler_server::SchedulerServer;
use ballista_scheduler::state::task_manager::JobInfoCache;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};

/// The scheduler, as this crate has it.
pub(crate) type Scheduler = SchedulerServer<LogicalPlanNode, PhysicalPlanNode>;

/// The cluster's state, which ends the jobs that run before an executor is taken out of it.
///
/// Ballista 55 would run the lost stages again inside the job, and does it wrong: a stage whose own inputs
/// are lost too is run again whole, while those who read it keep what is left of its first results. Its
/// rows then come twice, and sums are wrong. A job that begins anew reads everything anew.
///
/// It has to be before: once the scheduler has rolled the stages back, it forgets which tasks run on the
/// other executors, and never gives their slots back.
pub(crate) struct EndsJobs {
    inner: Arc<dyn ClusterState>,
    scheduler: OnceLock<Scheduler>,
}

impl EndsJobs {
    pub(crate) fn new(inner: Arc<dyn ClusterState>) -> Self {
        Self {
            inner,
            scheduler: OnceLock::new(),
        }
    }

    /// Says whose jobs these are; the first one holds.
    pub(crate) fn of(&self, scheduler: Scheduler) {
        // There is one for each state.
        let _ = self.scheduler.set(scheduler);
    }
}

// What is not forwarded would be lost in silence.
#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl ClusterState for EndsJobs {
    async fn remove_executor(&self, executor_id: &str) -> Result<()> {
        if let Some(scheduler) = self.scheduler.get() {
            let running = scheduler.state.task_manager.get_running_job_cache();
            for job in running.keys() {
                tracing::warn!(
                    "executor {executor_id} is lost, and job {job} ends: its client begins it anew"
                );
                // It is in the queue before what the scheduler makes of the loss.
                scheduler.cancel_job(job.clone()).await?;
            }
        }
        self.inner.remove_executor(executor_id).await
    }

    async fn init(&self) -> Result<()> {
        self.inner.init().await
    }

    async fn bind_schedulable_tasks(
        &self,
        distribution: TaskDistributionPolicy,
        active_jobs: Arc<HashMap<JobId, JobInfoCache>>,
        executors: Option<HashSet<String>>,
    ) -> Result<Vec<BoundTask>> {
        self.inner
            .bind_schedulable_tasks(distribution, active_jobs, executors)
            .await
    }

    async fn unbind_tasks(&self, slots: Vec<ExecutorSlot>) -> Result<()> {
        self.inner.unbind_tasks(slots).await
    }

    async fn register_executor(
        &self,
        metadata: ExecutorMetadata,
        data: ExecutorData,
    ) -> Result<()> {
        self.inner.register_executor(metadata, data).await
    }

    async fn save_executor_metadata(&self, metadata: ExecutorMetadata) -> Result<()> {
        self.inner.save_executor_metadata(metadata).await
    }

    async fn get_executor_metadata(&self, executor_id: &str) -> Result<ExecutorMetadata> {
        self.inner.get_executor_metadata(executor_id).await
    }

    async fn registered_executor_metadata(&self) -> Vec<ExecutorMetadata> {
        self.inner.registered_executor_metadata().await
    }

    async fn save_executor_heartbeat(&self, heartbeat: ExecutorHeartbeat) -> Result<()> {
        self.inner.save_executor_heartbeat(heartbeat).await
    }

    fn executor_heartbeats(&self) -> HashMap<String, ExecutorHeartbeat> {
        self.inner.executor_heartbeats()
    }

    fn get_executor_heartbeat(&self, executor_id: &str) -> Option<ExecutorHeartbeat> {
        self.inner.get_executor_heartbeat(executor_id)
    }

    async fn cluster_state_events(&self) -> Result<ClusterStateEventStream> {
        self.inner.cluster_state_events().await
    }
}
