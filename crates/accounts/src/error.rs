//! What keeps an account from being used.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use crate::environment::NotText;
use crate::fault::{Fault, KeysFault};
use crate::nearest::DidYouMean;

/// Why the config file, or an account of it, can't be used.
///
/// No message shows a value or a line of the file: somebody may have put a key there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no config file.
    #[error(
        "there is no config file ({}); begin one with the lines\n\n  \
         [accounts.main]\n  host = \"api-in21.leadsquared.com\"\n  keys_file = \"main.keys\"\n",
        looked_for.as_deref().map_or_else(
            || "name one with --config FILE or LEADSQUARED_CONFIG".to_owned(),
            |path| format!("looked for {}", path.display()),
        )
    )]
    NoFile {
        /// Where the user's would be; none if the user has no home.
        looked_for: Option<PathBuf>,
    },

    /// The file that was named, or the user's, can't be read.
    #[error(
        "{}: the config file can't be read; check that it is there and is UTF-8 text",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// Something in the file is wrong.
    #[error("{}, line {line}: {fault}", path.display())]
    Faulty {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        fault: Box<Fault>,
    },

    /// The file has no account of this name.
    #[error(
        "{} has no account \"{name}\"{}; {}",
        path.display(),
        DidYouMean(nearest.as_deref()),
        if known.is_empty() {
            "it has none".to_owned()
        } else {
            format!("it has {}", known.join(", "))
        }
    )]
    NoSuchAccount {
        /// The file.
        path: PathBuf,
        /// The name that was asked for.
        name: String,
        /// The name that was likely meant.
        nearest: Option<String>,
        /// All names, in the order of the file.
        known: Vec<String>,
    },

    /// An account's keys can't be had.
    #[error("the keys of account \"{account}\" can't be had")]
    Keys {
        /// The account's name.
        account: String,
        /// Why not.
        source: KeysError,
    },

    /// The variable that names the config file is no text.
    #[error(transparent)]
    Variable(#[from] NotText),
}

/// Why an account's keys can't be had from where they should be.
///
/// No message shows a key, nor an argument of a command, which may be a secret too.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// A variable isn't set.
    #[error("the environment lacks {name}, which the config file names; set it")]
    NoVariable {
        /// The variable.
        name: String,
    },

    /// A variable is no text.
    #[error(transparent)]
    Variable(#[from] NotText),

    /// The file can't be opened.
    #[error(
        "{}: the keys_file can't be opened; check that it is there and is yours",
        path.display()
    )]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// Others than its owner may open the file.
    #[error(
        "{}: others than its owner may open the keys_file (mode {mode:03o}); run: chmod 600 {}",
        path.display(),
        shell_word(path)
    )]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its mode: who may do what, nine bits.
        mode: u32,
    },

    /// The file is no text.
    #[error("{}: the keys_file can't be read as UTF-8 text", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// The file doesn't have the two keys.
    #[error("{}: {fault}", path.display())]
    NotInFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: KeysFault,
    },

    /// The command can't be run.
    #[error("keys_command `{program}` can't be run; check that it is installed")]
    CannotRun {
        /// The program, without its arguments.
        program: String,
        /// What the system said.
        source: io::Error,
    },

    /// The command was stopped.
    #[error(
        "keys_command `{program}` did not end in {}; run it by hand to see what it waits for, or \
         raise keys_timeout",
        humantime::format_duration(*limit)
    )]
    TookTooLong {
        /// The program, without its arguments.
        program: String,
        /// How long it had.
        limit: Duration,
    },

    /// The command ended with an error.
    #[error(
        "keys_command `{program}` failed ({status}); run it by hand to mend it{}",
        lines(said)
    )]
    Failed {
        /// The program, without its arguments.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// The last lines of its standard error, without what was on its standard output too.
        said: Vec<String>,
    },

    /// The command didn't print the two keys.
    #[error("keys_command `{program}` printed no keys: {fault}{}", lines(said))]
    NotPrinted {
        /// The program, without its arguments.
        program: String,
        /// What is wrong with what it printed.
        fault: KeysFault,
        /// The last lines of its standard error, without what was on its standard output too.
        said: Vec<String>,
    },

    /// A command was to be run outside a tokio runtime.
    #[error("a keys_command is run by a tokio runtime; ask for the keys inside one")]
    NoRuntime,
}

/// A path as a word of a command that is typed in a shell.
fn shell_word(path: &Path) -> String {
    let word = path.to_string_lossy();
    // What has a zero byte in it can't be typed at all.
    shlex::try_quote(&word).map_or_else(|_| word.clone().into_owned(), Into::into)
}

/// What a command said, each line on one of its own.
fn lines(said: &[String]) -> String {
    said.iter()
        .flat_map(|line| ["\n    it said: ", line.as_str()])
        .collect()
}
