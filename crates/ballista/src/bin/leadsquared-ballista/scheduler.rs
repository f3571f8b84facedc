//! The scheduler.

use std::net::IpAddr;

use anyhow::{Context as _, Result};
use ballista_scheduler::config::SchedulerConfig;
use leadsquared_ballista::{scheduler_config, serve_scheduler};
use tokio::net::TcpListener;

use crate::args::SchedulerArgs;
use crate::exit::Exit;
use crate::signals::Signals;

/// Serves until a signal.
pub(crate) async fn run(args: SchedulerArgs) -> Result<Exit> {
    let mut signals = Signals::listen()?;
    let listener = TcpListener::bind(args.bind)
        .await
        .with_context(|| format!("can't listen on {}; choose another with --bind", args.bind))?;
    let address = listener.local_addr()?;
    let host = args.advertise.unwrap_or_else(|| match address.ip() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    });
    let config = SchedulerConfig {
        external_host: host,
        executor_timeout_seconds: args.executor_timeout.as_secs(),
        no_executors_grace_period_seconds: args.wait_for_executors.as_secs(),
        task_max_failures: args.task_attempts.get(),
        ..scheduler_config()
    };
    if !address.ip().is_loopback() {
        tracing::warn!(
            "whoever reaches {address} can run statements: keep it inside a network that you trust"
        );
    }
    tracing::info!("scheduler listening on {address}");
    tokio::select! {
        ended = serve_scheduler(listener, config) => {
            ended.context("the scheduler ended")?;
            Ok(Exit::Failed)
        }
        signal = signals.next() => {
            tracing::info!("{signal}: the scheduler ends, and nobody learns what the jobs that run come to");
            Ok(Exit::Complete)
        }
    }
}
