//! An account's keys, from where the config file says they are.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::{Account, KeysFrom, command};
use crate::settings::variable;

/// Far more than two keys take.
const MOST_BYTES: u64 = 64 * 1024;

/// An access key and a secret key.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) access_key: SecretString,
    pub(crate) secret_key: SecretString,
}

impl Account {
    /// The account's keys.
    pub(crate) fn keys(&self) -> Result<Keys> {
        let keys = match &self.keys {
            KeysFrom::Environment {
                access_key,
                secret_key,
            } => environment(access_key, secret_key),
            KeysFrom::File(path) => file(path),
            KeysFrom::Command {
                program,
                arguments,
                timeout,
            } => command::keys(program, arguments, *timeout),
        };
        keys.with_context(|| format!("the keys of account \"{}\" can't be had", self.name))
    }
}

fn environment(access_key: &str, secret_key: &str) -> Result<Keys> {
    let value = |name| {
        variable(name)?.map(SecretString::from).ok_or_else(|| {
            anyhow!("the environment lacks {name}, which the config file names; set it")
        })
    };
    Ok(Keys {
        access_key: value(access_key)?,
        secret_key: value(secret_key)?,
    })
}

fn file(path: &Path) -> Result<Keys> {
    let shown = path.display();
    let file = File::open(path).with_context(|| {
        format!("{shown}: the keys_file can't be opened; check that it is there and is yours")
    })?;
    check_mode(path, &file)?;
    let mut text = String::new();
    file.take(MOST_BYTES)
        .read_to_string(&mut text)
        .with_context(|| format!("{shown}: the keys_file can't be read as UTF-8 text"))?;
    Keys::parse(&SecretString::from(text)).map_err(|what| anyhow!("{shown}: {what}"))
}

/// Refuses a file that others may read, as `ssh` does with its keys.
#[cfg(unix)]
fn check_mode(path: &Path, file: &File) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let shown = path.display();
        bail!(
            "{shown}: others than its owner may open the keys_file (mode {mode:03o}); \
             run: chmod 600 {}",
            crate::words::shell_word(&path.to_string_lossy()),
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &File) -> Result<()> {
    Ok(())
}

impl Keys {
    /// Reads `access_key = …` and `secret_key = …`, or one JSON object with the two; other lines are
    /// left alone. The error never shows what was there.
    pub(super) fn parse(text: &SecretString) -> Result<Self, String> {
        let text = text.expose_secret();
        let pair = if text.trim_start().starts_with('{') {
            json(text)?
        } else {
            Written {
                access_key: line(text, "access_key")?,
                secret_key: line(text, "secret_key")?,
            }
        };
        let present = |key: Option<SecretString>, name: &str| {
            key.filter(|key| !key.expose_secret().trim().is_empty())
                .ok_or_else(|| format!("there is no `{name} = …` in it; it needs access_key and secret_key, a line each, or a JSON object with both"))
        };
        Ok(Self {
            access_key: present(pair.access_key, "access_key")?,
            secret_key: present(pair.secret_key, "secret_key")?,
        })
    }
}

struct Written {
    access_key: Option<SecretString>,
    secret_key: Option<SecretString>,
}

fn json(text: &str) -> Result<Written, String> {
    #[derive(Deserialize)]
    struct Pair {
        access_key: Option<String>,
        secret_key: Option<String>,
    }
    // The error itself could show a value.
    let pair: Pair = serde_json::from_str(text)
        .map_err(|_| "it is no JSON object with the texts access_key and secret_key".to_owned())?;
    Ok(Written {
        access_key: pair.access_key.map(Into::into),
        secret_key: pair.secret_key.map(Into::into),
    })
}

/// The value of the line `name = value`: quoted as in TOML, or as it stands.
fn line(text: &str, name: &str) -> Result<Option<SecretString>, String> {
    let mut found = None;
    for line in text.lines() {
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        if key.trim() != name {
            continue;
        }
        let value = value.trim();
        let value = if value.starts_with(['"', '\'']) {
            quoted(value).ok_or_else(|| format!("its {name} has a quote too many or too few"))?
        } else {
            value.to_owned()
        };
        if found.replace(SecretString::from(value)).is_some() {
            return Err(format!("it has more than one {name}"));
        }
    }
    Ok(found)
}

fn quoted(value: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Line {
        value: String,
    }
    let line: Line = toml::from_str(&format!("value = {value}")).ok()?;
    Some(line.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(String, String), String> {
        let keys = Keys::parse(&SecretString::from(text.to_owned()))?;
        let shown = |key: &SecretString| key.expose_secret().to_owned();
        Ok((shown(&keys.access_key), shown(&keys.secret_key)))
    }

    #[test]
    fn the_two_keys_are_read_in_each_form() {
        let expected = Ok(("u$r 1#".to_owned(), "s&c=t".to_owned()));
        for text in [
            "access_key = u$r 1#\nsecret_key=s&c=t\n",
            "# mine\naccess_key = \"u$r 1#\" # by day\n\n  secret_key = 's&c=t'\r\nurl = x\n",
            " {\"secret_key\": \"s&c=t\", \"access_key\": \"u$r 1#\", \"more\": 1}\n",
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_missing_is_named_and_nothing_is_shown() {
        for (text, word) in [
            ("", "access_key"),
            ("s3cret", "access_key"),
            ("access_key = s3cret", "`secret_key = …`"),
            ("access_key = s3cret\nsecret_key =", "`secret_key = …`"),
            ("access_key = \"s3cret\nsecret_key = x", "quote"),
            (
                "access_key = s3cret\naccess_key = x\nsecret_key = y",
                "more than one",
            ),
            ("{\"access_key\": \"s3cret\"", "JSON"),
            ("{\"access_key\": 5, \"secret_key\": \"s3cret\"}", "JSON"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(word), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
