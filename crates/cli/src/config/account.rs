//! An account as the config file has it.

use std::path::PathBuf;
use std::time::Duration;

use leadsquared_sink::{Auth, RateLimit};

use crate::args::LimiterArg;

/// An account as the config file has it; what it doesn't say is left to the defaults.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) host: String,
    pub(crate) keys: KeysFrom,
    pub(crate) auth: Option<Auth>,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) reserve: Option<u32>,
    pub(crate) daily_calls: Option<std::num::NonZeroU64>,
    pub(crate) limiter: Option<LimiterArg>,
    pub(crate) mapping: Option<PathBuf>,
    pub(crate) ledger: Option<PathBuf>,
}

/// Where an account's keys come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeysFrom {
    /// Two variables of the environment.
    Environment {
        access_key: String,
        secret_key: String,
    },
    /// A file that only its owner may read.
    File(PathBuf),
    /// What a program prints.
    Command {
        program: String,
        arguments: Vec<String>,
        timeout: Duration,
    },
}

impl std::fmt::Display for KeysFrom {
    /// Of a command the program alone: an argument may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Environment {
                access_key,
                secret_key,
            } => write!(f, "environment {access_key}, {secret_key}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Command { program, .. } => write!(f, "command {program}"),
        }
    }
}
