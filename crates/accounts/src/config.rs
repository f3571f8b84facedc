//! The config file: where it is, and the accounts in it.

use std::fs;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use leadsquared_core::nearest;

use crate::account::Account;
use crate::document::Document;
use crate::environment::variable;
use crate::error::Error;

/// The variable that names the file.
const CONFIG: &str = "LEADSQUARED_CONFIG";

/// The config file, checked as a whole: an account in it that can't be used is an error, whichever is
/// asked for.
///
/// ```
/// use leadsquared_accounts::{Config, Error};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("config.toml");
/// std::fs::write(
///     &path,
///     r#"
///         default_account = "main"
///
///         [accounts.main]
///         host = "api-in21.leadsquared.com"
///         keys_file = "main.keys"
///
///         [accounts.sandbox]
///         host = "api-us11.leadsquared.com"
///         access_key_env = "SANDBOX_ACCESS_KEY"
///         secret_key_env = "SANDBOX_SECRET_KEY"
///     "#,
/// )?;
/// let config = Config::read(&path)?;
/// assert_eq!(config.names().collect::<Vec<_>>(), ["main", "sandbox"]);
/// assert_eq!(config.account("sandbox")?.host(), "api-us11.leadsquared.com");
///
/// let error = config.account("sandbocks").unwrap_err();
/// assert!(matches!(error, Error::NoSuchAccount { nearest: Some(meant), .. } if meant == "sandbox"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) path: PathBuf,
    pub(crate) accounts: Vec<Account>,
    /// One of the accounts.
    pub(crate) default_account: Option<String>,
}

impl Config {
    /// The file that is named, by `named` or by the environment's `LEADSQUARED_CONFIG`; else
    /// `leadsquared/config.toml` in the user's config folder, if it is there.
    ///
    /// On Linux that folder is `$XDG_CONFIG_HOME` or `~/.config`.
    ///
    /// # Errors
    ///
    /// If a file is named and can't be read, or if what is in the file is wrong.
    pub fn find(named: Option<&Path>) -> Result<Option<Self>, Error> {
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

    /// The file that [`find`](Self::find) finds; that there is none is an error, which says how one is
    /// begun.
    ///
    /// # Errors
    ///
    /// [`Error::NoFile`], and those of [`find`](Self::find).
    pub fn require(named: Option<&Path>) -> Result<Self, Error> {
        Self::find(named)?.ok_or_else(|| Error::NoFile {
            looked_for: usual_path(),
        })
    }

    /// The file at this path. Paths in it are meant from its folder.
    ///
    /// # Errors
    ///
    /// If it can't be read, or if what is in it is wrong: [`Error::Faulty`] says where.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(|source| Error::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        tracing::info!(path = %path.display(), "the config file is read");
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Document::new(&path, &text).config()
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The accounts, in the order of the file.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.iter()
    }

    /// The accounts' names, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.accounts().map(Account::name)
    }

    /// The account that is used when none is named, if the file says so.
    #[must_use]
    pub fn default_account(&self) -> Option<&Account> {
        let name = self.default_account.as_deref()?;
        self.accounts().find(|account| account.name() == name)
    }

    /// The account of this name.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchAccount`], with the name that was likely meant.
    pub fn account(&self, name: &str) -> Result<&Account, Error> {
        self.accounts()
            .find(|account| account.name() == name)
            .ok_or_else(|| Error::NoSuchAccount {
                path: self.path.clone(),
                name: name.to_owned(),
                nearest: nearest(name, self.names()).map(str::to_owned),
                known: self.names().map(str::to_owned).collect(),
            })
    }
}

/// Where the file of the user is looked for: none without a home.
fn usual_path() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(folders.config_dir().join("leadsquared").join("config.toml"))
}
