//! How a date or a time is written.

use std::fmt;
use std::str::FromStr;

use chrono::format::{Item, StrftimeItems};

/// How dates and times are written, such as `%d/%m/%Y` or `%Y-%m-%dT%H:%M:%S%z`.
///
/// The letters are those of `strftime`, as [`chrono`](https://docs.rs/chrono/latest/chrono/format/strftime/)
/// has them.
///
/// ```
/// use leadsquared_core::MomentForm;
///
/// let form: MomentForm = "%d/%m/%Y".parse()?;
/// assert_eq!(form.to_string(), "%d/%m/%Y");
/// assert!("%d/%m/%!".parse::<MomentForm>().is_err());
/// # Ok::<(), leadsquared_core::ParseMomentFormError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MomentForm {
    text: String,
    items: Vec<Item<'static>>,
}

impl MomentForm {
    pub(crate) fn items(&self) -> &[Item<'static>] {
        &self.items
    }
}

impl FromStr for MomentForm {
    type Err = ParseMomentFormError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseMomentFormError {
            text: text.to_owned(),
        };
        let items = StrftimeItems::new(text)
            .parse_to_owned()
            .map_err(|_| error())?;
        // Nothing but words would be the same for every date.
        if items
            .iter()
            .all(|item| matches!(item, Item::OwnedLiteral(_) | Item::OwnedSpace(_)))
        {
            return Err(error());
        }
        Ok(Self {
            text: text.to_owned(),
            items,
        })
    }
}

impl fmt::Display for MomentForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A text that is no [`MomentForm`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{text}\" is not the form of a date; write %Y for the year, %m for the month, %d for the day, %H:%M:%S for the time, for example %d/%m/%Y"
)]
pub struct ParseMomentFormError {
    text: String,
}
