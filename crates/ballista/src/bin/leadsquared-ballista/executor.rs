//! An executor.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_executor::health::ExecutorHealth;
use leadsquared_ballista::executor_config;
use leadsquared_datafusion::OutcomesFolder;
use tempfile::TempDir;

use crate::accounts::accounts;
use crate::args::ExecutorArgs;
use crate::exit::{Exit, usage};
use crate::ports;
use crate::signals::Signals;

/// How long a scheduler that is not there yet is waited for.
const SCHEDULER_PATIENCE: u16 = 30;

/// Serves until a signal, and then until its tasks have ended.
pub(crate) async fn run(args: ExecutorArgs) -> Result<Exit> {
    if args.bind.is_ipv6() {
        return Err(usage(
            "Ballista's executors can't listen on an IPv6 address; give --bind one of IPv4",
        ));
    }
    let mut signals = Signals::listen()?;
    let accounts = Arc::new(accounts(&args).await?);
    let outcomes = Arc::new(OutcomesFolder::create(&args.outcomes)?);
    // Ballista's own temporary folder would outlive it.
    let work_dir = match args.work_dir {
        Some(folder) => Work::Kept(folder),
        None => Work::Temporary(
            TempDir::new().context("a temporary folder can't be made; name one with --work-dir")?,
        ),
    };
    let [port, grpc_port] = ports::found(args.bind, [args.port, args.task_port])?;
    let config = executor_config(accounts, outcomes);
    let health = config.health.clone();
    let config = ExecutorProcessConfig {
        bind_host: args.bind.to_string(),
        external_host: Some(args.advertise.unwrap_or_else(|| args.bind.to_string())),
        port,
        grpc_port,
        scheduler_host: args.scheduler.host.clone(),
        scheduler_port: args.scheduler.port,
        scheduler_connect_timeout_seconds: SCHEDULER_PATIENCE,
        vcores: args.slots.map_or(config.vcores, Into::into),
        work_dir: Some(work_dir.path().to_string_lossy().into_owned()),
        ..config
    };
    let id = config.executor_id.clone();
    tokio::spawn(tell_when_ready(health, id));
    let serving = start_executor_process(Arc::new(config));
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => {
            ended.with_context(|| {
                format!("the executor of the scheduler at {} ended", args.scheduler.url())
            })?;
            // Nobody asked it to: it has lost the scheduler.
            return Ok(Exit::Failed);
        }
        signal = signals.next() => {
            tracing::info!("{signal}: ends when its tasks have; again to end at once");
        }
    }
    tokio::select! {
        ended = serving => {
            ended?;
            Ok(Exit::Complete)
        }
        _ = signals.next() => Ok(Exit::Failed),
    }
}

/// The folder for what stages hand on.
enum Work {
    Kept(PathBuf),
    /// Goes with the executor.
    Temporary(TempDir),
}

impl Work {
    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}

/// Says when the scheduler knows of this executor.
async fn tell_when_ready(health: ExecutorHealth, id: String) {
    while !health.is_ready() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tracing::info!("executor {id} is ready");
}
