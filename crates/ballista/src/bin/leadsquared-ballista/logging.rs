//! Logging on standard error.

use std::io;

use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

use crate::args::Command;

/// Starts logging as `LEADSQUARED_LOG` says, else `RUST_LOG`, else as fits the command: a process that
/// serves tells what it does, a statement tells what it comes to.
///
/// Only this project's crates and Ballista's are heard: what others log may show an address with a
/// password.
pub(crate) fn start(command: &Command) {
    let usual = match command {
        Command::Scheduler(_) | Command::Executor(_) => "info,ballista=warn",
        // What a job failed at is printed as the statement's error.
        Command::Submit(_) => "warn,ballista=off",
    };
    let filter = EnvFilter::try_from_env("LEADSQUARED_LOG")
        .or_else(|_| EnvFilter::try_from_default_env())
        .unwrap_or_else(|_| EnvFilter::new(usual));
    let heard = filter_fn(|metadata| {
        let target = metadata.target();
        target.starts_with("leadsquared") || target.starts_with("ballista")
    });
    let layer = fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(false)
        .log_internal_errors(false)
        .with_filter(filter)
        .with_filter(heard);
    registry().with(layer).init();
}
