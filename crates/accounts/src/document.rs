//! The config file's text, read with the place of everything that is wrong.
//!
//! No message shows a value or a line of the file: somebody may have put a key there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy as _;
use leadsquared_core::nearest;
use leadsquared_sink::{Endpoint, Strategy};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::account::{Account, KeysFrom};
use crate::config::Config;
use crate::error::Error;
use crate::fault::Fault;
use crate::section::Section;

/// What a command has to print an account's keys, unless the file says otherwise: a person may
/// have to type a password.
const KEYS_TIMEOUT: Duration = Duration::from_mins(1);

const TOP: [&str; 2] = ["default_account", "accounts"];
const ACCOUNT: [&str; 13] = [
    "host",
    "auth",
    "rate_limit",
    "reserve",
    "daily_calls",
    "limiter",
    "mapping",
    "ledger",
    "access_key_env",
    "secret_key_env",
    "keys_file",
    "keys_command",
    "keys_timeout",
];

/// The file.
pub(crate) struct Document<'a> {
    path: &'a Path,
    text: &'a str,
}

impl<'a> Document<'a> {
    pub(crate) fn new(path: &'a Path, text: &'a str) -> Self {
        Self { path, text }
    }

    pub(crate) fn config(&self) -> Result<Config, Error> {
        let parsed = DeTable::parse(self.text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let message = error.message().to_owned();
            self.error(start, Fault::NotToml { message })
        })?;
        let top = Section {
            document: self,
            name: "the config file".to_owned(),
            start: 0,
            table: parsed.get_ref(),
        };
        top.check_keys(&TOP)?;
        let mut accounts: Vec<Account> = Vec::new();
        if let Some((_, value)) = top.get("accounts") {
            for (name, value) in sorted(top.table_of("accounts", value)?) {
                let name = name.get_ref().to_string();
                let section = Section {
                    name: format!("accounts.{name}"),
                    start: value.span().start,
                    document: self,
                    table: top.table_of(&format!("accounts.{name}"), value)?,
                };
                accounts.push(section.account(name)?);
            }
        }
        let default_account = top.text("default_account")?;
        if let (Some(name), Some((span, _))) = (&default_account, top.get("default_account"))
            && !accounts.iter().any(|account| account.name() == name)
        {
            let known = accounts.iter().map(Account::name);
            let fault = Fault::NoSuchDefault {
                name: name.clone(),
                nearest: nearest(name, known).map(str::to_owned),
            };
            return Err(self.error(span.start, fault));
        }
        Ok(Config {
            path: self.path.to_owned(),
            accounts,
            default_account,
        })
    }

    /// The error that this is wrong at the byte `offset`.
    pub(crate) fn error(&self, offset: usize, fault: Fault) -> Error {
        let before = self.text.as_bytes().iter().take(offset);
        Error::Faulty {
            path: self.path.to_owned(),
            line: before.filter(|byte| **byte == b'\n').count() + 1,
            fault: Box::new(fault),
        }
    }

    /// A path of the file: beside it, unless it is absolute or in the home folder (`~/`).
    pub(crate) fn path(&self, written: &str) -> PathBuf {
        let home = || Some(etcetera::choose_base_strategy().ok()?.home_dir().to_owned());
        if let (Some(rest), Some(home)) = (written.strip_prefix("~/"), home()) {
            return home.join(rest);
        }
        self.path.parent().unwrap_or(Path::new("")).join(written)
    }
}

impl Section<'_> {
    fn account(&self, name: String) -> Result<Account, Error> {
        self.check_keys(&ACCOUNT)?;
        let limiter = self
            .text("limiter")?
            .map(|text| match text.as_str() {
                "balanced" => Ok(Strategy::Balanced),
                "strict" => Ok(Strategy::Strict),
                _ => Err(self.wrong("limiter", "\"balanced\" or \"strict\"")),
            })
            .transpose()?;
        let host = self
            .text("host")?
            .ok_or_else(|| self.wrong("host", "there, such as \"api-in21.leadsquared.com\""))?;
        // What can't be a host is not kept: somebody may have pasted an address with keys.
        let endpoint = host
            .parse::<Endpoint>()
            .map_err(|error| self.wrong("host", format!("the account's API host: {error}")))?;
        Ok(Account {
            name,
            host,
            endpoint,
            keys: self.keys()?,
            auth: self.parsed("auth", "\"query\" or \"header\"")?,
            rate_limit: self.parsed("rate_limit", "calls and a time, such as \"25/5s\"")?,
            reserve: self.whole("reserve", "a number of calls")?,
            daily_calls: self
                .whole::<u64>("daily_calls", "a number of calls above 0")?
                .map(|calls| {
                    calls
                        .try_into()
                        .map_err(|_| self.wrong("daily_calls", "a number of calls above 0"))
                })
                .transpose()?,
            limiter,
            mapping: self.path("mapping")?,
            ledger: self.path("ledger")?,
        })
    }

    fn keys(&self) -> Result<KeysFrom, Error> {
        let pair = (self.text("access_key_env")?, self.text("secret_key_env")?);
        let environment = match pair {
            (Some(access_key), Some(secret_key)) => Some(KeysFrom::Environment {
                access_key,
                secret_key,
            }),
            (None, None) => None,
            (None, _) => return Err(self.wrong("access_key_env", "there beside secret_key_env")),
            (_, None) => return Err(self.wrong("secret_key_env", "there beside access_key_env")),
        };
        let timeout = self
            .text("keys_timeout")?
            .map(|text| {
                humantime::parse_duration(&text)
                    .ok()
                    .filter(|time| !time.is_zero())
                    .ok_or_else(|| self.wrong("keys_timeout", "a time, such as \"1m\""))
            })
            .transpose()?;
        let file = self.path("keys_file")?.map(KeysFrom::File);
        let command = self.command(timeout.unwrap_or(KEYS_TIMEOUT))?;
        if timeout.is_some() && command.is_none() {
            return Err(self.wrong("keys_timeout", "beside a keys_command"));
        }
        let mut given = [environment, file, command].into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(one), None) => Ok(one),
            (none_or_one, _) => {
                let section = self.name.clone();
                let fault = match none_or_one {
                    Some(_) => Fault::SeveralKeys { section },
                    None => Fault::NoKeys { section },
                };
                Err(self.document.error(self.start, fault))
            }
        }
    }

    fn command(&self, timeout: Duration) -> Result<Option<KeysFrom>, Error> {
        let Some((_, value)) = self.get("keys_command") else {
            return Ok(None);
        };
        let words = value.get_ref().as_array().and_then(|array| {
            let words = array.iter().map(|word| word.get_ref().as_str());
            words.collect::<Option<Vec<&str>>>()
        });
        match words.as_deref() {
            Some([program, arguments @ ..]) if !program.trim().is_empty() => {
                Ok(Some(KeysFrom::Command {
                    program: (*program).to_owned(),
                    arguments: arguments.iter().map(|&word| word.to_owned()).collect(),
                    timeout,
                }))
            }
            _ => Err(self.wrong(
                "keys_command",
                "a program and its arguments, such as [\"pass\", \"show\", \"crm\"]; no shell \
                 takes it apart",
            )),
        }
    }
}

/// The entries in the order of the file.
fn sorted<'a>(
    table: &'a DeTable<'a>,
) -> Vec<(
    &'a Spanned<std::borrow::Cow<'a, str>>,
    &'a Spanned<DeValue<'a>>,
)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}
