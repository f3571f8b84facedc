//! The text of a value, for the ways through serde.

use serde::{Serialize, Serializer};

/// A value that goes out as text, as every `Value` does.
///
/// It is given all the speed there is to have: numbers through `itoa` and `zmij`, and the instant's
/// digits by hand, since a format string would take longer than all the rest of the lead.
#[derive(Clone, Copy)]
pub(super) enum Text<'a> {
    String(&'a str),
    Whole(i64),
    Float(f64),
    Boolean(bool),
    /// Microseconds since 1970, UTC.
    Instant(i64),
}

impl Text<'_> {
    /// Gives the text to `take`.
    pub(super) fn with<T>(self, take: impl FnOnce(&str) -> T) -> T {
        match self {
            Self::String(text) => take(text),
            Self::Whole(number) => take(itoa::Buffer::new().format(number)),
            Self::Float(number) => {
                let mut buffer = zmij::Buffer::new();
                let text = buffer.format_finite(number);
                if text.as_bytes().contains(&b'e') {
                    take(&number.to_string())
                } else {
                    take(text.strip_suffix(".0").unwrap_or(text))
                }
            }
            Self::Boolean(truth) => take(if truth { "true" } else { "false" }),
            Self::Instant(microseconds) => {
                take(std::str::from_utf8(&digits(microseconds)).unwrap())
            }
        }
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with(|text| serializer.serialize_str(text))
    }
}

/// `YYYY-MM-DD HH:MM:SS`, for the years from 0000 to 9999.
fn digits(microseconds: i64) -> [u8; 19] {
    let seconds = microseconds.div_euclid(1_000_000);
    let (year, month, day) = date(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    let mut digits = *b"0000-00-00 00:00:00";
    let pairs = [
        (0, year / 100),
        (2, year % 100),
        (5, month),
        (8, day),
        (11, second / 3_600),
        (14, second / 60 % 60),
        (17, second % 60),
    ];
    for (place, pair) in pairs {
        digits[place] = digit(pair / 10);
        digits[place + 1] = digit(pair % 10);
    }
    digits
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to 9"
)]
fn digit(number: i64) -> u8 {
    b'0' + number as u8
}

/// The date of a day since 1970, by Howard Hinnant's "civil from days".
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (year + era * 400 + i64::from(month <= 2), month, day)
}
