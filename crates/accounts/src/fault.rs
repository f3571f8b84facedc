//! What can be wrong with what somebody wrote: the config file, and the keys.

use crate::nearest::DidYouMean;

/// What is wrong in the config file; [`Error::Faulty`](crate::Error::Faulty) says where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It is no TOML.
    #[error("{message}")]
    NotToml {
        /// What the parser said.
        message: String,
    },

    /// A key itself is in the file, which is not kept secret.
    #[error(
        "{section} holds a key itself (`{setting}`), and this file is not kept secret; move the keys \
         to a file of mode 600 (keys_file), to the environment (access_key_env, secret_key_env) or \
         behind a command (keys_command)"
    )]
    HoldsKey {
        /// The table, such as `accounts.main`.
        section: String,
        /// The setting.
        setting: String,
    },

    /// There is no such setting.
    #[error(
        "{section} has no setting \"{setting}\"{}; it has {}",
        DidYouMean(*nearest),
        known.join(", ")
    )]
    UnknownSetting {
        /// The table, such as `accounts.main`.
        section: String,
        /// What was written.
        setting: String,
        /// The setting that was likely meant.
        nearest: Option<&'static str>,
        /// All settings of the table.
        known: &'static [&'static str],
    },

    /// Something else stands where a table must be.
    #[error("{setting} must be a table, such as [accounts.main]")]
    NotATable {
        /// The setting.
        setting: String,
    },

    /// A setting is not what it must be, or is not there.
    #[error("{section}: {setting} must be {must_be}")]
    Wrong {
        /// The table, such as `accounts.main`.
        section: String,
        /// The setting.
        setting: &'static str,
        /// What it must be, in words.
        must_be: String,
    },

    /// An account doesn't say where its keys are.
    #[error("{section} doesn't say where its keys are; {ONE_WAY}")]
    NoKeys {
        /// The account's table, such as `accounts.main`.
        section: String,
    },

    /// An account says in several ways where its keys are.
    #[error("{section} says in more than one way where its keys are; {ONE_WAY}")]
    SeveralKeys {
        /// The account's table, such as `accounts.main`.
        section: String,
    },

    /// The default account is none of the accounts.
    #[error(
        "default_account names \"{name}\", which is not among the accounts{}",
        DidYouMean(nearest.as_deref())
    )]
    NoSuchDefault {
        /// The name.
        name: String,
        /// The account that was likely meant.
        nearest: Option<String>,
    },
}

/// The ways to say where an account's keys are.
const ONE_WAY: &str =
    "it needs exactly one of access_key_env with secret_key_env, keys_file, and keys_command";

/// What is wrong with the text that should have an account's keys. It never shows what was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeysFault {
    /// A key is not there, or empty.
    #[error(
        "there is no `{name} = …` in it; it needs access_key and secret_key, a line each, or a JSON \
         object with both"
    )]
    Missing {
        /// `access_key` or `secret_key`.
        name: &'static str,
    },

    /// A key is there more than once.
    #[error("it has more than one {name}")]
    Repeated {
        /// `access_key` or `secret_key`.
        name: &'static str,
    },

    /// A key's quotes don't match.
    #[error("its {name} has a quote too many or too few")]
    Quotes {
        /// `access_key` or `secret_key`.
        name: &'static str,
    },

    /// It begins as JSON and isn't, or its keys are no texts.
    #[error("it is no JSON object with the texts access_key and secret_key")]
    NotJson,
}
