//! The file behind `--mapping`.

mod known;
mod written;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use leadsquared_core::{Error, Mapping};
use serde_json::Value;
use toml::Spanned;
use toml::de::DeTable;

use crate::place::line_at;
pub(crate) use known::schema;
use written::Written;

/// A mapping, and where its columns stand in the file.
#[derive(Debug, Default)]
pub(crate) struct MappingFile {
    path: Option<PathBuf>,
    mapping: Mapping,
    /// The rules as they are written, if there are any.
    rules: Option<Value>,
    lines: HashMap<String, usize>,
}

impl MappingFile {
    /// Reads the file at `path`.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let text = fs::read_to_string(path).with_context(|| {
            format!("{shown}: the mapping can't be read; check that it is there and is UTF-8 text")
        })?;
        let mut file = Self::parse(&text).map_err(|error| anyhow!("{shown}{error}"))?;
        file.path = Some(path.to_owned());
        Ok(file)
    }

    /// Reads the text of a file; an error begins with the line, and the file's name fits before it.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let spoiled = |error: toml::de::Error| {
            let message = error.message();
            match error.span() {
                Some(span) => anyhow!(", {}: {message}", Place::new(text, &span)),
                None => anyhow!(": {message}"),
            }
        };
        let table = DeTable::parse(text).map_err(spoiled)?;
        if let Some(stray) = known::stray(table.get_ref()) {
            let place = stray.place..stray.place;
            bail!(", {}: {}", Place::new(text, &place), stray.why);
        }
        let written: Written = toml::from_str(text).map_err(spoiled)?;
        Self::of(text, written)
    }

    fn of(text: &str, written: Written) -> Result<Self> {
        let mut names = Names {
            text,
            uses: HashMap::new(),
        };
        let mut mapping = Mapping::new();
        let rules = rules(&written)?;
        if let Some(unique_fields) = written.unique_fields {
            mapping = mapping.unique_fields(unique_fields);
        }
        for column in written.drop {
            names.take(&column, Use::Dropped)?;
            mapping = mapping.drop_column(column.into_inner());
        }
        for (column, attribute) in written.rename {
            names.take(&column, Use::Renamed)?;
            mapping = mapping.rename(column.into_inner(), attribute);
        }
        for (attribute, value) in written.constants {
            mapping = mapping.constant(attribute, value);
        }
        if let Some(attribute) = &written.defaults.attribute {
            bail!(
                ", line {}: [defaults] is for all columns, which can't share an attribute; give it \
                 to one of them, in [rename]",
                line_at(text, attribute.span().start)
            );
        }
        mapping = mapping.default_rules(written.defaults.to_rules());
        for (column, written) in written.columns {
            let own = written.to_rules();
            if let Some(attribute) = written.attribute {
                names.take(&column, Use::Renamed)?;
                mapping = mapping.rename(column.get_ref(), attribute.into_inner());
            } else {
                names.take(&column, Use::Ruled)?;
            }
            // Without a rule too, so that the column has to be there.
            mapping = mapping.rules(column.into_inner(), own);
        }
        Ok(Self {
            path: None,
            mapping,
            rules,
            lines: names.into_lines(),
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
        let mut canonical = serde_json::json!({
            "unique_fields": mapping.unique(),
            "drop": mapping.drops().collect::<Vec<_>>(),
            "rename": mapping.renames().collect::<Vec<_>>(),
            "constants": mapping.constants(),
        });
        // Runs from before there were rules have none.
        if let Some(rules) = &self.rules {
            canonical["rules"] = rules.clone();
        }
        canonical.to_string()
    }

    /// Says where the file names the column that `error` is about, so that it can be mended there.
    pub(crate) fn locate(&self, error: anyhow::Error) -> anyhow::Error {
        let column = error.chain().find_map(|level| match level.downcast_ref()? {
            Error::UnknownColumn { column, .. }
            | Error::RuleMisfit { column, .. }
            | Error::BadFieldOfSet { column, .. } => Some(column),
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

/// The rules in one form, if there are any.
fn rules(written: &Written) -> Result<Option<Value>> {
    let columns = written.columns.iter();
    let columns: BTreeMap<&str, Value> = columns
        .map(|(column, rules)| Ok((column.get_ref().as_str(), serde_json::to_value(rules)?)))
        .collect::<Result<_>>()?;
    let defaults = serde_json::to_value(&written.defaults)?;
    let nothing = Value::Object(serde_json::Map::new());
    let columns: BTreeMap<_, _> = columns
        .into_iter()
        .filter(|(_, rules)| *rules != nothing)
        .collect();
    Ok((defaults != nothing || !columns.is_empty())
        .then(|| serde_json::json!({"defaults": defaults, "columns": columns})))
}

/// What the file does with a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Dropped,
    Renamed,
    Ruled,
}

impl Use {
    fn words(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Renamed => "renamed",
            Self::Ruled => "given rules",
        }
    }
}

/// The columns that the file names, and where.
struct Names<'a> {
    text: &'a str,
    uses: HashMap<String, Vec<(Use, usize)>>,
}

impl Names<'_> {
    /// Takes note of a column, unless what was said of it before is another thing.
    fn take(&mut self, column: &Spanned<String>, what: Use) -> Result<()> {
        let line = line_at(self.text, column.span().start);
        let uses = self.uses.entry(column.get_ref().clone()).or_default();
        let clash = uses
            .iter()
            .find(|(before, _)| *before == what || *before == Use::Dropped || what == Use::Dropped);
        if let Some((Use::Dropped, _)) = clash
            && what == Use::Dropped
        {
            bail!(
                ", line {line}: the column \"{}\" is named twice in drop; take one out",
                column.get_ref()
            );
        }
        if let Some((before, at)) = clash {
            bail!(
                ", line {line}: the column \"{}\" is {} here and {} in line {at}; do one of the two",
                column.get_ref(),
                what.words(),
                before.words()
            );
        }
        uses.push((what, line));
        Ok(())
    }

    /// The first line of each column.
    fn into_lines(self) -> HashMap<String, usize> {
        let uses = self.uses.into_iter();
        uses.filter_map(|(column, uses)| Some((column, uses.first()?.1)))
            .collect()
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
            "mapping.toml, line 3 (`[renames]`): a mapping has no key `renames`; did you mean `rename`?"
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
