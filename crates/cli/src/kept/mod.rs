//! A run that the ledger remembers.

mod spec;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, anyhow};
use leadsquared_adapter::Input;
use leadsquared_ledger::{
    Ending, InputSpec, Ledger, Run, RunId, RunInfo, RunSpec, RunState, Totals,
};
use leadsquared_sink::EarlierCall;

use crate::args::FormatArgs;
use crate::command::UsageError;
use crate::settings::{LedgerSettings, Reading, Target, Unfinished};
use crate::talk::Talk;
use spec::{has_inputs, spec};

/// How far back a daily budget looks.
const DAY: Duration = Duration::from_hours(24);

/// A run in the ledger, while it is worked on.
pub(crate) struct Kept {
    run: Arc<Run>,
    ledger: PathBuf,
    earlier: Totals,
    /// Whether it can be gone on with: all inputs can be read again.
    is_resumable: bool,
    part: Part,
}

/// What a replay needs to know of its run.
pub(crate) struct Remembered {
    pub(crate) inputs: Vec<Input>,
    pub(crate) mapping: Option<PathBuf>,
}

impl Kept {
    /// The run of a load: a new one, or an unfinished one that goes on.
    pub(crate) async fn load(
        settings: LedgerSettings,
        reading: &Reading,
        target: &Target,
    ) -> Result<Self> {
        let LedgerSettings {
            path,
            unfinished,
            mapping,
            input_format,
        } = settings;
        let spec = spec(reading, target, mapping, input_format).await?;
        off_the_runtime(move || {
            let ledger = Ledger::open(&path)?;
            let runs = ledger.unfinished(&spec)?;
            // Of several, the one of just these inputs; else the latest.
            let same = runs.iter().rev().find(|run| has_inputs(run, &spec));
            let (run, part) = match (same.or(runs.last()), unfinished) {
                (Some(found), Unfinished::Resume) => {
                    let run = ledger
                        .resume(found.id, &spec)
                        .context("the run can't go on; --restart starts over")?;
                    (run, Part::Later)
                }
                (Some(found), Unfinished::Ask) if !nothing_came_of(found) => {
                    return Err(ask(&path, found));
                }
                (Some(found), Unfinished::Ask) => {
                    ledger.abandon(found.id)?;
                    (ledger.begin(&spec)?, Part::First)
                }
                (Some(_), Unfinished::Restart) => {
                    give_up(&ledger, &runs, &spec)?;
                    (ledger.begin(&spec)?, Part::First)
                }
                (None, _) => (ledger.begin(&spec)?, Part::First),
            };
            Ok(Self::new(run, path, &spec, part))
        })
        .await
    }

    /// The run of a replay.
    pub(crate) async fn replay(
        run: RunId,
        path: PathBuf,
        mapping: Option<PathBuf>,
        input_format: FormatArgs,
        reading: &Reading,
        target: &Target,
    ) -> Result<Self> {
        let spec = spec(reading, target, mapping, input_format).await?;
        off_the_runtime(move || {
            let run = Ledger::open(&path)?.replay(run, &spec)?;
            Ok(Self::new(run, path, &spec, Part::Replay))
        })
        .await
    }

    /// What the ledger remembers of a run's inputs.
    pub(crate) async fn remembered(ledger: &Path, run: RunId) -> Result<Remembered> {
        let ledger = ledger.to_owned();
        off_the_runtime(move || {
            let info = Ledger::open_read_only(&ledger)?.run(run)?;
            let inputs = info.inputs.into_iter().map(|input| match input {
                InputSpec {
                    path: Some(path),
                    name,
                    ..
                // The columns in the names of folders are those of the path as it was given then.
                } => Ok(Input::file(path).partitioned(name)),
                InputSpec { url: Some(url), .. } => Ok(Input::url(&url)?.partitioned(url)),
                InputSpec { name, .. } => Err(anyhow!(
                    "run {run} read {name}, which can't be read again; load what --rejects wrote \
                     instead"
                )),
            });
            Ok(Remembered {
                inputs: inputs.collect::<Result<_>>()?,
                mapping: info.mapping_path,
            })
        })
        .await
    }

    fn new(run: Run, ledger: PathBuf, spec: &RunSpec, part: Part) -> Self {
        tracing::info!(
            run = run.id().0,
            ledger = %ledger.display(),
            account = spec.account,
            "the ledger remembers the run"
        );
        Self {
            earlier: run.earlier(),
            run: Arc::new(run),
            ledger,
            is_resumable: spec.inputs.iter().all(InputSpec::is_there),
            part,
        }
    }

    /// Whether this part of the run follows another, whose files it adds to.
    pub(crate) fn goes_on(&self) -> bool {
        self.part != Part::First
    }

    /// The file that remembers it.
    pub(crate) fn ledger(&self) -> &Path {
        &self.ledger
    }

    pub(crate) fn run(&self) -> &Arc<Run> {
        &self.run
    }

    /// The ends of rows that the run had before.
    pub(crate) fn earlier(&self) -> Totals {
        self.earlier
    }

    /// The calls that the account may still count.
    pub(crate) fn earlier_calls(&self, window: Duration) -> Result<Vec<EarlierCall>> {
        Ok(self.run.earlier_calls(SystemTime::now(), window)?)
    }

    /// The account's calls of the last day.
    pub(crate) fn calls_of_a_day(&self) -> Result<Vec<(Duration, u64)>> {
        Ok(self.run.calls_within(SystemTime::now(), DAY)?)
    }

    /// Ends the run before its first call, because something else can't be had.
    pub(crate) async fn call_off(self) {
        let ending = if self.part == Part::Replay {
            // The replay is over, and the run is what it was.
            Ending::Finished
        } else {
            Ending::Interrupted
        };
        // What went wrong is told already.
        let _ = self.run.finish(ending).await;
    }

    /// Ends the run; says how to go on with it if it is not finished.
    pub(crate) async fn end(self, is_open: bool, by_mapping: bool) -> (Option<String>, Result<()>) {
        let ending = if is_open {
            Ending::Interrupted
        } else {
            Ending::Finished
        };
        let run = self.run;
        let id = run.id();
        let ended = run.finish(ending).await.map_err(Into::into);
        let ledger = self.ledger.display();
        let words = match (is_open, self.is_resumable, self.part) {
            (false, ..) => None,
            (true, true, Part::First | Part::Later) if by_mapping => Some(format!(
                "run {id} is kept in {ledger}: mend the mapping and load with --restart, or mend \
                 the account and load with --resume"
            )),
            (true, true, Part::First | Part::Later) => Some(format!(
                "run {id} is kept in {ledger}: to go on, load the same inputs with --resume"
            )),
            (true, true, Part::Replay) => Some(format!(
                "run {id} is kept in {ledger}: to go on, replay it again"
            )),
            (true, false, _) => Some(format!(
                "run {id} is kept in {ledger}; its input can't be read again, so it can't go on"
            )),
        };
        (words, ended)
    }
}

/// Which part of a run it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    First,
    Later,
    Replay,
}

/// Gives all of these runs up, and says so of those that have other inputs too; none if one is alive.
fn give_up(ledger: &Ledger, runs: &[RunInfo], spec: &RunSpec) -> Result<()> {
    if let Some(alive) = runs.iter().find(|run| run.state == RunState::Running) {
        return Err(leadsquared_ledger::Error::StillRunning { run: alive.id }.into());
    }
    for run in runs {
        ledger.abandon(run.id)?;
        if !has_inputs(run, spec) {
            let (id, names) = (run.id, names(run));
            Talk::default().say(format_args!("run {id} of {names} is given up"));
        }
    }
    Ok(())
}

/// Whether nothing came of a run and nothing can have, as when the keys were wrong: to start over and to
/// go on are the same then.
fn nothing_came_of(run: &RunInfo) -> bool {
    run.state == RunState::Interrupted
        && run.calls_that_count == 0
        && run.totals.rows() == run.totals.not_sent
}

/// Says that there is an unfinished run.
fn ask(ledger: &Path, run: &RunInfo) -> anyhow::Error {
    let is_alive = if run.state == RunState::Running {
        "another process works on it"
    } else {
        "add --resume to go on with it, or --restart to start over"
    };
    UsageError(format!(
        "run {} of {} is not finished, says {}; {is_alive}",
        run.id,
        names(run),
        ledger.display(),
    ))
    .into()
}

/// The names of a run's inputs.
fn names(run: &RunInfo) -> String {
    let names: Vec<&str> = run.inputs.iter().map(|input| input.name.as_str()).collect();
    names.join(", ")
}

/// Runs what reads and writes files where it holds up no other task.
async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .context("the ledger's work ended unexpectedly")?
}
