//! The file of one statement's outcomes.

use std::fs::{self, File};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use leadsquared_sink::{Observer, RowReport};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use uuid::Uuid;

use super::columns::{Columns, schema};
use crate::{LeadsError, OutcomesFolder};

/// How many outcomes wait to be compressed.
const BATCH: usize = 1_024;

/// How many outcomes a row group has: it is held in memory, compressed, until it is full.
const ROW_GROUP: usize = 65_536;

/// Writes what becomes of a statement's rows, under another name until all of it is there.
pub(crate) struct OutcomesFile {
    statement: String,
    account: String,
    folder: PathBuf,
    /// The name until it is whole, hidden from whoever lists the folder.
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
    /// Begins the file; what an earlier attempt left half written is taken away.
    pub(crate) fn create(
        folder: &OutcomesFolder,
        statement: &str,
        account: &str,
    ) -> Result<Self, LeadsError> {
        let folder = folder.path().to_path_buf();
        let prefix = format!(".{statement}.");
        let draft = folder.join(format!("{prefix}{}.draft", Uuid::new_v4()));
        remove_drafts(&folder, &prefix);
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .build();
        let writer = File::create_new(&draft)
            .map_err(ParquetError::from)
            .and_then(|file| ArrowWriter::try_new(file, schema().clone(), Some(properties)))
            .map_err(|error| failed(&draft, "written", &error))?;
        Ok(Self {
            statement: statement.to_owned(),
            account: account.to_owned(),
            folder,
            draft,
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
    /// A statement that failed leaves the file that is there: an attempt that was overtaken by another
    /// knows less than that one.
    pub(crate) fn finish(&self, succeeded: bool) -> Result<(), LeadsError> {
        let mut state = self.state();
        match mem::replace(&mut *state, State::Finished) {
            State::Open(mut open) => self
                .write(&mut open)
                .and_then(|()| open.writer.close())
                .map_err(|error| failed(&self.draft, "written", &error))?,
            State::Failed(error) => return Err(error),
            State::Finished => return Ok(()),
        };
        let path = self.folder.join(format!("{}.parquet", self.statement));
        if !succeeded && path.exists() {
            // It stays hidden if it can't be removed.
            let _ = fs::remove_file(&self.draft);
            return Ok(());
        }
        fs::rename(&self.draft, &path).map_err(|error| failed(&path, "written", &error))
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
            *state = State::Failed(failed(&self.draft, "written", &error));
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

/// Takes away what attempts left that were killed.
fn remove_drafts(folder: &Path, prefix: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if is_draft(&name, prefix) {
            // It stays hidden if it can't be removed.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether it is a draft of this statement, and of no other whose name begins as its own.
fn is_draft(name: &str, prefix: &str) -> bool {
    let attempt = name.strip_prefix(prefix);
    let attempt = attempt.and_then(|rest| rest.strip_suffix(".draft"));
    attempt.is_some_and(|attempt| Uuid::try_parse(attempt).is_ok())
}

fn failed(path: &Path, doing: &'static str, error: &dyn std::error::Error) -> LeadsError {
    LeadsError::Outcomes {
        path: path.to_path_buf(),
        doing,
        cause: error.to_string(),
    }
}
