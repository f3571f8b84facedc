//! The file behind `--mapping`.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use indexmap::IndexMap;
use leadsquared_core::Mapping;
use serde::Deserialize;
use toml::Spanned;

/// A mapping, and where its columns stand in the file.
#[derive(Debug, Default)]
pub(crate) struct MappingFile {
    path: Option<PathBuf>,
    mapping: Mapping,
    lines: HashMap<String, usize>,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    unique_fields: Option<Vec<String>>,
    #[serde(default)]
    drop: Vec<Spanned<String>>,
    #[serde(default)]
    rename: IndexMap<Spanned<String>, String>,
    #[serde(default)]
    constants: IndexMap<String, String>,
}

impl MappingFile {
    /// Reads the file at `path`.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let text = fs::read_to_string(path).with_context(|| {
            format!("{shown}: the mapping can't be read; check that it is there and is UTF-8 text")
        })?;
        let written: Written = toml::from_str(&text).map_err(|error| {
            let message = error.message();
            match error.span() {
                Some(span) => anyhow!("{shown}, {}: {message}", Place::new(&text, &span)),
                None => anyhow!("{shown}: {message}"),
            }
        })?;
        let mut lines = HashMap::new();
        let mut mapping = Mapping::new();
        if let Some(unique_fields) = written.unique_fields {
            mapping = mapping.unique_fields(unique_fields);
        }
        for column in written.drop {
            lines.insert(
                column.get_ref().clone(),
                line_at(&text, column.span().start),
            );
            mapping = mapping.drop_column(column.into_inner());
        }
        for (column, attribute) in written.rename {
            let line = line_at(&text, column.span().start);
            let column = column.into_inner();
            if let Some(dropped) = lines.insert(column.clone(), line) {
                bail!(
                    "{shown}, line {line}: the column \"{column}\" is renamed here and dropped in line {dropped}; do one of the two"
                );
            }
            mapping = mapping.rename(column, attribute);
        }
        for (attribute, value) in written.constants {
            mapping = mapping.constant(attribute, value);
        }
        Ok(Self {
            path: Some(path.to_owned()),
            mapping,
            lines,
        })
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub(crate) fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// The mapping in one form, whatever the order and the blanks of the file: equal for equal ones.
    pub(crate) fn canonical(&self) -> String {
        let mapping = &self.mapping;
        serde_json::json!({
            "unique_fields": mapping.unique(),
            "drop": mapping.drops().collect::<Vec<_>>(),
            "rename": mapping.renames().collect::<Vec<_>>(),
            "constants": mapping.constants(),
        })
        .to_string()
    }

    /// Says where the file names the column that `error` is about, so that it can be mended there.
    pub(crate) fn locate(&self, error: anyhow::Error) -> anyhow::Error {
        let column = error.chain().find_map(|level| match level.downcast_ref()? {
            leadsquared_core::Error::UnknownColumn { column, .. } => Some(column),
            _ => None,
        });
        let place = column.and_then(|column| {
            let line = self.lines.get(column)?;
            Some(format!("{}, line {line}", self.path.as_ref()?.display()))
        });
        match place {
            Some(place) => error.context(format!("{place}: the mapping doesn't fit the input")),
            None => error,
        }
    }
}

/// A line of the file, by its number and its text.
struct Place<'a> {
    number: usize,
    text: &'a str,
}

impl<'a> Place<'a> {
    fn new(text: &'a str, span: &Range<usize>) -> Self {
        let number = line_at(text, span.start);
        Self {
            number,
            text: text.lines().nth(number - 1).unwrap_or_default().trim(),
        }
    }
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {} (`{}`)", self.number, self.text)
    }
}

/// The number of the line, from 1, that the byte at `offset` is in.
fn line_at(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    before.filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<MappingFile> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mapping.toml");
        fs::write(&path, text).unwrap();
        MappingFile::read(&path)
    }

    /// The message for a faulty file, without the folder.
    fn message(text: &str) -> String {
        let message = read(text).unwrap_err().to_string();
        let start = message.find("mapping.toml").unwrap();
        message[start..].to_owned()
    }

    #[test]
    fn every_key_of_the_file_is_in_the_mapping() {
        let file = read(
            r#"
unique_fields = ["Phone", "mx_Id"]
drop = ["notes"]
[rename]
email = "EmailAddress"
"kyc.status" = "Status"
[constants]
Source = "Webinar"
Campaign = "Spring"
"#,
        )
        .unwrap();
        let expected = Mapping::new()
            .unique_fields(["Phone", "mx_Id"])
            .drop_column("notes")
            .rename("email", "EmailAddress")
            .rename("kyc.status", "Status")
            .constant("Source", "Webinar")
            .constant("Campaign", "Spring");
        assert_eq!(*file.mapping(), expected);
        assert_eq!((file.lines["notes"], file.lines["kyc.status"]), (3, 6));
    }

    #[test]
    fn an_empty_file_is_the_default_mapping() {
        assert_eq!(*read("").unwrap().mapping(), Mapping::new());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        assert_eq!(
            message("[rename]\na = \"B\"\n[renames]\n"),
            "mapping.toml, line 3 (`[renames]`): unknown field `renames`, expected one of `unique_fields`, `drop`, `rename`, `constants`"
        );
        assert!(
            message("[constants]\nScore = 5\n")
                .starts_with("mapping.toml, line 2 (`Score = 5`): invalid type")
        );
        assert!(message("[rename\n").starts_with("mapping.toml, line 1 (`[rename`): "));
        assert_eq!(
            message("drop = [\"a\"]\n[rename]\na = \"B\"\n"),
            "mapping.toml, line 3: the column \"a\" is renamed here and dropped in line 1; do one of the two"
        );
    }
}
