//! What Redis failed by, and whether that passes.

use std::fmt;

use redis::{ErrorKind, RedisError};

/// A failure, in words without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    cause: String,
    remedy: Option<&'static str>,
}

const AUTHENTICATE: &str = "Give the address a user and a password that may run scripts and use hashes, for \
                            all keys that begin with leadsquared:";
const ONE_SERVER: &str =
    "It is part of a cluster; give the address of a server that has all keys to itself";
const OTHER_KEY: &str = "What is there by that name is something else's: delete it, or give the delivery \
                         another name";
const MEMORY: &str =
    "Give it more memory (maxmemory), or let it keep deliveries for a shorter time";
const VERSION: &str = "It takes a Redis from version 5 on, or Valkey, that may run scripts";

/// What tells an error that stays until somebody does something, and what that is.
///
/// What a script ran into may be somewhere in the words of a general error, as before version 7.
const LASTING: [(&str, &str); 11] = [
    ("NOAUTH", AUTHENTICATE),
    ("WRONGPASS", AUTHENTICATE),
    ("NOPERM", AUTHENTICATE),
    ("can't run this command", AUTHENTICATE),
    // Of more words than a stranger may say.
    ("unauthenticated", AUTHENTICATE),
    ("MOVED", ONE_SERVER),
    ("CROSSSLOT", ONE_SERVER),
    ("WRONGTYPE", OTHER_KEY),
    ("OOM", MEMORY),
    ("EXECABORT", VERSION),
    ("ERR", VERSION),
];

/// What passes, though it is a general error, or in the words of one.
const PASSING: [&str; 5] = [
    "max number of clients",
    "READONLY",
    "MASTERDOWN",
    "MISCONF",
    "NOREPLICAS",
];

impl Failure {
    /// One that may pass.
    pub(crate) fn passing(cause: impl Into<String>) -> Self {
        Self {
            cause: cause.into(),
            remedy: None,
        }
    }

    /// What the library or the server said; `cause` are its words without secrets.
    pub(crate) fn new(error: &RedisError, cause: &str) -> Self {
        let remedy = match error.kind() {
            ErrorKind::AuthenticationFailed => Some(AUTHENTICATE),
            ErrorKind::UnexpectedReturnType => Some(VERSION),
            _ => error.code().and_then(|code| lasting(code, cause)),
        };
        let cause = cause.trim_end_matches('.').to_owned();
        Self { cause, remedy }
    }

    /// What to do, if it doesn't pass by itself.
    pub(crate) fn remedy(&self) -> Option<&'static str> {
        self.remedy
    }
}

fn lasting(code: &str, words: &str) -> Option<&'static str> {
    if PASSING.iter().any(|passing| words.contains(passing)) {
        return None;
    }
    let says = |word: &str| code == word || (code == "ERR" && words.contains(word));
    let (_, remedy) = LASTING.iter().find(|(word, _)| says(word))?;
    Some(remedy)
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)
    }
}

impl From<Failure> for String {
    fn from(failure: Failure) -> Self {
        failure.cause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a server says, as the library gives it.
    fn said(line: &str) -> Failure {
        let value = redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap();
        let error = value.extract_error().unwrap_err();
        Failure::new(&error, &error.to_string())
    }

    #[test]
    fn what_stays_until_somebody_does_something_says_what() {
        for (line, remedy) in [
            ("NOAUTH Authentication required.", AUTHENTICATE),
            ("WRONGPASS invalid username-password pair", AUTHENTICATE),
            ("NOPERM this user has no permissions", AUTHENTICATE),
            (
                "ERR The user executing the script can't run this command or subcommand",
                AUTHENTICATE,
            ),
            (
                "ERR Protocol error: unauthenticated multibulk length",
                AUTHENTICATE,
            ),
            ("MOVED 3999 127.0.0.1:6381", ONE_SERVER),
            ("WRONGTYPE Operation against a key", OTHER_KEY),
            ("OOM command not allowed when used memory", MEMORY),
            ("ERR unknown command 'EVALSHA'", VERSION),
            (
                "ERR Error running script (call to f_1): @user_script:2: WRONGTYPE Operation",
                OTHER_KEY,
            ),
        ] {
            assert_eq!(said(line).remedy(), Some(remedy), "{line}");
        }
    }

    #[test]
    fn what_passes_is_waited_for() {
        for line in [
            "LOADING Redis is loading the dataset in memory",
            "BUSY Redis is busy running a script.",
            "READONLY You can't write against a read only replica.",
            "TRYAGAIN Multiple keys request during rehashing of slot",
            "CLUSTERDOWN The cluster is down",
            "MISCONF Redis is configured to save RDB snapshots",
            "ERR max number of clients reached",
            "ERR Error running script (call to f_1): @user_script:2: -READONLY You can't write",
        ] {
            assert_eq!(said(line).remedy(), None, "{line}");
        }
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        assert_eq!(Failure::new(&refused.into(), "").remedy(), None);
    }
}
