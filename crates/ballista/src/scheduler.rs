//! A scheduler that knows leads.

use std::sync::Arc;
use std::time::Duration;

use ballista_core::error::{BallistaError, Result};
use ballista_core::extension::SessionConfigExt as _;
use ballista_core::utils::default_session_builder;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::{create_scheduler, start_grpc_service_with_listener};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use leadsquared_datafusion::StatementOptions;
use tokio::net::TcpListener;

use crate::lost::EndsJobs;
use crate::{logical_codec, physical_codec};

/// How long nothing may be heard of an executor before its work is given to others: 12 s.
///
/// Four [heartbeats](crate::EXECUTOR_HEARTBEAT). With the look each three seconds, an executor that
/// died is replaced within about 15 s. Sooner would be rash: one that only paused goes on delivering
/// until it is told, and all that another attempt finds delivered costs it a look in Redis.
pub const EXECUTOR_TIMEOUT: Duration = Duration::from_secs(12);
/// How often the scheduler looks for executors that are gone.
const LOOK: u64 = 3;
/// How long jobs wait for an executor when the last one is gone: long enough to start it anew.
const WITHOUT_EXECUTORS: u64 = 60;

/// How long an executor that was asked to end may finish its tasks.
const TO_FINISH: u64 = 60;

/// The configuration of a scheduler that knows leads, to be changed by its fields and methods.
///
/// It differs from Ballista's default in the codecs, in sessions that know `STORED AS LEADSQUARED` and
/// the options under `leadsquared.`, in the [time](EXECUTOR_TIMEOUT) after which an executor is taken
/// for dead, and in the minute that jobs wait when no executor is left, and that one has to finish its tasks
/// which was asked to end. Plans are made once and not adapted between stages, whatever a client asks for: an
/// adapted job doesn't survive an executor. A stage that loses what it reads is not run again inside its job
/// (`stage_max_failures` is 1, and has to be: see [`serve_scheduler`]).
///
/// ```
/// let mut config = leadsquared_ballista::scheduler_config().with_hostname("scheduler.internal");
/// config.executor_timeout_seconds = 30;
/// assert!(config.is_push_staged_scheduling());
/// ```
#[must_use]
pub fn scheduler_config() -> SchedulerConfig {
    SchedulerConfig {
        override_logical_codec: Some(logical_codec()),
        override_physical_codec: Some(physical_codec()),
        override_config_producer: Some(Arc::new(session_config)),
        override_session_builder: Some(Arc::new(session_state)),
        executor_timeout_seconds: EXECUTOR_TIMEOUT.as_secs(),
        expire_dead_executor_interval_seconds: LOOK,
        no_executors_grace_period_seconds: WITHOUT_EXECUTORS,
        executor_termination_grace_period: TO_FINISH,
        // The first result that can't be fetched ends the job, for the reason that a lost executor does.
        stage_max_failures: 1,
        ..SchedulerConfig::default()
    }
}

/// Serves as the cluster's scheduler on this listener; ends when it fails, or is dropped.
///
/// A job that runs when an executor is lost is ended, and its client gives it again: see
/// [`Job::was_ended`](crate::Job::was_ended). Ballista 55 would run lost stages again inside the job, and
/// does it wrong: rows come twice, and sums are wrong.
///
/// The port that executors and clients are told is the listener's own. What the scheduler knows of
/// jobs is in its memory: if it ends, they have no result, though what executors are at goes on.
///
/// # Errors
/// A configuration that contradicts itself, or a listener that fails.
pub async fn serve_scheduler(listener: TcpListener, config: SchedulerConfig) -> Result<()> {
    let address = listener.local_addr().map_err(BallistaError::from)?;
    let config = config.with_port(address.port());
    config.validate()?;
    let cluster = BallistaCluster::new_from_config(&config).await?;
    let state = Arc::new(EndsJobs::new(cluster.cluster_state()));
    let cluster = BallistaCluster::new(Arc::clone(&state) as _, cluster.job_state());
    let scheduler =
        create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, Arc::new(config)).await?;
    state.of(scheduler.clone());
    start_grpc_service_with_listener(listener, scheduler).await
}

/// Has the options of leads, so that what a client set is not passed over.
pub(crate) fn session_config() -> SessionConfig {
    SessionConfig::new_with_ballista().with_option_extension(StatementOptions::default())
}

fn session_state(config: SessionConfig) -> datafusion::error::Result<SessionState> {
    // Whatever the client says: the adaptive planner of Ballista 55 can't run a finished stage again. When
    // an executor dies that holds such a stage's results, its job waits for ever ("Can't find active
    // stage to update stage outputs").
    let config = config.with_ballista_adaptive_query_planner(false);
    let state = default_session_builder(config)?;
    let id = state.session_id().to_owned();
    // Without the check of columns: the client made it, and a plan that was optimized tells less.
    let builder = SessionStateBuilder::new_from_existing(state).with_session_id(id);
    Ok(builder.build())
}
