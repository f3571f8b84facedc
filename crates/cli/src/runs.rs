//! `leadsquared runs`: what the ledger remembers.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::SystemTime;

use anyhow::Result;
use leadsquared_ledger::{Ledger, RunInfo};
use leadsquared_sink::Outcome;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::Exit;
use crate::args::{OutputFormat, RunsArgs};
use crate::command::Ended;
use crate::report::tolerate_closed;
use crate::settings::Chosen;
use crate::words::number;

/// A run, for programs.
#[derive(Serialize)]
struct Line<'a> {
    run: u64,
    state: &'a str,
    started: String,
    ended: Option<String>,
    account: &'a str,
    inputs: Vec<&'a str>,
    calls: u64,
    #[serde(flatten)]
    outcomes: Map<String, Value>,
}

pub(crate) fn runs(args: &RunsArgs) -> Ended {
    let ledger = Chosen::of(&args.profile)?.ledger(args.ledger.ledger.clone());
    let runs = Ledger::open_read_only(&ledger)?.runs()?;
    let text = match args.format {
        OutputFormat::Text => table(&runs),
        OutputFormat::Json => lines(&runs)?,
    };
    let mut out = io::stdout().lock();
    tolerate_closed(out.write_all(text.as_bytes()).and_then(|()| out.flush()))?;
    Ok(Exit::Complete)
}

/// A line of JSON for each run.
fn lines(runs: &[RunInfo]) -> Result<String> {
    let mut text = String::new();
    for run in runs {
        let outcomes = Outcome::ALL.map(|outcome| {
            let rows = run.totals.of(outcome);
            (outcome.as_str().to_owned(), Value::from(rows))
        });
        text.push_str(&serde_json::to_string(&Line {
            run: run.id.0,
            state: run.state.as_str(),
            started: time(run.started_at),
            ended: run.ended_at.map(time),
            account: &run.account,
            inputs: names(run),
            calls: run.calls,
            outcomes: outcomes.into_iter().collect(),
        })?);
        text.push('\n');
    }
    Ok(text)
}

fn table(runs: &[RunInfo]) -> String {
    if runs.is_empty() {
        return "no runs\n".to_owned();
    }
    let mut text = String::new();
    for run in runs {
        let _ = writeln!(
            text,
            "{:>4}  {:<11}  {}  {}",
            run.id.0,
            run.state.as_str(),
            time(run.started_at),
            names(run).join(", "),
        );
        let outcomes: Vec<String> = Outcome::ALL
            .into_iter()
            .map(|outcome| (outcome, run.totals.of(outcome)))
            .filter(|(_, rows)| *rows > 0)
            .map(|(outcome, rows)| {
                format!("{} {}", number(rows), outcome.as_str().replace('_', " "))
            })
            .collect();
        let outcomes = if outcomes.is_empty() {
            "nothing settled".to_owned()
        } else {
            outcomes.join(", ")
        };
        let _ = writeln!(
            text,
            "      {}: {outcomes}; {} calls",
            run.account,
            number(run.calls)
        );
    }
    text
}

fn names(run: &RunInfo) -> Vec<&str> {
    run.inputs.iter().map(|input| input.name.as_str()).collect()
}

/// UTC to the second: `2026-11-26T12:00:00Z`.
fn time(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}
