//! A table of the config file, whose settings are read by their kinds.
//!
//! As in the whole file, no message shows a value.

use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use leadsquared_core::nearest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::document::Document;
use crate::error::Error;
use crate::fault::Fault;

/// A table of the file.
pub(crate) struct Section<'a> {
    pub(crate) document: &'a Document<'a>,
    /// How messages call it.
    pub(crate) name: String,
    pub(crate) start: usize,
    pub(crate) table: &'a DeTable<'a>,
}

impl<'a> Section<'a> {
    pub(crate) fn get(&self, key: &str) -> Option<(Range<usize>, &'a Spanned<DeValue<'a>>)> {
        let (key, value) = self.table.get_key_value(key)?;
        Some((key.span(), value))
    }

    /// Checks that the table has keys that are known, and none that is a secret.
    pub(crate) fn check_keys(&self, known: &'static [&'static str]) -> Result<(), Error> {
        for key in self.table.keys() {
            let name = key.get_ref().as_ref();
            let (section, setting) = (self.name.clone(), name.to_owned());
            let fault = if is_secret(name) {
                Fault::HoldsKey { section, setting }
            } else if !known.contains(&name) {
                Fault::UnknownSetting {
                    section,
                    setting,
                    nearest: nearest(name, known.iter().copied()),
                    known,
                }
            } else {
                continue;
            };
            return Err(self.document.error(key.span().start, fault));
        }
        Ok(())
    }

    /// The error that a setting is not what it must be.
    pub(crate) fn wrong(&self, setting: &'static str, must_be: impl Into<String>) -> Error {
        let start = self.get(setting).map_or(self.start, |(span, _)| span.start);
        let fault = Fault::Wrong {
            section: self.name.clone(),
            setting,
            must_be: must_be.into(),
        };
        self.document.error(start, fault)
    }

    pub(crate) fn table_of(
        &self,
        key: &str,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Result<&'a DeTable<'a>, Error> {
        value.get_ref().as_table().ok_or_else(|| {
            let setting = key.to_owned();
            self.document
                .error(value.span().start, Fault::NotATable { setting })
        })
    }

    pub(crate) fn text(&self, key: &'static str) -> Result<Option<String>, Error> {
        let Some((_, value)) = self.get(key) else {
            return Ok(None);
        };
        let text = value.get_ref().as_str().map(str::trim);
        match text.filter(|text| !text.is_empty()) {
            Some(text) => Ok(Some(text.to_owned())),
            None => Err(self.wrong(key, "a text in quotes")),
        }
    }

    pub(crate) fn parsed<T: FromStr>(
        &self,
        key: &'static str,
        must_be: &str,
    ) -> Result<Option<T>, Error> {
        self.text(key)?
            .map(|text| text.parse().map_err(|_| self.wrong(key, must_be)))
            .transpose()
    }

    pub(crate) fn whole<T: TryFrom<u64>>(
        &self,
        key: &'static str,
        must_be: &str,
    ) -> Result<Option<T>, Error> {
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

    pub(crate) fn path(&self, key: &'static str) -> Result<Option<PathBuf>, Error> {
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
