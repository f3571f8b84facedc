//! What a store of claims is told.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

/// How long what was delivered is known, unless more or less is asked for.
const KEPT: Duration = Duration::from_hours(7 * 24);
/// The shortest time that it is.
const LEAST_KEPT: Duration = Duration::from_mins(1);
/// The longest time that it is: longer ones are more than Redis can count.
const MOST_KEPT: Duration = Duration::from_hours(10 * 365 * 24);
/// How long Redis may be gone, unless more or less is asked for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What of a delivery's name is in its key as it stands; of the rest the bytes are, in hexadecimal.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'.')
    .remove(b'-')
    .remove(b'_')
    .remove(b'@');
/// The longest that makes.
pub(crate) const LONGEST: usize = 200;

/// Where Redis is, and how it keeps claims.
///
/// ```
/// use std::time::Duration;
/// use leadsquared_redis::ClaimsOptions;
///
/// let options = ClaimsOptions::new("rediss://:s3cret@cache.internal")
///     .with_kept_for(Duration::from_hours(24))
///     .with_patience(Duration::from_secs(10));
/// assert!(!format!("{options:?}").contains("s3cret"));
/// ```
#[derive(Clone, Debug)]
pub struct ClaimsOptions {
    url: SecretString,
    kept_for: Duration,
    patience: Duration,
}

impl ClaimsOptions {
    /// The Redis at `url`: `redis://[user][:password]@host[:port][/db]`, `rediss://…` for TLS by the
    /// certificates that the system trusts, or `unix:///path`.
    pub fn new(url: impl Into<String>) -> Self {
        let url: String = url.into();
        Self {
            url: url.into(),
            kept_for: KEPT,
            patience: PATIENCE,
        }
    }

    /// Sets how long a delivery is known after anything was last done with it; the default is 7 days,
    /// the least a minute, and the most 10 years.
    ///
    /// Take it longer than any delivery may lie still before it is run again: one that is forgotten is
    /// delivered anew.
    #[must_use]
    pub fn with_kept_for(mut self, time: Duration) -> Self {
        self.kept_for = time.clamp(LEAST_KEPT, MOST_KEPT);
        self
    }

    /// Sets how long Redis may be gone before the delivery is given up; the default is 30 s.
    ///
    /// Nothing is sent meanwhile.
    #[must_use]
    pub fn with_patience(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    pub(crate) fn url(&self) -> &str {
        self.url.expose_secret()
    }

    pub(crate) fn kept_for(&self) -> Duration {
        self.kept_for
    }

    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }
}

/// The key of a delivery's claims; none if its name is empty, or too long.
pub(crate) fn key(delivery: &str) -> Option<String> {
    let name = utf8_percent_encode(delivery, PLAIN).to_string();
    if name.is_empty() || name.len() > LONGEST {
        return None;
    }
    Some(format!("leadsquared:{{{name}}}:claims"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deliverys_key_is_its_own_whatever_its_name() {
        assert_eq!(
            key("job-1.2_3@x").unwrap(),
            "leadsquared:{job-1.2_3@x}:claims"
        );
        assert_eq!(
            key("a}:b/é%").unwrap(),
            "leadsquared:{a%7D%3Ab%2F%C3%A9%25}:claims"
        );
        assert_ne!(key("a}"), key("a%7D"));
    }

    #[test]
    fn a_name_that_makes_no_key_makes_none() {
        assert_eq!(key(""), None);
        assert!(key(&"a".repeat(LONGEST)).is_some());
        assert_eq!(key(&"a".repeat(LONGEST + 1)), None);
        assert_eq!(key(&"é".repeat(34)), None, "six bytes each");
    }

    #[test]
    fn what_is_kept_is_kept_for_a_minute_at_least() {
        let options = ClaimsOptions::new("redis://host").with_kept_for(Duration::ZERO);
        assert_eq!(options.kept_for(), Duration::from_mins(1));
    }
}
