//! Which runs are alive: each holds a lock that the system drops with its process.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::{Error, RunId};

/// The lock of a run that this process works on.
///
/// It is taken and given back inside a transaction that writes, so that no two processes do either at
/// once, and nobody locks a file that is just being removed.
#[derive(Debug)]
pub(crate) struct RunLock {
    path: PathBuf,
    file: File,
}

impl RunLock {
    /// Takes the lock of a run.
    pub(crate) fn take(ledger: &Path, run: RunId) -> Result<Self, Error> {
        let path = path_of(ledger, run);
        let broken = |source| Error::Lock {
            path: path.clone(),
            source,
        };
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false);
        let file = file.open(&path).map_err(broken)?;
        // Somebody who looks whether the run is alive holds the lock for a moment.
        for _ in 0..10 {
            match file.try_lock() {
                Ok(()) => return Ok(Self { path, file }),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
                Err(TryLockError::Error(source)) => return Err(broken(source)),
            }
        }
        Err(Error::StillRunning { run })
    }

    /// Gives the lock back and removes its file.
    pub(crate) fn give_back(self) {
        // A file that stays behind is in nobody's way: only its lock counts.
        let _removed = fs::remove_file(&self.path);
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // Not left to the closing of the file: a child that is just being started has it open too.
        let _unlocked = self.file.unlock();
    }
}

/// Whether a process works on the run.
pub(crate) fn is_alive(ledger: &Path, run: RunId) -> Result<bool, Error> {
    let path = path_of(ledger, run);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(source) => return Err(Error::Lock { path, source }),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(source)) => Err(Error::Lock { path, source }),
    }
}

fn path_of(ledger: &Path, run: RunId) -> PathBuf {
    let mut path = ledger.as_os_str().to_owned();
    path.push(format!(".run-{run}.lock"));
    path.into()
}
