//! The `leadsquared-ballista` command: a cluster's scheduler, its executors, and statements for it.

mod accounts;
mod args;
mod executor;
mod exit;
mod logging;
mod ports;
mod scheduler;
mod signals;
mod submit;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command};
use exit::Exit;

fn main() -> ExitCode {
    let cli = Cli::parse();
    logging::start(&cli.command);
    let ended = start(cli.command).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        Exit::of(&error)
    });
    ended.into()
}

fn start(command: Command) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(async {
        match command {
            Command::Scheduler(args) => scheduler::run(args).await,
            Command::Executor(args) => executor::run(args).await,
            Command::Submit(args) => submit::run(args).await,
        }
    });
    // A read of standard input can't be interrupted, and is not waited for.
    runtime.shutdown_background();
    ended
}
