//! When so many rows are rejected that the run should stop.

use std::fmt;
use std::str::FromStr;

/// The most rows that may be rejected before the run stops; written as `100` or `5%`.
///
/// Rows that a [`Journal`](crate::Journal) [left out](crate::Journal::left_out) count as what they became.
/// A share is looked at once 100 rows have come to their end: before that a few rows are a large one.
///
/// ```
/// use leadsquared_sink::MaxRejects;
///
/// assert_eq!("100".parse(), Ok(MaxRejects::Rows(100)));
/// assert_eq!("2.5%".parse(), Ok(MaxRejects::Percent(2.5)));
/// assert_eq!(MaxRejects::Percent(2.5).to_string(), "2.5%");
/// assert!("101%".parse::<MaxRejects>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MaxRejects {
    /// So many rows.
    Rows(u64),
    /// So many of each hundred rows that have come to their end.
    Percent(f64),
}

/// How many rows make a share.
const FEWEST: u64 = 100;

impl MaxRejects {
    /// Whether so many rejected rows, of so many that have come to their end, are too many.
    pub(crate) fn is_passed(self, rejected: u64, ended: u64) -> bool {
        match self {
            Self::Rows(most) => rejected > most,
            #[expect(clippy::cast_precision_loss, reason = "a share")]
            Self::Percent(most) => ended >= FEWEST && rejected as f64 * 100.0 > most * ended as f64,
        }
    }
}

impl fmt::Display for MaxRejects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(rows) => write!(f, "{rows}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// A text that is no number of rejected rows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is neither a number of rows, such as 100, nor a share, such as 5%")]
pub struct ParseMaxRejectsError {
    text: String,
}

impl FromStr for MaxRejects {
    type Err = ParseMaxRejectsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = match text.strip_suffix('%') {
            Some(percent) => percent
                .trim_end()
                .parse()
                .ok()
                .filter(|percent| (0.0..=100.0).contains(percent))
                .map(Self::Percent),
            None => text.parse().ok().map(Self::Rows),
        };
        parsed.ok_or_else(|| ParseMaxRejectsError {
            text: text.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_passed_by_one_more_and_a_share_only_among_enough_rows() {
        assert!(!MaxRejects::Rows(2).is_passed(2, 2));
        assert!(MaxRejects::Rows(2).is_passed(3, 1_000_000));
        assert!(MaxRejects::Rows(0).is_passed(1, 1));
        let five = MaxRejects::Percent(5.0);
        assert!(!five.is_passed(99, 99));
        assert!(!five.is_passed(5, 100));
        assert!(five.is_passed(6, 100));
        assert!(five.is_passed(51, 1_000));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "%", "-1", "NaN%", "5 rows", "-2%"] {
            assert!(text.parse::<MaxRejects>().is_err(), "{text}");
        }
    }
}
