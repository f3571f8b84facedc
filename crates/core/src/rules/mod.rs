//! What a column's values have to be, and what is made of them, before they are sent.

mod fit;
mod form;
mod words;
mod zone;

use std::num::NonZeroUsize;

pub(crate) use form::Says;
pub use form::{MomentForm, ParseMomentFormError};
pub use zone::{ParseTimeZoneError, TimeZone};

/// What becomes of a null, and of a text that [trimming](ColumnRules::trim) leaves empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Nulls {
    /// The attribute is left out, so that an account that updates leads keeps what it has.
    #[default]
    Omit,
    /// The attribute is sent with an empty value, which clears it.
    Clear,
}

/// What becomes of a text that is longer than [allowed](ColumnRules::max_length).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TooLong {
    /// The row is rejected.
    #[default]
    Reject,
    /// The text is cut behind the last whole character that fits. What a reader takes for one
    /// character, such as a letter with its accents, is cut in two only if it is too long by itself.
    Cut,
}

/// Rules for the values of a column: each is optional, and one that isn't given changes nothing.
///
/// They come in this order: a null or a blank is looked at, text is read as a date, the value is
/// written, blanks around it go, and at last its length is checked.
///
/// Rules are for plain values. A column that is a struct or a map takes none itself, the columns
/// inside a struct do. A rule for a type that it doesn't fit is an error when the schema is compiled
/// ([`Error::RuleMisfit`](crate::Error::RuleMisfit)). Columns without rules are encoded several times as
/// fast.
///
/// ```
/// # use std::sync::Arc;
/// # use arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray};
/// use leadsquared_core::{ColumnRules, Mapping, Nulls, Plan};
///
/// let mapping = Mapping::new()
///     .default_rules(ColumnRules::new().trim(true)) // " 8888888888" becomes "8888888888"
///     .rules("mx_City", ColumnRules::new().nulls(Nulls::Clear)) // {"Attribute":"mx_City","Value":""}
///     .rules("mx_Opt_In", ColumnRules::new().booleans("Yes", "No")); // "Yes" instead of "true"
///
/// let batch = RecordBatch::try_from_iter_with_nullable([
///     ("Phone", Arc::new(StringArray::from(vec![" 8888888888"])) as ArrayRef, true),
///     ("mx_City", Arc::new(StringArray::from(vec![None::<&str>])), true),
///     ("mx_Opt_In", Arc::new(BooleanArray::from(vec![true])), true),
/// ])?;
/// let mut lead = Vec::new();
/// Plan::try_new(&batch.schema(), &mapping)?.bind(&batch)?.encode(0, &mut lead)?;
/// assert_eq!(
///     String::from_utf8(lead)?,
///     r#"[{"Attribute":"Phone","Value":"8888888888"},{"Attribute":"mx_City","Value":""},{"Attribute":"mx_Opt_In","Value":"Yes"}]"#,
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnRules {
    pub(crate) nulls: Option<Nulls>,
    pub(crate) trim: Option<bool>,
    pub(crate) required: Option<bool>,
    pub(crate) booleans: Option<(String, String)>,
    pub(crate) list_separator: Option<String>,
    pub(crate) read_as: Option<MomentForm>,
    pub(crate) write_as: Option<MomentForm>,
    pub(crate) time_zone: Option<TimeZone>,
    pub(crate) max_length: Option<NonZeroUsize>,
    pub(crate) too_long: Option<TooLong>,
}

impl ColumnRules {
    /// No rule at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what becomes of a null; the default is [`Nulls::Omit`].
    #[must_use]
    pub fn nulls(mut self, nulls: Nulls) -> Self {
        self.nulls = Some(nulls);
        self
    }

    /// Sets whether white space around a text goes; by default it stays.
    ///
    /// A text of nothing but white space then is a null.
    #[must_use]
    pub fn trim(mut self, trim: bool) -> Self {
        self.trim = Some(trim);
        self
    }

    /// Sets whether a row is rejected in which the column is null or blank; by default it isn't.
    ///
    /// Inside a struct it says so for rows in which the struct itself is not null.
    #[must_use]
    pub fn required(mut self, required: bool) -> Self {
        self.required = Some(required);
        self
    }

    /// Sets what booleans become, instead of `true` and `false`. For booleans only.
    #[must_use]
    pub fn booleans(mut self, yes: impl Into<String>, no: impl Into<String>) -> Self {
        self.booleans = Some((yes.into(), no.into()));
        self
    }

    /// Sets what stands between the elements of a list, instead of `;`: with `", "`,
    /// `{"Attribute":"mx_Tags","Value":"a, b"}`. For lists only.
    #[must_use]
    pub fn list_separator(mut self, separator: impl Into<String>) -> Self {
        self.list_separator = Some(separator.into());
        self
    }

    /// Reads text as a date, a time or both, in this form; a text in another form rejects its row.
    ///
    /// It is written as any date is: `YYYY-MM-DD`, `YYYY-MM-DD HH:MM:SS` in UTC, or `HH:MM:SS`, by
    /// what the form has. `%d/%m/%Y` makes `2026-01-31` of `31/01/2026`. Blanks around it don't matter,
    /// and nothing but blanks is a null. For text only.
    #[must_use]
    pub fn read_as(mut self, form: MomentForm) -> Self {
        self.read_as = Some(form);
        self
    }

    /// Sets the form in which dates and times are written: with `%d %b %Y`,
    /// `{"Attribute":"mx_Joined","Value":"31 Jan 2026"}`. For dates and times, and text that is
    /// [read](Self::read_as) as such.
    #[must_use]
    pub fn write_as(mut self, form: MomentForm) -> Self {
        self.write_as = Some(form);
        self
    }

    /// Sets the time zone of dates with a time that don't name one: they are converted to UTC.
    ///
    /// By default they are taken for UTC. For timestamps, and text that is [read](Self::read_as) as such.
    /// A time that is twice, when clocks are set back, is the first
    /// of the two; one that is skipped, when they are set forward, rejects its row.
    #[must_use]
    pub fn time_zone(mut self, zone: TimeZone) -> Self {
        self.time_zone = Some(zone);
        self
    }

    /// Sets the most characters (Unicode code points) that a value may have; by default any number.
    #[must_use]
    pub fn max_length(mut self, characters: NonZeroUsize) -> Self {
        self.max_length = Some(characters);
        self
    }

    /// Sets what becomes of a longer text; the default is [`TooLong::Reject`]. A number or a date is
    /// never cut: it would be another one.
    #[must_use]
    pub fn too_long(mut self, too_long: TooLong) -> Self {
        self.too_long = Some(too_long);
        self
    }

    /// These rules, and those of `others` where there are none here.
    #[must_use]
    pub fn or(&self, others: &Self) -> Self {
        let others = others.clone();
        let own = self.clone();
        Self {
            nulls: own.nulls.or(others.nulls),
            trim: own.trim.or(others.trim),
            required: own.required.or(others.required),
            booleans: own.booleans.or(others.booleans),
            list_separator: own.list_separator.or(others.list_separator),
            read_as: own.read_as.or(others.read_as),
            write_as: own.write_as.or(others.write_as),
            time_zone: own.time_zone.or(others.time_zone),
            max_length: own.max_length.or(others.max_length),
            too_long: own.too_long.or(others.too_long),
        }
    }

    /// Whether there is no rule.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
