//! The file of many runs, and what can be done with them.

use std::path::Path;
use std::time::{Duration, SystemTime};

use leadsquared_sink::{EarlierCall, Outcome};
use rusqlite::Connection;

use crate::agree::{Options, agree, are_distinct, overlap};
use crate::file::LedgerFile;
use crate::lock::{RunLock, is_alive};
use crate::recollection::Recollection;
use crate::record::{self, RunRecord, Sources};
use crate::writer::{Work, Writer};
use crate::{Error, ResultRow, Run, RunId, RunInfo, RunSpec, RunState, calls, results};

/// A file that remembers runs: what was sent, and what became of each row.
///
/// Several processes can use one file, each with runs of its own. Cloning is cheap; each method opens
/// the file anew.
#[derive(Clone, Debug)]
pub struct Ledger {
    file: LedgerFile,
}

impl Ledger {
    /// Opens a ledger, or makes it.
    ///
    /// # Errors
    /// When the file can't be opened, is something else, is damaged, or is of a newer version. Then
    /// it is left as it is.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let file = LedgerFile::create(path.as_ref())?;
        Ok(Self { file })
    }

    /// Opens a ledger that must be there, to look at it; nothing is written.
    ///
    /// # Errors
    /// As [`open`](Self::open), and when there is no such file.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, Error> {
        let file = LedgerFile::read(path.as_ref())?;
        Ok(Self { file })
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Begins a run.
    ///
    /// # Errors
    /// When two inputs have one name, or it can't be written.
    pub fn begin(&self, spec: &RunSpec) -> Result<Run, Error> {
        are_distinct(spec)?;
        let connection = self.file.connect()?;
        let transaction = self.file.begin(&connection)?;
        let (run, sources) = self.file.sql(record::insert(&transaction, spec))?;
        let lock = RunLock::take(self.path(), run)?;
        self.file.sql(transaction.commit())?;
        let work = Work {
            file: self.file.clone(),
            connection,
            lock,
            run,
            part: 1,
            sources,
        };
        self.start(work, spec, Recollection::default())
    }

    /// Goes on with a run that was interrupted, or whose process died.
    ///
    /// An interrupted [replay](Self::replay) goes on as one.
    ///
    /// # Errors
    /// When the run is over, a process works on it, or the spec is not what the run was begun with;
    /// and when the ledger can't be read or written.
    pub fn resume(&self, run: RunId, spec: &RunSpec) -> Result<Run, Error> {
        self.take_up(run, spec, Options::Same, |record| match record.state {
            RunState::Running | RunState::Interrupted => Ok(()),
            state => Err(Error::Over { run, state }),
        })
    }

    /// Opens a run again, finished or not, for its rows that were rejected, unconfirmed or not sent.
    ///
    /// Rejected rows and those that were not sent are [new](leadsquared_sink::Recall::New), and unconfirmed ones, like those of
    /// calls whose answer is not known, [in doubt](leadsquared_sink::Recall::InDoubt). All others are
    /// settled, those that never got an outcome too. The options and the mapping may be others.
    ///
    /// # Errors
    /// When a process works on the run, its inputs or its account are not the same, or the ledger
    /// can't be read or written.
    pub fn replay(&self, run: RunId, spec: &RunSpec) -> Result<Run, Error> {
        self.take_up(run, spec, Options::Any, |record| {
            record.replay_part = Some(record.part + 1);
            let after = record.after_replay.unwrap_or(match record.state {
                RunState::Running => RunState::Interrupted,
                state => state,
            });
            record.after_replay = Some(after);
            Ok(())
        })
    }

    /// Gives up a run that is not finished, so that it is not offered to be resumed any more.
    ///
    /// What became of its rows stays.
    ///
    /// # Errors
    /// When it is over already, a process works on it, or it can't be written.
    pub fn abandon(&self, run: RunId) -> Result<(), Error> {
        let connection = self.file.connect()?;
        let transaction = self.file.begin(&connection)?;
        let record = self.record(&transaction, run)?;
        if matches!(record.state, RunState::Finished | RunState::Abandoned) {
            let state = record.state;
            return Err(Error::Over { run, state });
        }
        let lock = RunLock::take(self.path(), run)?;
        let abandon = "UPDATE runs SET state = 'abandoned', ended_at = coalesce(ended_at, ?2), \
                       replay_part = NULL, after_replay = NULL WHERE id = ?1";
        let now = crate::time::to_micros(SystemTime::now());
        self.file.sql(transaction.execute(abandon, (run, now)))?;
        lock.give_back();
        self.file.sql(transaction.commit())
    }

    /// The runs to the same account that are not over and have one of the spec's files among their
    /// inputs.
    ///
    /// One that a process works on is [running](RunState::Running); all others can be resumed.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub fn unfinished(&self, spec: &RunSpec) -> Result<Vec<RunInfo>, Error> {
        let connection = self.file.connect()?;
        let mut found = Vec::new();
        for record in self.file.sql(RunRecord::all(&connection))? {
            let is_open = matches!(record.state, RunState::Running | RunState::Interrupted);
            if is_open
                && record.account == spec.account
                && overlap(
                    &self.file.sql(record::inputs(&connection, record.id))?,
                    spec,
                )
            {
                found.push(self.info(record, &connection)?);
            }
        }
        Ok(found)
    }

    /// Every run, the oldest first.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub fn runs(&self) -> Result<Vec<RunInfo>, Error> {
        let connection = self.file.connect()?;
        let records = self.file.sql(RunRecord::all(&connection))?;
        records
            .into_iter()
            .map(|record| self.info(record, &connection))
            .collect()
    }

    /// One run.
    ///
    /// # Errors
    /// When there is no such run, or the ledger can't be read.
    pub fn run(&self, run: RunId) -> Result<RunInfo, Error> {
        let connection = self.file.connect()?;
        let record = self.record(&connection, run)?;
        self.info(record, &connection)
    }

    /// Shows what became of each row of a run, or of those with one outcome, in the order of its
    /// inputs and their rows.
    ///
    /// Memory doesn't grow with the rows. An error of `show` ends it.
    ///
    /// # Errors
    /// When there is no such run, or the ledger can't be read; and those of `show`.
    pub fn results<E: From<Error>>(
        &self,
        run: RunId,
        outcome: Option<Outcome>,
        show: impl FnMut(ResultRow<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let connection = self.file.connect()?;
        self.record(&connection, run)?;
        results::each(&self.file, &connection, run, outcome, show)
    }

    pub(crate) fn earlier_calls(
        &self,
        account: &str,
        now: SystemTime,
        window: Duration,
    ) -> Result<Vec<EarlierCall>, Error> {
        let connection = self.file.connect()?;
        self.file
            .sql(calls::earlier(&connection, account, now, window))
    }

    pub(crate) fn calls_within(
        &self,
        account: &str,
        now: SystemTime,
        span: Duration,
    ) -> Result<Vec<(Duration, u64)>, Error> {
        let connection = self.file.connect()?;
        self.file
            .sql(calls::within(&connection, account, now, span))
    }

    /// Takes a run up again, once `prepare` has agreed to it and said how.
    fn take_up(
        &self,
        run: RunId,
        spec: &RunSpec,
        options: Options,
        prepare: impl FnOnce(&mut RunRecord) -> Result<(), Error>,
    ) -> Result<Run, Error> {
        let connection = self.file.connect()?;
        let transaction = self.file.begin(&connection)?;
        let mut record = self.record(&transaction, run)?;
        if is_alive(self.path(), run)? {
            return Err(Error::StillRunning { run });
        }
        prepare(&mut record)?;
        record.part += 1;
        let names = agree(self.path(), &transaction, &record, spec, options)?;
        self.file.sql(record::reopen(&transaction, &record, spec))?;
        let sources = self
            .file
            .sql(record::rename_inputs(&transaction, run, &names))?;
        let lock = RunLock::take(self.path(), run)?;
        self.file.sql(transaction.commit())?;

        // Nobody else writes this run now; what follows needs no transaction.
        let past = Recollection::load(&connection, &record, Sources::clone(&sources));
        let recollection = self.file.sql(past)?;
        let work = Work {
            file: self.file.clone(),
            connection,
            lock,
            run,
            part: record.part,
            sources,
        };
        self.start(work, spec, recollection)
    }

    fn start(&self, work: Work, spec: &RunSpec, recollection: Recollection) -> Result<Run, Error> {
        let run = work.run;
        let writer = Writer::start(work)?;
        Ok(Run::new(
            writer,
            self.clone(),
            run,
            spec.account.clone(),
            recollection,
        ))
    }

    fn info(&self, record: RunRecord, connection: &Connection) -> Result<RunInfo, Error> {
        let is_alive = is_alive(self.path(), record.id)?;
        self.file.sql(record.into_info(connection, is_alive))
    }

    fn record(&self, connection: &Connection, run: RunId) -> Result<RunRecord, Error> {
        let found = self.file.sql(RunRecord::find(connection, run))?;
        found.ok_or_else(|| Error::NoSuchRun {
            path: self.path().to_owned(),
            run,
        })
    }
}
