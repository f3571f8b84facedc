//! Rules in words.

use std::fmt;

use super::{ColumnRules, Nulls, TooLong};

/// Displays as words for a table: `trimmed, required, at most 50 characters`.
impl fmt::Display for ColumnRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words: Vec<String> = Vec::new();
        if let Some(form) = &self.read_as {
            words.push(format!("read as {form}"));
        }
        if let Some(form) = &self.write_as {
            words.push(format!("written as {form}"));
        }
        if let Some(zone) = self.time_zone {
            words.push(format!("from {zone} to UTC"));
        }
        if let Some((yes, no)) = &self.booleans {
            words.push(format!("{yes:?} or {no:?}"));
        }
        if let Some(separator) = &self.list_separator {
            words.push(format!("joined by {separator:?}"));
        }
        if self.trim == Some(true) {
            words.push("trimmed".to_owned());
        }
        if self.required == Some(true) {
            words.push("required".to_owned());
        }
        if self.nulls == Some(Nulls::Clear) {
            words.push("nulls clear the field".to_owned());
        }
        if let Some(most) = self.max_length {
            let cut = match self.too_long {
                Some(TooLong::Cut) => "cut to",
                _ => "at most",
            };
            words.push(format!("{cut} {most} characters"));
        }
        f.pad(&words.join(", "))
    }
}
