//! How a run ended.

use std::process::ExitCode;

/// How a run of the command ended: the process's exit code.
///
/// ```
/// use leadsquared_cli::Exit;
///
/// assert_eq!(Exit::Incomplete.code(), 3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: every row is in, or could be.
    Complete,
    /// 1: the run failed: bad input, wrong keys, a server that is down, a signal.
    Failed,
    /// 2: the command was not used as it must be.
    Usage,
    /// 3: the run finished, and some rows are not in, or could not be.
    Incomplete,
}

impl Exit {
    /// The process's exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Complete => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
