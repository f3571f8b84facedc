//! Dates and times: read from text in a form, and written in a form.

use std::fmt::Write as _;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::datatypes::{
    ArrowTemporalType, DataType, Date32Type, Date64Type, Time32MillisecondType, Time32SecondType,
    Time64MicrosecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow::temporal_conversions::{as_datetime, as_time};
use chrono::format::{Parsed, parse};
use chrono::{
    DateTime, Datelike as _, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _, Utc,
};

use super::text::{Escaped, Write};
use crate::encode::Fault;
use crate::rules::{ColumnRules, MomentForm, Says, TimeZone};

const DATE: &str = "%Y-%m-%d";
const TIMESTAMP: &str = "%Y-%m-%d %H:%M:%S";
const TIME: &str = "%H:%M:%S";

/// Outside of it is a time that the clocks skip, too.
const WRITABLE: &str =
    "the moments that the time zone has and that can be written, of the years 0001 to 9999";

/// What is known of a moment.
#[derive(Clone, Copy)]
enum Moment {
    Date(NaiveDate),
    /// On the clock of the zone that the rules name, or of UTC.
    Local(NaiveDateTime),
    Instant(DateTime<Utc>),
    Time(NaiveTime),
}

/// Writes moments.
struct Writer {
    form: Option<MomentForm>,
    zone: Option<TimeZone>,
}

impl Writer {
    fn new(rules: &ColumnRules) -> Self {
        Self {
            form: rules.write_as.clone(),
            zone: rules.time_zone,
        }
    }

    /// Appends the text of the moment; false if it has none.
    fn write(&self, moment: Moment, text: &mut String) -> bool {
        let form = self.form.as_ref();
        match moment {
            Moment::Date(date) => {
                let midnight = date.and_time(NaiveTime::MIN).and_utc();
                write_instant(midnight, form, DATE, text)
            }
            Moment::Local(local) => self
                .instant(local)
                .is_some_and(|instant| write_instant(instant, form, TIMESTAMP, text)),
            Moment::Instant(instant) => write_instant(instant, form, TIMESTAMP, text),
            Moment::Time(time) => match form {
                Some(form) => write!(text, "{}", time.format_with_items(form.items().iter())),
                None => write!(text, "{}", time.format(TIME)),
            }
            .is_ok(),
        }
    }

    /// The instant at which the clock shows `local`; the first, if it does so twice.
    fn instant(&self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        let Some(TimeZone(zone)) = self.zone else {
            return Some(local.and_utc());
        };
        match zone.from_local_datetime(&local) {
            LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => {
                Some(instant.with_timezone(&Utc))
            }
            LocalResult::None => None,
        }
    }
}

fn write_instant(
    instant: DateTime<Utc>,
    form: Option<&MomentForm>,
    default: &str,
    text: &mut String,
) -> bool {
    // What the API's text can say.
    (1..=9999).contains(&instant.year())
        && match form {
            Some(form) => write!(text, "{}", instant.format_with_items(form.items().iter())),
            None => write!(text, "{}", instant.format(default)),
        }
        .is_ok()
}

/// The cells of a date, timestamp or time array.
pub(super) fn writer(array: &ArrayRef, rules: &ColumnRules) -> Option<Box<dyn Write>> {
    use DataType as T;
    use TimeUnit as U;
    let writer = Writer::new(rules);
    Some(match array.data_type() {
        T::Date32 => moments::<Date32Type>(array, writer, date::<Date32Type>),
        T::Date64 => moments::<Date64Type>(array, writer, date::<Date64Type>),
        T::Time32(U::Second) => {
            moments::<Time32SecondType>(array, writer, time::<Time32SecondType>)
        }
        T::Time32(U::Millisecond) => {
            moments::<Time32MillisecondType>(array, writer, time::<Time32MillisecondType>)
        }
        T::Time64(U::Microsecond) => {
            moments::<Time64MicrosecondType>(array, writer, time::<Time64MicrosecondType>)
        }
        T::Time64(U::Nanosecond) => {
            moments::<Time64NanosecondType>(array, writer, time::<Time64NanosecondType>)
        }
        T::Timestamp(unit, zone) => {
            let is_instant = zone.is_some();
            match unit {
                U::Second => timestamps::<TimestampSecondType>(array, writer, is_instant),
                U::Millisecond => timestamps::<TimestampMillisecondType>(array, writer, is_instant),
                U::Microsecond => timestamps::<TimestampMicrosecondType>(array, writer, is_instant),
                U::Nanosecond => timestamps::<TimestampNanosecondType>(array, writer, is_instant),
            }
        }
        _ => return None,
    })
}

fn date<T: ArrowTemporalType<Native: Into<i64>>>(value: i64) -> Option<Moment> {
    as_datetime::<T>(value).map(|moment| Moment::Date(moment.date()))
}

fn time<T: ArrowTemporalType<Native: Into<i64>>>(value: i64) -> Option<Moment> {
    as_time::<T>(value).map(Moment::Time)
}

fn timestamps<T: ArrowTemporalType<Native = i64>>(
    array: &ArrayRef,
    writer: Writer,
    is_instant: bool,
) -> Box<dyn Write> {
    if is_instant {
        moments::<T>(array, writer, |value| {
            as_datetime::<T>(value).map(|moment| Moment::Instant(moment.and_utc()))
        })
    } else {
        moments::<T>(array, writer, |value| {
            as_datetime::<T>(value).map(Moment::Local)
        })
    }
}

fn moments<T: ArrowTemporalType<Native: Into<i64>>>(
    array: &ArrayRef,
    writer: Writer,
    moment: fn(i64) -> Option<Moment>,
) -> Box<dyn Write> {
    Box::new(Moments {
        array: array.as_primitive::<T>().clone(),
        writer,
        moment,
    })
}

/// Dates and times of an array.
struct Moments<T: ArrowTemporalType> {
    array: PrimitiveArray<T>,
    writer: Writer,
    moment: fn(i64) -> Option<Moment>,
}

impl<T: ArrowTemporalType<Native: Into<i64>>> Write for Moments<T> {
    fn write(&self, row: usize, text: &mut String) -> Result<(), Fault> {
        let value: i64 = self.array.value(row).into();
        let moment = (self.moment)(value);
        if moment.is_some_and(|moment| self.writer.write(moment, text)) {
            Ok(())
        } else {
            Err(Fault::OutOfRange {
                value: value.to_string(),
                range: WRITABLE,
            })
        }
    }
}

/// Reads moments from text.
pub(super) struct Reader {
    texts: Escaped,
    form: MomentForm,
    writer: Writer,
}

impl Reader {
    pub(super) fn new(texts: Escaped, form: MomentForm, rules: &ColumnRules) -> Self {
        Self {
            texts,
            form,
            writer: Writer::new(rules),
        }
    }
}

impl MomentForm {
    /// Whether `text` is a date, a time or both in this form.
    ///
    /// ```
    /// let form: leadsquared_core::MomentForm = "%d/%m/%Y".parse()?;
    /// assert!(form.reads("31/1/2026"));
    /// assert!(!form.reads("1/31/2026"));
    /// # Ok::<(), leadsquared_core::ParseMomentFormError>(())
    /// ```
    #[must_use]
    pub fn reads(&self, text: &str) -> bool {
        self.read(text).is_some()
    }

    /// What the text says, all of what the form does: half of a moment is none.
    fn read(&self, text: &str) -> Option<Moment> {
        let mut parsed = Parsed::new();
        parse(&mut parsed, text, self.items().iter()).ok()?;
        // `26` would be the year 26, and is a slip of the form.
        if self.has_whole_year() && parsed.year().is_some_and(|year| year < 1000) {
            return None;
        }
        Some(match self.says().ok()? {
            Says::Date => Moment::Date(parsed.to_naive_date().ok()?),
            Says::Time => Moment::Time(parsed.to_naive_time().ok()?),
            Says::Local => Moment::Local(parsed.to_naive_datetime_with_offset(0).ok()?),
            Says::Instant => Moment::Instant(parsed.to_datetime().ok()?.with_timezone(&Utc)),
        })
    }
}

impl Write for Reader {
    fn write(&self, row: usize, text: &mut String) -> Result<(), Fault> {
        self.texts.write(row, text)?;
        // A blank is as good as nothing, and says no date.
        if text.trim().is_empty() {
            text.clear();
            return Ok(());
        }
        let read = std::mem::take(text);
        let Some(moment) = self.form.read(read.trim()) else {
            return Err(Fault::NotAMoment {
                value: read,
                form: self.form.to_string(),
            });
        };
        if self.writer.write(moment, text) {
            Ok(())
        } else {
            Err(Fault::OutOfRange {
                value: read,
                range: WRITABLE,
            })
        }
    }
}
