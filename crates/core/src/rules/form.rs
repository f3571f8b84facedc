//! How a date or a time is written.

use std::fmt;
use std::str::FromStr;

use chrono::format::{Fixed, Item, Numeric, StrftimeItems};

/// How dates and times are written, such as `%d/%m/%Y` or `%Y-%m-%dT%H:%M:%S%z`.
///
/// The letters are those of `strftime`, as [`chrono`](https://docs.rs/chrono/latest/chrono/format/strftime/)
/// has them. To [read](crate::ColumnRules::read_as) text, a form must say a whole day (year, month and
/// day), a time (hours and minutes at least), or both, and a zone by its offset (`%z`), as names of zones
/// are not unique.
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
    says: Result<Says, &'static str>,
    has_date: bool,
    has_whole_year: bool,
}

/// What a text in a form says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    Date,
    Time,
    /// A day and a time on some clock.
    Local,
    /// A day, a time, and how far the clock is from UTC.
    Instant,
}

const NO_DAY: &str = "it says no whole day, and so no text is a date by it; write a year, a month and a day, such as %d/%m/%Y";
const NO_TIME: &str =
    "it says no whole time; write hours and minutes, such as %H:%M, or %I:%M with %p";
const ZONE_NAME: &str = "it has the name of a zone, which is not unique; write %z for an offset, or give the rule time_zone";

impl MomentForm {
    pub(crate) fn items(&self) -> &[Item<'static>] {
        &self.items
    }

    /// What a text says that is read by it, or why none can be.
    pub(crate) fn says(&self) -> Result<Says, &'static str> {
        self.says
    }

    /// Whether a part of a date is in it, which a time of day doesn't have.
    pub(crate) fn has_date(&self) -> bool {
        self.has_date
    }

    /// Whether the year has all its digits, so that `26` is none.
    pub(crate) fn has_whole_year(&self) -> bool {
        self.has_whole_year
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
        // It is only for reading, and panics when it is written.
        let permissive: Vec<Item<'_>> = StrftimeItems::new("%#z").collect();
        let is_word = |item: &Item<'_>| matches!(item, Item::OwnedLiteral(_) | Item::OwnedSpace(_));
        if items.iter().all(is_word) || items.iter().any(|item| permissive.contains(item)) {
            return Err(error());
        }
        let letters = Letters(&items);
        Ok(Self {
            says: letters.says(),
            has_date: letters.has_date(),
            has_whole_year: letters.numeric(&[Numeric::Year]),
            text: text.to_owned(),
            items,
        })
    }
}

/// The parts of a form.
struct Letters<'a>(&'a [Item<'static>]);

impl Letters<'_> {
    fn numeric(&self, wanted: &[Numeric]) -> bool {
        let mut items = self.0.iter();
        items.any(|item| matches!(item, Item::Numeric(found, _) if wanted.contains(found)))
    }

    fn fixed(&self, wanted: &[Fixed]) -> bool {
        let mut items = self.0.iter();
        items.any(|item| matches!(item, Item::Fixed(found) if wanted.contains(found)))
    }

    fn has_date(&self) -> bool {
        use {Fixed as F, Numeric as N};
        self.numeric(&[
            N::Year,
            N::YearDiv100,
            N::YearMod100,
            N::IsoYear,
            N::IsoYearDiv100,
            N::IsoYearMod100,
            N::Quarter,
            N::Month,
            N::Day,
            N::WeekFromSun,
            N::WeekFromMon,
            N::IsoWeek,
            N::NumDaysFromSun,
            N::WeekdayFromMon,
            N::Ordinal,
            N::Timestamp,
        ]) || self.fixed(&[
            F::ShortMonthName,
            F::LongMonthName,
            F::ShortWeekdayName,
            F::LongWeekdayName,
            F::RFC2822,
            F::RFC3339,
        ]) || self.has_offset()
            || self.fixed(&[F::TimezoneName])
    }

    fn has_offset(&self) -> bool {
        use Fixed as F;
        self.fixed(&[
            F::TimezoneOffset,
            F::TimezoneOffsetZ,
            F::TimezoneOffsetColon,
            F::TimezoneOffsetColonZ,
            F::TimezoneOffsetDoubleColon,
            F::TimezoneOffsetTripleColon,
        ])
    }

    /// What they say together.
    fn says(&self) -> Result<Says, &'static str> {
        use {Fixed as F, Numeric as N};
        if self.fixed(&[F::TimezoneName]) {
            return Err(ZONE_NAME);
        }
        // Each is a moment by itself.
        if self.numeric(&[N::Timestamp]) || self.fixed(&[F::RFC2822, F::RFC3339]) {
            return Ok(Says::Instant);
        }
        let year = self.numeric(&[N::Year, N::YearMod100]);
        let month = self.numeric(&[N::Month]) || self.fixed(&[F::ShortMonthName, F::LongMonthName]);
        let day = self.numeric(&[N::Day]);
        let week = self.numeric(&[N::IsoYear, N::IsoYearMod100])
            && self.numeric(&[N::IsoWeek])
            && (self.numeric(&[N::NumDaysFromSun, N::WeekdayFromMon])
                || self.fixed(&[F::ShortWeekdayName, F::LongWeekdayName]));
        let date = week || (year && ((month && day) || self.numeric(&[N::Ordinal])));
        let half_of_day = self.fixed(&[F::LowerAmPm, F::UpperAmPm]);
        let hour = self.numeric(&[N::Hour]) || (self.numeric(&[N::Hour12]) && half_of_day);
        let time = hour && self.numeric(&[N::Minute]);
        let some_time =
            half_of_day || self.numeric(&[N::Hour, N::Hour12, N::Minute, N::Second, N::Nanosecond]);
        match (date, time) {
            (true, true) if self.has_offset() => Ok(Says::Instant),
            (true, true) => Ok(Says::Local),
            (true, false) if !some_time => Ok(Says::Date),
            (true, false) => Err(NO_TIME),
            (false, true) if !self.has_date() => Ok(Says::Time),
            (false, false) if some_time && !self.has_date() => Err(NO_TIME),
            (false, _) => Err(NO_DAY),
        }
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
