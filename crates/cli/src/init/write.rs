//! A mapping file for people to go on with.

use std::fmt::Write as _;

use toml_writer::{ToTomlValue as _, TomlStringBuilder};

use super::guess::{Fate, Guessed, lacks_unique_field};
use crate::words::one_line;

/// The text of a mapping for these columns of `input`; `next` is the command to go on with.
pub(super) fn mapping(input: &str, next: &str, columns: &[Guessed]) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "# Which column of {} becomes which attribute, and what is made of its values.\n\
         #\n\
         # Look through what is marked GUESS, then see what would be sent:\n\
         #   {}",
        one_line(input),
        one_line(next),
    );
    unique_fields(&mut out, columns);
    kept(&mut out, columns);
    dropped(&mut out, columns);
    renamed(&mut out, columns);
    out.push_str(
        "\n# attribute = \"value\": the same in every lead.\n\
         [constants]\n\
         # Source = \"Import\"\n\
         \n\
         # Rules for all columns that they fit.\n\
         [defaults]\n\
         trim = true # white space around a text goes\n\
         # nulls = \"clear\" # a null clears the field, instead of being left out\n",
    );
    dates(&mut out, columns);
    out.push_str(
        "\n# Rules for one column:\n\
         # [columns.phone]\n\
         # required = true # rows without it are rejected\n\
         # max_length = 50\n\
         # too_long = \"cut\"\n",
    );
    out
}

fn unique_fields(out: &mut String, columns: &[Guessed]) {
    out.push_str(
        "\n# The account's unique fields: a row without a value in any of them is rejected.\n",
    );
    if lacks_unique_field(columns) {
        out.push_str(
            "# NO COLUMN looks like one: rename the one that is below, or name the account's own here.\n",
        );
    }
    out.push_str("unique_fields = [\"EmailAddress\", \"Phone\"]\n");
}

/// The columns about which nothing needs saying.
fn kept(out: &mut String, columns: &[Guessed]) {
    let kept = columns.iter().filter(|guessed| guessed.fate == Fate::Keep);
    let kept: Vec<String> = kept.map(|guessed| one_line(&guessed.column)).collect();
    if !kept.is_empty() {
        let _ = writeln!(out, "\n# Sent under their own names: {}", kept.join(", "));
    }
}

fn dropped(out: &mut String, columns: &[Guessed]) {
    out.push_str("\n# Columns that are not sent.\ndrop = [\n");
    for guessed in columns {
        if let Fate::Drop(why) = &guessed.fate {
            let _ = writeln!(out, "    {}, # {}", quoted(&guessed.column), one_line(why));
        }
    }
    out.push_str("]\n");
}

fn renamed(out: &mut String, columns: &[Guessed]) {
    out.push_str(
        "\n# column = \"attribute\", the schema name of a field of the account; \"mx_KYC.Status\" is a field \
         of a\n# custom field set.\n[rename]\n",
    );
    for guessed in columns {
        if let Fate::Rename(attribute, why) = guessed.fate {
            let (column, attribute) = (quoted(&guessed.column), quoted(attribute));
            let _ = writeln!(out, "{column} = {attribute} # {why}");
        }
    }
}

/// How the dates in text columns are written.
fn dates(out: &mut String, columns: &[Guessed]) {
    for guessed in columns {
        let Some((form, other)) = guessed.dates else {
            continue;
        };
        let why = match other {
            Some(other) => format!("GUESS, by its first rows; {other} fits them as well"),
            None => "GUESS, by its first rows".to_owned(),
        };
        let column = quoted(&guessed.column);
        let _ = writeln!(
            out,
            "\n[columns.{column}]\nread_as = {} # {why}",
            quoted(form)
        );
    }
}

/// As a string or a key of TOML.
fn quoted(text: &str) -> String {
    TomlStringBuilder::new(text).as_basic().to_toml_value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping_file::MappingFile;

    fn guessed(column: &str, fate: Fate) -> Guessed {
        Guessed {
            column: column.to_owned(),
            fate,
            dates: None,
        }
    }

    #[test]
    fn whatever_columns_are_called_the_file_reads_back() {
        let mut odd = [
            "a b",
            "\"quoted\"",
            "back\\slash",
            "two\nlines",
            "#",
            "नाम",
            "",
            "a.b",
            "'''",
        ];
        let mut columns = Vec::new();
        for name in odd {
            columns.push(guessed(name, Fate::Rename("Phone", "why")));
            columns.push(guessed(
                &format!("{name} 2"),
                Fate::Drop(format!("why\n{name}")),
            ));
        }
        let mut dated = guessed("on", Fate::Keep);
        dated.dates = Some(("%d/%m/%Y", Some("%m/%d/%Y")));
        columns.push(dated);

        let text = mapping("odd\nname.csv", "check 'odd\nname.csv'", &columns);
        let file = MappingFile::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        odd.sort_unstable();
        let renames: Vec<(&str, &str)> = file.mapping().renames().collect();
        assert_eq!(renames, odd.map(|name| (name, "Phone")));
        assert_eq!(file.mapping().drops().count(), odd.len());
        assert_eq!(
            file.mapping().rules_of("on").to_string(),
            "read as %d/%m/%Y, trimmed"
        );
    }
}
