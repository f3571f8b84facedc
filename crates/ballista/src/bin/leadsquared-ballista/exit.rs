//! How a run of the command ended; the codes are those of the `leadsquared` command.

use std::fmt;
use std::process::ExitCode;

/// The process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: everything is done, and every row is in.
    Complete,
    /// 1: something failed: a statement, a scheduler that is not there, a signal.
    Failed,
    /// 2: the command was not used as it must be.
    Usage,
    /// 3: all statements ran, and some rows are not in.
    Incomplete,
}

/// A mistake in how the command was used, rather than in what it met.
#[derive(Debug)]
pub(crate) struct UsageError(String);

impl Exit {
    /// How a run ends that fails with this.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        if error.is::<UsageError>() {
            Self::Usage
        } else {
            Self::Failed
        }
    }
}

/// A mistake in how the command was used; the message ends with what to do.
pub(crate) fn usage(message: impl Into<String>) -> anyhow::Error {
    UsageError(message.into()).into()
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Complete => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Incomplete => 3,
        })
    }
}
