//! The files that a load writes, a line for a row.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::command::UsageError;

/// A file of NDJSON that is being written.
pub(crate) struct Lines {
    path: PathBuf,
    file: BufWriter<File>,
}

/// A file that can't be written.
#[derive(Debug)]
pub(crate) struct WriteError {
    path: PathBuf,
    source: io::Error,
}

impl std::fmt::Display for WriteError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let remedy = match self.source.kind() {
            io::ErrorKind::NotFound => "make its folder",
            io::ErrorKind::PermissionDenied => "take leave to write there",
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room there",
            _ => "see what is there",
        };
        let path = self.path.display();
        write!(
            f,
            "{path}: can't be written; {remedy}, or name another file"
        )
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

impl WriteError {
    pub(crate) fn new(path: &Path, source: io::Error) -> Self {
        Self {
            path: path.to_owned(),
            source,
        }
    }
}

impl Lines {
    /// Makes the file at `path`, or empties it; or adds to it, if it is of an earlier part of the run.
    pub(crate) fn create(path: &Path, goes_on: bool) -> Result<Self, WriteError> {
        let mut options = OpenOptions::new();
        options.create(true);
        if goes_on {
            options.append(true);
        } else {
            options.write(true).truncate(true);
        }
        let error = |source| WriteError {
            path: path.to_owned(),
            source,
        };
        let mut file = options.open(path).map_err(error)?;
        if goes_on && is_cut_short(path).map_err(error)? {
            // The last line is whoever was killed over it.
            file.write_all(b"\n").map_err(error)?;
        }
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::with_capacity(64 * 1024, file),
        })
    }

    /// Writes one line.
    pub(crate) fn write(&mut self, line: &impl Serialize) -> Result<(), WriteError> {
        serde_json::to_writer(&mut self.file, line)
            .map_err(io::Error::from)
            .and_then(|()| self.file.write_all(b"\n"))
            .map_err(|source| self.error(source))
    }

    /// Hands the lines so far to the system.
    pub(crate) fn flush(&mut self) -> Result<(), WriteError> {
        self.file.flush().map_err(|source| self.error(source))
    }

    fn error(&self, source: io::Error) -> WriteError {
        WriteError {
            path: self.path.clone(),
            source,
        }
    }
}

/// Whether a file's last line has no end.
fn is_cut_short(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    if !file.metadata()?.is_file() || file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// Files that a command reads or keeps: what it writes must be none of them.
#[derive(Default)]
pub(crate) struct Guarded(Vec<(&'static str, PathBuf)>);

impl Guarded {
    /// Also guards this file, which is so.
    pub(crate) fn with(mut self, what: &'static str, path: impl Into<PathBuf>) -> Self {
        self.0.push((what, path.into()));
        self
    }

    /// Also guards a ledger, with the files beside it.
    pub(crate) fn with_ledger(mut self, ledger: &Path) -> Self {
        for suffix in ["", "-wal", "-shm"] {
            let mut path = ledger.as_os_str().to_owned();
            path.push(suffix);
            self = self.with("the ledger", path);
        }
        self
    }

    /// Checks that what an option names is none of them.
    pub(crate) fn check(&self, option: &str, path: &Path) -> Result<(), UsageError> {
        let taken = self.0.iter().find(|(_, guarded)| same_file(guarded, path));
        taken.map_or(Ok(()), |(what, _)| {
            Err(UsageError(format!(
                "{option} {} is {what}, and would be written over; name another file",
                path.display()
            )))
        })
    }
}

/// Whether two paths are the same file, or would be once it is made.
pub(crate) fn same_file(a: &Path, b: &Path) -> bool {
    if is_linked(a, b) {
        return true;
    }
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// The path without links; of a file that isn't there, its folder's.
fn whole(path: &Path) -> Option<PathBuf> {
    if let Ok(whole) = fs::canonicalize(path) {
        return Some(whole);
    }
    let folder = match path.parent()? {
        folder if folder.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    Some(fs::canonicalize(folder).ok()?.join(path.file_name()?))
}

/// Whether both are names of one file on disk.
#[cfg(unix)]
fn is_linked(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let place = |path| {
        fs::metadata(path)
            .ok()
            .map(|metadata| (metadata.dev(), metadata.ino()))
    };
    place(a).is_some_and(|a| place(b) == Some(a))
}

#[cfg(not(unix))]
fn is_linked(_: &Path, _: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_is_known_by_all_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "").unwrap();
        fs::hard_link(path("a"), path("b")).unwrap();
        assert!(same_file(&path("a"), &path("b")));
        assert!(same_file(&path("a"), &path("./a")));
        assert!(same_file(&path("new"), &path("./new")));
        assert!(!same_file(&path("a"), &path("new")));
    }
}
