//! A table of the config file, whose settings are read by their kinds.
//!
//! As in the whole file, no message shows a value.

use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Error, Result};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::Document;
use crate::nearest::did_you_mean;

/// A table of the file.
pub(super) struct Section<'a> {
    pub(super) document: &'a Document<'a>,
    /// How messages call it.
    pub(super) name: String,
    pub(super) start: usize,
    pub(super) table: &'a DeTable<'a>,
}

impl<'a> Section<'a> {
    pub(super) fn get(&self, key: &str) -> Option<(Range<usize>, &'a Spanned<DeValue<'a>>)> {
        let (key, value) = self.table.get_key_value(key)?;
        Some((key.span(), value))
    }

    /// Checks that the table has keys that are known, and none that is a secret.
    pub(super) fn check_keys(&self, known: &[&str]) -> Result<()> {
        for key in self.table.keys() {
            let name = key.get_ref().as_ref();
            if is_secret(name) {
                return Err(self.document.error(
                    key.span().start,
                    format!(
                        "{} holds a key itself (`{name}`), and this file is not kept secret; move \
                         the keys to a file of mode 600 (keys_file), to the environment \
                         (access_key_env, secret_key_env) or behind a command (keys_command)",
                        self.name
                    ),
                ));
            }
            if !known.contains(&name) {
                return Err(self.document.error(
                    key.span().start,
                    format!(
                        "{} has no setting \"{name}\"{}; it has {}",
                        self.name,
                        did_you_mean(name, known.iter().copied()),
                        known.join(", ")
                    ),
                ));
            }
        }
        Ok(())
    }

    /// The error that a setting is not what it must be.
    pub(super) fn wrong(&self, key: &str, must_be: impl std::fmt::Display) -> Error {
        let start = self.get(key).map_or(self.start, |(span, _)| span.start);
        self.document
            .error(start, format!("{}: {key} must be {must_be}", self.name))
    }

    pub(super) fn table_of(
        &self,
        key: &str,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Result<&'a DeTable<'a>> {
        value.get_ref().as_table().ok_or_else(|| {
            self.document.error(
                value.span().start,
                format!("{key} must be a table, such as [accounts.main]"),
            )
        })
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<String>> {
        let Some((_, value)) = self.get(key) else {
            return Ok(None);
        };
        let text = value.get_ref().as_str().map(str::trim);
        match text.filter(|text| !text.is_empty()) {
            Some(text) => Ok(Some(text.to_owned())),
            None => Err(self.wrong(key, "a text in quotes")),
        }
    }

    pub(super) fn parsed<T: FromStr>(&self, key: &str, must_be: &str) -> Result<Option<T>> {
        self.text(key)?
            .map(|text| text.parse().map_err(|_| self.wrong(key, must_be)))
            .transpose()
    }

    pub(super) fn whole<T: TryFrom<u64>>(&self, key: &str, must_be: &str) -> Result<Option<T>> {
        let Some((_, value)) = self.get(key) else {
            return Ok(None);
        };
        let number = value.get_ref().as_integer();
        let number = number.and_then(|n| u64::from_str_radix(n.as_str(), n.radix()).ok());
        match number.and_then(|number| T::try_from(number).ok()) {
            Some(number) => Ok(Some(number)),
            None => Err(self.wrong(key, must_be)),
        }
    }

    pub(super) fn path(&self, key: &str) -> Result<Option<PathBuf>> {
        Ok(self.text(key)?.map(|text| self.document.path(&text)))
    }
}

/// Whether a setting of this name would be a key: `secret_key`, `accessKey`.
fn is_secret(name: &str) -> bool {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    let plain: String = letters.flat_map(char::to_lowercase).collect();
    [
        "accesskey",
        "secretkey",
        "accesskeyid",
        "secret",
        "password",
        "keys",
    ]
    .contains(&plain.as_str())
}
