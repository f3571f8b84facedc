//! An account as the config file has it.

use std::fmt;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;

use leadsquared_sink::{Auth, Endpoint, RateLimit, SlotOptions, Strategy};

/// An account as the config file has it; what the file doesn't say is none.
///
/// It has no keys: [`keys`](Self::keys) gets them.
///
/// ```
/// use leadsquared_accounts::Config;
/// use leadsquared_sink::Strategy;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("config.toml");
/// std::fs::write(
///     &path,
///     r#"
///         [accounts.main]
///         host = "api-in21.leadsquared.com"
///         rate_limit = "10/5s"
///         reserve = 2
///         limiter = "strict"
///         keys_file = "main.keys"
///     "#,
/// )?;
/// let config = Config::read(&path)?;
/// let account = config.account("main")?;
/// assert_eq!(account.slots().limit().to_string(), "10/5s");
/// assert_eq!(account.slots().reserve(), 2);
/// assert_eq!(account.limiter(), Some(Strategy::Strict));
/// assert_eq!(account.auth(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Account {
    pub(crate) name: String,
    pub(crate) host: String,
    pub(crate) endpoint: Endpoint,
    pub(crate) keys: KeysFrom,
    pub(crate) auth: Option<Auth>,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) reserve: Option<u32>,
    pub(crate) daily_calls: Option<NonZeroU64>,
    pub(crate) limiter: Option<Strategy>,
    pub(crate) mapping: Option<PathBuf>,
    pub(crate) ledger: Option<PathBuf>,
}

impl Account {
    /// The name it has in the file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The host of its API, as the file has it.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The address of its API.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Where its keys come from.
    #[must_use]
    pub fn keys_from(&self) -> &KeysFrom {
        &self.keys
    }

    /// How the keys travel.
    #[must_use]
    pub fn auth(&self) -> Option<Auth> {
        self.auth
    }

    /// Its limit: so many calls in so much time.
    #[must_use]
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.rate_limit
    }

    /// How many calls of the limit are left to others who use the account.
    ///
    /// It is not held against the limit here: a program may have another one.
    #[must_use]
    pub fn reserve(&self) -> Option<u32> {
        self.reserve
    }

    /// How many calls may be made in 24 hours.
    #[must_use]
    pub fn daily_calls(&self) -> Option<NonZeroU64> {
        self.daily_calls
    }

    /// How the limit is kept, `balanced` or `strict`.
    #[must_use]
    pub fn limiter(&self) -> Option<Strategy> {
        self.limiter
    }

    /// The mapping file for its leads.
    #[must_use]
    pub fn mapping(&self) -> Option<&Path> {
        self.mapping.as_deref()
    }

    /// Where its runs are remembered.
    #[must_use]
    pub fn ledger(&self) -> Option<&Path> {
        self.ledger.as_deref()
    }

    /// Its limit, how it is kept, and the reserve, as a limiter takes them; what the file doesn't say is
    /// as in [`SlotOptions::default`].
    ///
    /// A reserve as large as the limit leaves one call, as the limiter has it.
    #[must_use]
    pub fn slots(&self) -> SlotOptions {
        SlotOptions::new(self.rate_limit.unwrap_or_default())
            .with_strategy(self.limiter.unwrap_or_default())
            .with_reserve(self.reserve.unwrap_or_default())
    }
}

/// Where an account's keys come from.
///
/// Neither `Display` nor `Debug` shows the arguments of a command, which may be secrets:
///
/// ```
/// use std::time::Duration;
/// use leadsquared_accounts::KeysFrom;
///
/// let vault = KeysFrom::Command {
///     program: "vault".to_owned(),
///     arguments: vec!["--token=s3cret".to_owned()],
///     timeout: Duration::from_secs(60),
/// };
/// assert_eq!(vault.to_string(), "command vault");
/// assert_eq!(format!("{vault:?}"), "KeysFrom(command vault)");
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeysFrom {
    /// Two variables of the environment.
    Environment {
        /// The name of the variable that has the access key.
        access_key: String,
        /// The name of the variable that has the secret key.
        secret_key: String,
    },
    /// A file that only its owner may read.
    File(PathBuf),
    /// What a program prints.
    Command {
        /// The program, found as by a shell.
        program: String,
        /// Its arguments, as they are: no shell takes them apart.
        arguments: Vec<String>,
        /// How long it may take; a minute unless the file says otherwise, since a person may have to
        /// type a password.
        timeout: Duration,
    },
}

impl fmt::Display for KeysFrom {
    /// Of a command the program alone: an argument may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

impl fmt::Debug for KeysFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeysFrom({self})")
    }
}
