//! The config file: accounts by name, what each is like, and where its keys come from.
//!
//! The file has no keys itself, so that it can be shown, copied and kept with others.

mod account;
mod command;
mod document;
mod keys;
mod section;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use etcetera::BaseStrategy as _;
use indexmap::IndexMap;

use crate::command::UsageError;
use crate::nearest::did_you_mean;
use crate::settings::variable;

pub(crate) use account::{Account, KeysFrom};
use document::Document;
pub(crate) use keys::Keys;

const CONFIG: &str = "LEADSQUARED_CONFIG";

/// The config file, checked.
#[derive(Debug)]
pub(crate) struct Config {
    path: PathBuf,
    accounts: IndexMap<String, Account>,
    default_account: Option<String>,
}

impl Config {
    /// The file that is named, by the option or the environment; else the one of the user, if there
    /// is one.
    pub(crate) fn find(named: Option<&Path>) -> Result<Option<Self>> {
        let named = match named {
            Some(path) => Some(path.to_owned()),
            None => variable(CONFIG)?.map(PathBuf::from),
        };
        match named {
            Some(path) => Self::read(&path).map(Some),
            None => match usual_path() {
                Some(path) if path.exists() => Self::read(&path).map(Some),
                _ => Ok(None),
            },
        }
    }

    fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let text = fs::read_to_string(path).with_context(|| {
            format!(
                "{shown}: the config file can't be read; check that it is there and is UTF-8 text"
            )
        })?;
        tracing::info!(path = %shown, "the config file is read");
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Document::new(&path, &text).config()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The accounts, in the order of the file.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    /// The account that is used when none is named.
    pub(crate) fn default_account(&self) -> Option<&Account> {
        self.accounts.get(self.default_account.as_deref()?)
    }

    /// The account of this name.
    pub(crate) fn account(&self, name: &str) -> Result<&Account> {
        self.accounts.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.accounts.keys().map(String::as_str).collect();
            let has = if names.is_empty() {
                "it has none".to_owned()
            } else {
                format!("it has {}", names.join(", "))
            };
            UsageError(format!(
                "{} has no account \"{name}\"{}; {has}",
                self.path.display(),
                did_you_mean(name, names),
            ))
            .into()
        })
    }
}

/// Where the file of the user is looked for: none without a home.
pub(crate) fn usual_path() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(folders.config_dir().join("leadsquared").join("config.toml"))
}

/// Says that there is no config file, and how one is begun.
pub(crate) fn no_file() -> UsageError {
    let place = usual_path().map_or_else(
        || format!("name one with --config FILE or {CONFIG}"),
        |path| format!("looked for {}", path.display()),
    );
    UsageError(format!(
        "there is no config file ({place}); begin one with the lines\n\n  \
         [accounts.main]\n  host = \"api-in21.leadsquared.com\"\n  keys_file = \"main.keys\"\n"
    ))
}
