//! So many calls in so much time.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// How many calls an account may make in how much time.
///
/// The default is the contract page's: "25 in 5 second(s)". Real accounts often have less for the
/// bulk call. Written as `25/5s`, `10/5000ms`, `100/1m`.
///
/// ```
/// use std::time::Duration;
/// use leadsquared_sink::RateLimit;
///
/// let limit: RateLimit = "10/5s".parse()?;
/// assert_eq!((limit.calls().get(), limit.per()), (10, Duration::from_secs(5)));
/// assert_eq!(RateLimit::default().to_string(), "25/5s");
/// assert!("0/5s".parse::<RateLimit>().is_err());
/// # Ok::<(), leadsquared_sink::ParseRateLimitError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    calls: NonZeroU32,
    per: Duration,
}

/// The longest window: a day.
const LONGEST: Duration = Duration::from_hours(24);

impl Default for RateLimit {
    fn default() -> Self {
        const CALLS: NonZeroU32 = NonZeroU32::new(25).unwrap();
        Self {
            calls: CALLS,
            per: Duration::from_secs(5),
        }
    }
}

impl RateLimit {
    /// `calls` in any window of `per`; `None` if `per` is zero or longer than a day.
    #[must_use]
    pub fn new(calls: NonZeroU32, per: Duration) -> Option<Self> {
        (!per.is_zero() && per <= LONGEST).then_some(Self { calls, per })
    }

    /// How many calls.
    #[must_use]
    pub fn calls(self) -> NonZeroU32 {
        self.calls
    }

    /// The length of the window.
    #[must_use]
    pub fn per(self) -> Duration {
        self.per
    }

    /// Calls a second, in the long run.
    #[must_use]
    pub fn calls_per_second(self) -> f64 {
        f64::from(self.calls.get()) / self.per.as_secs_f64()
    }

    /// How far apart sends are at least: half of what the limit comes to on average.
    ///
    /// It costs about a point of utilisation, and a wrong limit then wastes one or two calls, not a
    /// whole burst.
    #[must_use]
    pub fn pace(self) -> Duration {
        self.per
            / self
                .calls
                .saturating_mul(NonZeroU32::MIN.saturating_add(1))
                .get()
    }

    /// How long it takes at least until the last of `calls` calls is sent.
    ///
    /// The first window's worth goes out at the [`pace`](Self::pace); what is left waits window
    /// after window.
    #[must_use]
    pub fn time_for(self, calls: u64) -> Duration {
        let times =
            |time: Duration, count| time.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX));
        let (before, window) = (calls.saturating_sub(1), u64::from(self.calls.get()));
        times(self.per, before / window).saturating_add(times(self.pace(), before % window))
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.per.as_millis();
        if millis.is_multiple_of(1000) {
            write!(f, "{}/{}s", self.calls, millis / 1000)
        } else {
            write!(f, "{}/{millis}ms", self.calls)
        }
    }
}

/// A text that is not a rate limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{text}\" is not a rate limit; write CALLS/TIME, such as 25/5s, with a time from 1ms to 1440m"
)]
pub struct ParseRateLimitError {
    text: String,
}

impl FromStr for RateLimit {
    type Err = ParseRateLimitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| ParseRateLimitError {
            text: text.to_owned(),
        })
    }
}

fn parse(text: &str) -> Option<RateLimit> {
    let (calls, time) = text.split_once('/')?;
    let unit_at = time.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = time.split_at(unit_at);
    let number: u64 = number.parse().ok()?;
    let per = match unit {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "m" => Duration::from_secs(number.checked_mul(60)?),
        _ => return None,
    };
    RateLimit::new(calls.parse().ok()?, per)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for text in ["25/5s", "1/1s", "10/500ms", "72/60s"] {
            assert_eq!(text.parse::<RateLimit>().unwrap().to_string(), text);
        }
        assert_eq!("10/1m".parse::<RateLimit>().unwrap().to_string(), "10/60s");
    }

    #[test]
    fn what_is_no_limit_is_refused() {
        for text in [
            "", "25", "/5s", "0/5s", "25/0s", "25/5", "25/5h", "-1/5s", "25/1441m", "5/s",
        ] {
            assert!(text.parse::<RateLimit>().is_err(), "{text}");
        }
    }

    #[test]
    fn calls_go_out_at_the_pace_and_window_after_window() {
        let limit = RateLimit::default();
        assert_eq!(limit.pace(), Duration::from_millis(100));
        assert_eq!(limit.time_for(0), Duration::ZERO);
        assert_eq!(limit.time_for(1), Duration::ZERO);
        assert_eq!(limit.time_for(25), Duration::from_millis(2_400));
        assert_eq!(limit.time_for(26), Duration::from_secs(5));
        assert!(limit.time_for(u64::MAX) > Duration::from_hours(24));
    }
}
