//! Statements for the cluster, one after the other.
//!
//! `script` takes them apart, `rehearsal` plans them all before the first runs, `run` runs them,
//! `report` counts what became of the rows, `print` shows it.

mod print;
mod rehearsal;
mod report;
mod run;
mod script;
mod session;

use anyhow::{Result, bail};

use crate::args::SubmitArgs;
use crate::exit::{Exit, usage};
use crate::signals::Signals;

use print::Printer;
use rehearsal::rehearse;
use run::Run;

/// Runs the statements; the first that fails is the last.
pub(crate) async fn run(args: SubmitArgs) -> Result<Exit> {
    let mut signals = Signals::listen()?;
    // Standard input may keep it waiting.
    let reading = {
        let args = args.clone();
        tokio::task::spawn_blocking(move || script::statements(&args))
    };
    let statements = tokio::select! {
        read = reading => read??,
        signal = signals.next() => bail!("{signal}: nothing was run"),
    };
    let inserts = rehearse(&statements, args.outcomes.as_deref()).await?;
    if inserts > 0 && args.outcomes.is_none() {
        return Err(usage(
            "INSERT INTO a table of leads needs --outcomes FOLDER, the executors' folder: what became of each \
             row is there",
        ));
    }
    if inserts > 1 && args.statement.is_some() {
        return Err(usage(format!(
            "--statement is the id of one INSERT, and there are {inserts}; write SET leadsquared.statement = \
             'ID' before each instead"
        )));
    }
    let mut run = Run::new(&args, signals, Printer::new(args.format)).await?;
    for statement in statements {
        run.statement(statement).await?;
    }
    Ok(run.exit())
}
