//! The file of one statement's outcomes.

use std::fs::{self, File};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use leadsquared_sink::{Observer, RowReport};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use uuid::Uuid;

use super::columns::{Columns, schema};
use super::folder::name;
use crate::{LeadsError, OutcomesFolder};

/// How many outcomes wait to be compressed.
const BATCH: usize = 1_024;

/// How many outcomes a row group has: it is held in memory, compressed, until it is full.
const ROW_GROUP: usize = 65_536;

/// How the name of a file ends that is not whole yet. It begins with a dot: whoever lists the folder
/// doesn't see it.
const DRAFT: &str = ".draft";

/// How the name of a file ends whose attempt failed.
const FAILED: &str = ".failed.parquet";

/// Writes what becomes of a statement's rows, under another name until all of it is there.
pub(crate) struct OutcomesFile {
    statement: String,
    account: String,
    folder: OutcomesFolder,
    attempt: Uuid,
    /// Whether the leads of earlier attempts are among its outcomes.
    covers_earlier: bool,
    began: SystemTime,
    /// Its place until it is whole.
    draft: PathBuf,
    state: Mutex<State>,
}

enum State {
    Open(Box<Open>),
    Failed(LeadsError),
    Finished,
}

/// A file that is being written.
struct Open {
    columns: Columns,
    writer: ArrowWriter<File>,
}

impl OutcomesFile {
    /// Begins the file of an attempt; `covers_earlier` if it will tell of all leads that earlier
    /// attempts created.
    pub(crate) fn create(
        folder: &OutcomesFolder,
        statement: &str,
        account: &str,
        covers_earlier: bool,
    ) -> Result<Self, LeadsError> {
        let attempt = Uuid::new_v4();
        let name = name(account, statement);
        let draft = folder.path().join(format!(".{name}.{attempt}{DRAFT}"));
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .build();
        let writer = File::create_new(&draft)
            .map_err(ParquetError::from)
            .and_then(|file| ArrowWriter::try_new(file, schema().clone(), Some(properties)))
            .map_err(|error| failed(&draft, &error))?;
        Ok(Self {
            statement: statement.to_owned(),
            account: account.to_owned(),
            folder: folder.clone(),
            attempt,
            draft,
            covers_earlier,
            began: SystemTime::now(),
            state: Mutex::new(State::Open(Box::new(Open {
                columns: Columns::default(),
                writer,
            }))),
        })
    }

    /// Why it can't be written, if it can't.
    pub(crate) fn error(&self) -> Option<LeadsError> {
        match &*self.state() {
            State::Failed(error) => Some(error.clone()),
            State::Open(_) | State::Finished => None,
        }
    }

    /// Makes it whole, and gives it its name.
    ///
    /// An attempt that failed has a file of its own beside that of the statement: both tell of leads.
    pub(crate) fn finish(&self, succeeded: bool) -> Result<(), LeadsError> {
        let mut state = self.state();
        match mem::replace(&mut *state, State::Finished) {
            State::Open(mut open) => self
                .write(&mut open)
                .and_then(|()| open.writer.into_inner())
                // So that it is whole after a power cut too, if it is there.
                .and_then(|file| Ok(file.sync_all()?))
                .map_err(|error| failed(&self.draft, &error))?,
            State::Failed(error) => return Err(error),
            State::Finished => return Ok(()),
        }
        let name = name(&self.account, &self.statement);
        let path = self.folder.file(&self.account, &self.statement);
        if succeeded {
            rename(&self.draft, &path)?;
            if self.covers_earlier {
                remove_attempts(self.folder.path(), &name);
            }
            return Ok(());
        }
        if self.covers_earlier && self.is_overtaken(&path) {
            // It stays hidden if it can't be removed.
            let _ = fs::remove_file(&self.draft);
            return Ok(());
        }
        let attempt = format!("{name}.{}{FAILED}", self.attempt);
        rename(&self.draft, &self.folder.path().join(attempt))
    }

    /// Whether another attempt, which knows all that this one does, ended since this one began.
    fn is_overtaken(&self, path: &Path) -> bool {
        let modified = fs::metadata(path).and_then(|file| file.modified());
        modified.is_ok_and(|at| at >= self.began)
    }

    fn write(&self, open: &mut Open) -> Result<(), ParquetError> {
        let outcomes = open.columns.finish(&self.statement, &self.account)?;
        open.writer.write(&outcomes)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Writing doesn't panic, so a poisoned lock still guards whole data.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for OutcomesFile {
    fn row(&self, report: &RowReport<'_>) {
        let mut state = self.state();
        let State::Open(open) = &mut *state else {
            return;
        };
        open.columns.push(report);
        if open.columns.len() >= BATCH
            && let Err(error) = self.write(open)
        {
            *state = State::Failed(failed(&self.draft, &error));
        }
    }
}

impl Drop for OutcomesFile {
    fn drop(&mut self) {
        if !matches!(*self.state(), State::Finished) {
            // It stays hidden if it can't be removed.
            let _ = fs::remove_file(&self.draft);
        }
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), LeadsError> {
    fs::rename(from, to).map_err(|error| failed(to, &error))
}

/// Takes away what attempts of a statement left that failed, were killed or overtaken.
fn remove_attempts(folder: &Path, name: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_attempt(&entry.file_name().to_string_lossy(), name) {
            // What can't be removed tells of leads twice, and of none wrongly.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether a file is of an attempt of this statement, and of no other whose name begins as its own.
fn is_attempt(file: &str, name: &str) -> bool {
    let (file, ending) = match file.strip_prefix('.') {
        Some(hidden) => (hidden, DRAFT),
        None => (file, FAILED),
    };
    let rest = file
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix('.'));
    rest.and_then(|rest| rest.strip_suffix(ending))
        .is_some_and(|attempt| Uuid::try_parse(attempt).is_ok())
}

fn failed(path: &Path, error: &dyn std::error::Error) -> LeadsError {
    LeadsError::Outcomes {
        path: path.to_path_buf(),
        doing: "written",
        cause: error.to_string(),
    }
}
