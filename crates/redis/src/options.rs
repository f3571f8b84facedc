//! What a limiter is told.

use std::num::NonZeroU32;

use leadsquared_sink::SlotOptions;
use secrecy::{ExposeSecret, SecretString};

use crate::RedisError;

/// Where Redis is, and which account it is about.
///
/// ```
/// use std::num::NonZeroU32;
/// use leadsquared_redis::RedisOptions;
/// use leadsquared_sink::SlotOptions;
///
/// let four = NonZeroU32::new(4).unwrap();
/// let options = RedisOptions::new("rediss://:s3cret@cache.internal", "acme", four)
///     .with_slots(SlotOptions::new("10/5s".parse()?).with_reserve(2));
/// assert!(!format!("{options:?}").contains("s3cret"));
/// # Ok::<(), leadsquared_sink::ParseRateLimitError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RedisOptions {
    url: SecretString,
    account: String,
    slots: SlotOptions,
    processes: NonZeroU32,
}

impl RedisOptions {
    /// The Redis at `url`, for the account that all of `processes` name the same.
    ///
    /// `url` is `redis://[user][:password]@host[:port][/db]`, `rediss://…` for TLS by the
    /// certificates that the system trusts, or `unix:///path`. `account` is any name that tells the
    /// accounts in this Redis apart; it becomes a part of the keys, so take no secret. `processes` is
    /// how many share the account at most: while Redis is gone, each takes that part of the limit.
    pub fn new(url: impl Into<String>, account: impl Into<String>, processes: NonZeroU32) -> Self {
        let url: String = url.into();
        Self {
            url: url.into(),
            account: account.into(),
            slots: SlotOptions::default(),
            processes,
        }
    }

    /// Sets the account's limit and how to keep to it; the default is [`SlotOptions::default`].
    ///
    /// If the processes say different limits, the lowest one holds for all.
    #[must_use]
    pub fn with_slots(mut self, slots: SlotOptions) -> Self {
        self.slots = slots;
        self
    }

    pub(crate) fn url(&self) -> &str {
        self.url.expose_secret()
    }

    pub(crate) fn slots(&self) -> SlotOptions {
        self.slots
    }

    pub(crate) fn processes(&self) -> NonZeroU32 {
        self.processes
    }

    /// The keys of the slots and of what is known of the account: the braces keep them in one slot
    /// of a cluster.
    pub(crate) fn keys(&self) -> Result<[String; 2], RedisError> {
        const LONGEST: usize = 200;

        let account = self.account.as_str();
        let fits = |c: char| c.is_alphanumeric() || ".-_@".contains(c);
        if account.is_empty() || account.len() > LONGEST || !account.chars().all(fits) {
            return Err(RedisError::Account {
                account: account.to_owned(),
            });
        }
        Ok(["slots", "account"].map(|key| format!("leadsquared:{{{account}}}:{key}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(account: &str) -> Result<[String; 2], RedisError> {
        RedisOptions::new("redis://host", account, NonZeroU32::MIN).keys()
    }

    #[test]
    fn the_keys_of_an_account_are_in_one_slot_of_a_cluster() {
        assert_eq!(
            keys("acme").unwrap(),
            ["leadsquared:{acme}:slots", "leadsquared:{acme}:account"]
        );
    }

    #[test]
    fn a_name_that_would_leave_the_slot_is_refused() {
        for account in ["", "}", "a{b", "a b", "a:b", "a\n", &"a".repeat(201)] {
            assert!(keys(account).is_err(), "{account:?}");
        }
    }
}
