//! Which fields to hold leads against, and which account to ask for them.

use std::path::PathBuf;

use anyhow::Result;
use leadsquared_sink::{Auth, RateLimit};

use super::account::Chosen;
use super::target::Target;
use super::usage;
use crate::args::{AgainstArgs, FieldsArgs, OutputFormat};

/// An account that is asked.
pub(crate) struct Asked {
    pub(crate) target: Target,
    pub(crate) auth: Auth,
}

/// What a check holds the leads against.
pub(crate) enum Against {
    /// Nothing but themselves.
    Nothing,
    /// The fields of an account.
    Account(Asked),
    /// The fields in a file.
    File(PathBuf),
}

/// The list of an account's fields.
pub(crate) struct FieldsSettings {
    pub(crate) asked: Asked,
    pub(crate) rate_limit: RateLimit,
    pub(crate) save: Option<PathBuf>,
    pub(crate) format: OutputFormat,
}

impl Asked {
    fn new(account: &Chosen) -> Result<Self> {
        Ok(Self {
            target: account.target()?,
            auth: account.auth(),
        })
    }
}

impl Against {
    pub(super) fn new(args: AgainstArgs, has_host: bool, account: &Chosen) -> Result<Self> {
        match (args.online, args.fields) {
            (true, _) => Asked::new(account).map(Self::Account),
            (false, _) if has_host => Err(usage(
                "--host says which account to ask; add --online to ask it",
            )),
            (false, Some(path)) => Ok(Self::File(path)),
            (false, None) => Ok(Self::Nothing),
        }
    }
}

impl FieldsSettings {
    pub(crate) fn new(args: FieldsArgs) -> Result<Self> {
        let account = Chosen::new(args.account)?;
        Ok(Self {
            asked: Asked::new(&account)?,
            rate_limit: account.rate_limit(args.rate_limit),
            save: args.save,
            format: args.format,
        })
    }
}
