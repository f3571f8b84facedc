//! A run that the ledger remembers.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, anyhow};
use leadsquared_ledger::{
    Ending, InputSpec, Ledger, Run, RunId, RunInfo, RunSpec, RunState, Totals, fingerprint,
};
use leadsquared_sink::EarlierCall;

use crate::args::InputFormat;
use crate::command::UsageError;
use crate::settings::{LedgerSettings, Reading, Target, Unfinished};

/// How far back a daily budget looks.
const DAY: Duration = Duration::from_hours(24);

/// A run in the ledger, while it is worked on.
pub(crate) struct Kept {
    run: Arc<Run>,
    ledger: PathBuf,
    earlier: Totals,
    /// Whether it can be gone on with: all inputs are files.
    is_resumable: bool,
    is_replay: bool,
}

/// What a replay needs to know of its run.
pub(crate) struct Remembered {
    pub(crate) paths: Vec<PathBuf>,
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
        let spec = spec(reading, target, mapping, input_format)?;
        off_the_runtime(move || {
            let ledger = Ledger::open(&path)?;
            let runs = ledger.unfinished(&spec)?;
            let run = match (runs.as_slice(), unfinished) {
                ([], _) => ledger.begin(&spec)?,
                ([run], Unfinished::Ask) if nothing_came_of(run) => {
                    // To start over and to go on are the same, but for a call in doubt.
                    ledger.resume(run.id, &spec).map_err(|_| ask(&path, run))?
                }
                ([run, ..], Unfinished::Ask) => return Err(ask(&path, run)),
                ([run, ..], Unfinished::Resume) => ledger
                    .resume(run.id, &spec)
                    .context("the run can't go on; --restart starts over")?,
                (runs, Unfinished::Restart) => {
                    for run in runs {
                        ledger.abandon(run.id)?;
                    }
                    ledger.begin(&spec)?
                }
            };
            Ok(Self::new(run, path, &spec, false))
        })
        .await
    }

    /// The run of a replay.
    pub(crate) async fn replay(
        run: RunId,
        path: PathBuf,
        mapping: Option<PathBuf>,
        input_format: Option<InputFormat>,
        reading: &Reading,
        target: &Target,
    ) -> Result<Self> {
        let spec = spec(reading, target, mapping, input_format)?;
        off_the_runtime(move || {
            let run = Ledger::open(&path)?.replay(run, &spec)?;
            Ok(Self::new(run, path, &spec, true))
        })
        .await
    }

    /// What the ledger remembers of a run's inputs.
    pub(crate) async fn remembered(ledger: &Path, run: RunId) -> Result<Remembered> {
        let ledger = ledger.to_owned();
        off_the_runtime(move || {
            let info = Ledger::open_read_only(&ledger)?.run(run)?;
            let paths = info.inputs.into_iter().map(|input| {
                input.path.ok_or_else(|| {
                    anyhow!(
                        "run {run} read {}, which can't be read again; load what --rejects wrote \
                         instead",
                        input.name
                    )
                })
            });
            Ok(Remembered {
                paths: paths.collect::<Result<_>>()?,
                mapping: info.mapping_path,
            })
        })
        .await
    }

    fn new(run: Run, ledger: PathBuf, spec: &RunSpec, is_replay: bool) -> Self {
        Self {
            earlier: run.earlier(),
            run: Arc::new(run),
            ledger,
            is_resumable: spec.inputs.iter().all(|input| input.path.is_some()),
            is_replay,
        }
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

    /// Ends the run; says how to go on with it if it is not finished.
    pub(crate) async fn end(self, is_open: bool) -> Result<Option<String>> {
        let ending = if is_open {
            Ending::Interrupted
        } else {
            Ending::Finished
        };
        let run = self.run;
        let id = run.id();
        run.finish(ending).await?;
        let ledger = self.ledger.display();
        Ok(match (is_open, self.is_resumable, self.is_replay) {
            (false, ..) => None,
            (true, true, false) => Some(format!(
                "run {id} is kept in {ledger}: to go on, load the same inputs with --resume"
            )),
            (true, true, true) => Some(format!(
                "run {id} is kept in {ledger}: to go on, replay it again"
            )),
            (true, false, _) => Some(format!(
                "run {id} is kept in {ledger}; its input can't be read again, so it can't go on"
            )),
        })
    }
}

/// What a run is about, without a secret.
fn spec(
    reading: &Reading,
    target: &Target,
    mapping: Option<PathBuf>,
    input_format: Option<InputFormat>,
) -> Result<RunSpec> {
    let inputs = reading.inputs.iter().map(|input| {
        let name = input.to_string();
        let Some(path) = input.path() else {
            return Ok(InputSpec {
                name,
                ..InputSpec::default()
            });
        };
        let fingerprint = fingerprint(path)
            .with_context(|| format!("{}: can't be read to its end", path.display()))?;
        Ok(InputSpec {
            name,
            path: Some(std::path::absolute(path)?),
            size: Some(fingerprint.size()),
            fingerprint: Some(fingerprint),
        })
    });
    Ok(RunSpec {
        account: target.account_name(),
        inputs: inputs.collect::<Result<_>>()?,
        // What decides what is sent; the pace and the like may change on the way.
        options: format!("{:?} {input_format:?}", reading.options.mapping()),
        mapping_path: mapping,
    })
}

/// Whether no row of a run came to an end that is one, as when the keys were wrong.
fn nothing_came_of(run: &RunInfo) -> bool {
    run.state != RunState::Running && run.totals.rows() == run.totals.not_sent
}

/// Says that there is an unfinished run.
fn ask(ledger: &Path, run: &RunInfo) -> anyhow::Error {
    let names: Vec<&str> = run.inputs.iter().map(|input| input.name.as_str()).collect();
    let is_alive = if run.state == RunState::Running {
        "another process works on it"
    } else {
        "add --resume to go on with it, or --restart to start over"
    };
    UsageError(format!(
        "run {} of {} is not finished, says {}; {is_alive}",
        run.id,
        names.join(", "),
        ledger.display(),
    ))
    .into()
}

/// Runs what reads and writes files where it holds up no other task.
async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .context("the ledger's work ended unexpectedly")?
}
