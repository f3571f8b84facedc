//! Rules in words.

use std::fmt;

use super::{ColumnRules, Nulls, TooLong};
use crate::TextForm;

impl ColumnRules {
    /// The text that values of this form become, as words for a table: `"Yes" or "No"; required`.
    ///
    /// A rule for what values become stands in the form's place, the others follow.
    ///
    /// ```
    /// use leadsquared_core::{ColumnRules, TextForm};
    ///
    /// let rules = ColumnRules::new().list_separator(", ").trim(true);
    /// assert_eq!(rules.words_for(TextForm::Choices), "choices joined by \", \"; trimmed");
    /// let rules = ColumnRules::new().required(true);
    /// assert_eq!(rules.words_for(TextForm::Text), "as it is; required");
    /// ```
    #[must_use]
    pub fn words_for(&self, form: TextForm) -> String {
        let mut becomes = self.becomes().join(", ");
        if becomes.is_empty() {
            becomes = form.to_string();
        } else if form == TextForm::Choices {
            becomes = format!("choices {becomes}");
        }
        let others = self.others().join(", ");
        if others.is_empty() {
            becomes
        } else {
            format!("{becomes}; {others}")
        }
    }

    /// The rules for what values become, in words.
    fn becomes(&self) -> Vec<String> {
        let read = self.read_as.as_ref().map(|form| format!("read as {form}"));
        let written = self.write_as.as_ref();
        let written = written.map(|form| format!("written as {form}"));
        let booleans = self.booleans.as_ref();
        let booleans = booleans.map(|(yes, no)| format!("{yes:?} or {no:?}"));
        let separator = self.list_separator.as_ref();
        let separator = separator.map(|separator| format!("joined by {separator:?}"));
        let rules = [read, written, booleans, separator];
        rules.into_iter().flatten().collect()
    }

    /// The other rules, in words.
    fn others(&self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        if let Some(zone) = self.time_zone {
            words.push(format!("from {zone} to UTC"));
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
        words
    }
}

/// Displays as words for a table: `trimmed, required, at most 50 characters`.
impl fmt::Display for ColumnRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&[self.becomes(), self.others()].concat().join(", "))
    }
}
