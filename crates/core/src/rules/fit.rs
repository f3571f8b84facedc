//! Which rules fit which values.

use super::{ColumnRules, MomentForm, Nulls, Says, TooLong};
use crate::TextForm;

impl ColumnRules {
    /// Checks that each rule can be for a column of this form.
    ///
    /// # Errors
    /// The rule, by its name in a mapping file, and what it is for.
    pub(crate) fn check(&self, form: TextForm) -> Result<(), (&'static str, &'static str)> {
        use TextForm as F;
        // What no value has come of yet may become anything.
        if form == F::Nothing {
            return Ok(());
        }
        if form == F::FieldSet && !self.is_empty() {
            return Err((
                "rules",
                "a struct or a map is a field set; give rules to the columns inside a struct",
            ));
        }
        let unread = self.read_as.as_ref().and_then(|read| read.says().err());
        let is_time =
            form == F::Time || self.read_as.as_ref().map(MomentForm::says) == Some(Ok(Says::Time));
        let misfits = [
            (unread.is_some(), ("read_as", unread.unwrap_or_default())),
            (
                is_time && self.write_as.as_ref().is_some_and(MomentForm::has_date),
                (
                    "write_as",
                    "it has a part of a date, and a time of day has none",
                ),
            ),
            (
                self.too_long == Some(TooLong::Cut) && !matches!(form, F::Text | F::Choices),
                (
                    "too_long",
                    "a number or a date that is cut would be another one; take it out",
                ),
            ),
            (
                self.booleans.is_some() && form != F::Boolean,
                ("booleans", "it is for true and false; take it out"),
            ),
            (
                self.list_separator.is_some() && form != F::Choices,
                ("list_separator", "it is for lists; take it out"),
            ),
            (
                self.read_as.is_some() && form != F::Text,
                (
                    "read_as",
                    "it is for text, and this is a date already, or none; take it out",
                ),
            ),
            (
                self.write_as.is_some() && !self.has_moments(form),
                (
                    "write_as",
                    "it is for dates and times; for text, say with read_as how dates stand in it",
                ),
            ),
            (
                self.time_zone.is_some() && !self.has_moments(form),
                (
                    "time_zone",
                    "it is for dates with a time; for text, say with read_as how they stand in it",
                ),
            ),
        ];
        let misfit = misfits.into_iter().find(|(is_misfit, _)| *is_misfit);
        misfit.map_or(Ok(()), |(_, misfit)| Err(misfit))
    }

    /// The rules that change something for a column of this form.
    pub(crate) fn effective(&self, form: TextForm) -> Option<Self> {
        use TextForm as F;
        if form == F::FieldSet {
            return None;
        }
        let is_text = form == F::Text;
        let moments = self.has_moments(form);
        let rules = Self {
            nulls: self.nulls.filter(|nulls| *nulls == Nulls::Clear),
            trim: self
                .trim
                .filter(|trim| *trim && matches!(form, F::Text | F::Choices)),
            required: self.required.filter(|required| *required),
            booleans: self.booleans.clone().filter(|_| form == F::Boolean),
            list_separator: self.list_separator.clone().filter(|_| form == F::Choices),
            read_as: self.read_as.clone().filter(|_| is_text),
            write_as: self.write_as.clone().filter(|_| moments),
            time_zone: self
                .time_zone
                .filter(|_| moments && matches!(form, F::Text | F::Timestamp)),
            max_length: self.max_length,
            too_long: self
                .too_long
                .filter(|_| self.max_length.is_some() && matches!(form, F::Text | F::Choices)),
        };
        (!rules.is_empty()).then_some(rules)
    }

    /// Whether the values are dates or times, or are read as such.
    fn has_moments(&self, form: TextForm) -> bool {
        use TextForm as F;
        match form {
            F::Date | F::Timestamp | F::Time => true,
            F::Text => self.read_as.is_some(),
            _ => false,
        }
    }
}
