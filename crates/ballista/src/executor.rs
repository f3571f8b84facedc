//! An executor that has accounts.

use std::sync::Arc;
use std::time::Duration;

use ballista_core::ConfigProducer;
use ballista_executor::executor_process::ExecutorProcessConfig;
use leadsquared_datafusion::{Accounts, OutcomesFolder};

use crate::scheduler::session_config;
use crate::{logical_codec, physical_codec};

/// How often an executor tells the scheduler that it lives: each 3 s.
///
/// Much less than the [time](crate::EXECUTOR_TIMEOUT) after which it is taken for dead.
pub const EXECUTOR_HEARTBEAT: Duration = Duration::from_secs(3);

/// The configuration of an executor that delivers into these accounts.
///
/// The accounts, with their keys, limits and claims, stay in this process: plans name them and no more.
/// What became of each row is written into `outcomes`, which executors and clients should all see.
/// Address, ports and folders are Ballista's defaults, and are changed in the fields; it runs with
/// [`start_executor_process`](ballista_executor::executor_process::start_executor_process).
///
/// A statement is delivered by one executor at a time, but two statements are not: executors that have
/// the same account need a limiter and claims that they share, such as those of `leadsquared-redis`.
#[must_use]
pub fn executor_config(
    accounts: Arc<Accounts>,
    outcomes: Arc<OutcomesFolder>,
) -> ExecutorProcessConfig {
    let producer: ConfigProducer = Arc::new(move || {
        session_config()
            .with_extension(Arc::clone(&accounts))
            .with_extension(Arc::clone(&outcomes))
    });
    ExecutorProcessConfig {
        override_config_producer: Some(producer),
        override_logical_codec: Some(logical_codec()),
        override_physical_codec: Some(physical_codec()),
        executor_heartbeat_interval_seconds: EXECUTOR_HEARTBEAT.as_secs(),
        ..ExecutorProcessConfig::default()
    }
}
