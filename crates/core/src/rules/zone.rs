//! Where a clock hangs.

use std::fmt;
use std::str::FromStr;

use chrono_tz::Tz;

/// A time zone of the IANA database, such as `Asia/Kolkata`.
///
/// ```
/// use leadsquared_core::TimeZone;
///
/// assert!("Asia/Kolkata".parse::<TimeZone>().is_ok());
/// assert_eq!(
///     "Asia/Kolkatta".parse::<TimeZone>().unwrap_err().to_string(),
///     "\"Asia/Kolkatta\" is not a time zone; did you mean \"Asia/Kolkata\"?"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeZone(pub(crate) Tz);

impl FromStr for TimeZone {
    type Err = ParseTimeZoneError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| {
            let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
            ParseTimeZoneError {
                text: text.to_owned(),
                nearest: crate::mapping::nearest(text, names).map(str::to_owned),
            }
        })
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

/// A text that is no [`TimeZone`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{text}\" is not a time zone; {}",
    .nearest.as_ref().map_or_else(
        || "name one as Asia/Kolkata or UTC".to_owned(),
        |name| format!("did you mean \"{name}\"?"),
    )
)]
pub struct ParseTimeZoneError {
    text: String,
    nearest: Option<String>,
}
