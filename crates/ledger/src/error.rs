//! What keeps a ledger from its work.

use std::io;
use std::path::{Path, PathBuf};

use leadsquared_sink::JournalError;
use rusqlite::ErrorCode;

use crate::difference::{Difference, InputChange, Mapping};
use crate::{RunId, RunState};

/// What SQLite said, for [`source`](std::error::Error::source).
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Why a ledger can't be used, or a run not be taken up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no file.
    #[error("there is no ledger {}; check the path, a load makes the file", path.display())]
    NotFound {
        /// Where it should be.
        path: PathBuf,
    },

    /// The file went away while a run was written.
    #[error(
        "the ledger {} was moved or deleted while a run was written; put it back with its -wal file, then resume",
        path.display()
    )]
    Gone {
        /// The ledger.
        path: PathBuf,
    },

    /// The file can't be opened or created.
    #[error(
        "the ledger {} can't be opened; check that its folder exists, that it is a file, and that both may be read and written",
        path.display()
    )]
    CannotOpen {
        /// The ledger.
        path: PathBuf,
        /// What SQLite said.
        source: Cause,
    },

    /// The file is something else.
    #[error("{} is not a ledger; it is left as it is, choose another path", path.display())]
    NotALedger {
        /// The file.
        path: PathBuf,
    },

    /// The file was written by a newer version.
    #[error(
        "the ledger {} has version {found}, and this program knows versions up to {known}; use the newer program, or another file",
        path.display()
    )]
    Newer {
        /// The ledger.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest that is known.
        known: i64,
    },

    /// The file is damaged.
    #[error(
        "the ledger {} is damaged; save what can be read with `sqlite3 FILE .recover`, and use another file for new loads",
        path.display()
    )]
    Corrupt {
        /// The ledger.
        path: PathBuf,
        /// What was found.
        source: Cause,
    },

    /// The file can't be written.
    #[error(
        "the ledger {} can only be read; make it and its folder writable, or use another file",
        path.display()
    )]
    ReadOnly {
        /// The ledger.
        path: PathBuf,
    },

    /// The disk is full.
    #[error("no space is left for the ledger {}; make some, then resume", path.display())]
    Full {
        /// The ledger.
        path: PathBuf,
        /// What SQLite said.
        source: Cause,
    },

    /// Another process writes and doesn't stop.
    #[error(
        "another process has kept the ledger {} locked for too long; end it, or use another file",
        path.display()
    )]
    Busy {
        /// The ledger.
        path: PathBuf,
        /// What SQLite said.
        source: Cause,
    },

    /// Reading or writing failed in another way.
    #[error(
        "the ledger {} can't be read or written; check that the file is still there and the disk sound",
        path.display()
    )]
    Database {
        /// The ledger.
        path: PathBuf,
        /// What SQLite said.
        source: Cause,
    },

    /// The file that says that a run is alive can't be made or locked.
    #[error(
        "the lock file {} can't be used; check that the ledger's folder may be written and can lock files",
        path.display()
    )]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// The thread that writes can't be started.
    #[error("no thread can be started that writes the ledger; the system is out of them")]
    NoThread {
        /// What the system said.
        source: io::Error,
    },

    /// The ledger has no such run.
    #[error("the ledger {} has no run {run}; list its runs to see which it has", path.display())]
    NoSuchRun {
        /// The ledger.
        path: PathBuf,
        /// The run.
        run: RunId,
    },

    /// A process works on the run.
    #[error("run {run} is still running in another process; wait for it, or end it")]
    StillRunning {
        /// The run.
        run: RunId,
    },

    /// The run is over.
    #[error("run {run} is {state}: there is nothing to resume; start a new load, or replay it")]
    Over {
        /// The run.
        run: RunId,
        /// Where it stands.
        state: RunState,
    },

    /// The run sent to another account.
    #[error(
        "run {run} sends to the account {was}, not to {given}; give it that account's host and keys, or start a new load"
    )]
    OtherAccount {
        /// The run.
        run: RunId,
        /// Its account.
        was: String,
        /// The account that was given.
        given: String,
    },

    /// The run has other inputs.
    #[error(
        "run {run} has other inputs ({}); give it the same, or start a new load",
        Difference { missing, added }
    )]
    OtherInputs {
        /// The run.
        run: RunId,
        /// Its inputs that were not given.
        missing: Vec<String>,
        /// Those given that it doesn't have.
        added: Vec<String>,
    },

    /// A file is not what it was.
    #[error(
        "{} has changed since run {run} read it ({change}): its row numbers may mean other rows; put the file back, or start a new load",
        path.display()
    )]
    InputChanged {
        /// The run.
        run: RunId,
        /// The file.
        path: PathBuf,
        /// How it differs.
        change: InputChange,
    },

    /// An input can't be read a second time.
    #[error("run {run} read {name}, which can't be read again; save it to a file and load that")]
    InputGone {
        /// The run.
        run: RunId,
        /// The input's name.
        name: String,
    },

    /// What is sent for a row would be different.
    #[error(
        "run {run} was started with other options or another mapping{}; use the same, or start a new load",
        Mapping(mapping_path.as_deref())
    )]
    OptionsChanged {
        /// The run.
        run: RunId,
        /// Where its mapping file was.
        mapping_path: Option<PathBuf>,
    },

    /// Two inputs have one name.
    #[error("two inputs are named {name}, and their rows couldn't be told apart; name it once")]
    RepeatedInput {
        /// The name.
        name: String,
    },

    /// A run can't be written any more.
    #[error("the run can't be written down")]
    Journal(#[from] JournalError),
}

impl Error {
    /// What an error of SQLite's means for this file.
    pub(crate) fn of(path: &Path, error: rusqlite::Error) -> Self {
        let path = path.to_owned();
        let code = error.sqlite_error_code();
        let is_nonsense = matches!(
            error,
            rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..)
        );
        let source = Cause::from(error);
        match code {
            Some(ErrorCode::NotADatabase) => Self::NotALedger { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Corrupt { path, source },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly { path },
            Some(ErrorCode::DiskFull) => Self::Full { path, source },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy { path, source }
            }
            Some(ErrorCode::CannotOpen) => Self::CannotOpen { path, source },
            _ if is_nonsense => Self::Corrupt { path, source },
            _ => Self::Database { path, source },
        }
    }

    /// The same, with its causes in one message, as a journal tells it.
    pub(crate) fn to_journal(&self) -> JournalError {
        let mut message = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            message.push_str(": ");
            message.push_str(&error.to_string());
            cause = error.source();
        }
        JournalError::new(message)
    }
}
