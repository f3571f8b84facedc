//! What a session may deliver to, by name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use leadsquared_core::nearest;
use leadsquared_sink::{Claims, SinkConfig};

use crate::LeadsError;

/// An account that statements deliver to: the way to it, and its limit.
///
/// All statements of all sessions that hold clones of it share one limiter: the limit is the account's.
#[derive(Clone)]
pub struct Account {
    config: SinkConfig,
    claims: Option<Arc<dyn Claims>>,
}

impl Account {
    /// The account that `config` delivers to.
    ///
    /// Of `config` everything holds but the mapping, which is the table's, what the table's
    /// [options](crate::DeliveryOptions) say, and a journal, which is for one sink.
    ///
    /// Clones share the limiter; another `Account` from the same settings has one of its own, unless these
    /// have one that is shared.
    #[must_use]
    pub fn new(config: SinkConfig) -> Self {
        Self {
            config: config.with_one_limiter(),
            claims: None,
        }
    }

    /// Sets what remembers the leads of each statement; by default nothing does.
    ///
    /// With it, a statement that runs again under its [name](crate::StatementOptions) leaves out what was
    /// delivered before. A cluster needs it: it runs a statement again from its first row when an
    /// executor dies. The store that several processes share is `RedisClaims` of `leadsquared-redis`.
    #[must_use]
    pub fn with_claims(mut self, claims: Arc<dyn Claims>) -> Self {
        self.claims = Some(claims);
        self
    }

    pub(crate) fn config(&self) -> &SinkConfig {
        &self.config
    }

    pub(crate) fn claims(&self) -> Option<&Arc<dyn Claims>> {
        self.claims.as_ref()
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("claims", &self.claims)
            .finish_non_exhaustive()
    }
}

/// The accounts that a session's statements may deliver to, by name.
///
/// It is an extension of the session's config, which stays in the process:
///
/// ```
/// use std::sync::Arc;
/// use datafusion::prelude::SessionConfig;
/// use leadsquared_datafusion::{Account, Accounts};
/// use leadsquared_sink::{Credentials, SinkConfig};
///
/// let config = SinkConfig::new("api-in21.leadsquared.com", Credentials::new("access", "secret")).build()?;
/// let accounts = Accounts::new().with("main", Account::new(config));
/// assert_eq!(accounts.names().collect::<Vec<_>>(), ["main"]);
///
/// let config = SessionConfig::new().with_extension(Arc::new(accounts));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    accounts: BTreeMap<String, Account>,
}

impl Accounts {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an account by this name; one of the same name is replaced.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, account: Account) -> Self {
        self.accounts.insert(name.into(), account);
        self
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.accounts.keys().map(String::as_str)
    }

    /// The account of this name.
    ///
    /// # Errors
    /// [`LeadsError::UnknownAccount`] with the nearest name there is.
    pub fn get(&self, name: &str) -> Result<&Account, LeadsError> {
        self.accounts
            .get(name)
            .ok_or_else(|| LeadsError::UnknownAccount {
                name: name.to_owned(),
                nearest: nearest(name, self.names()).map(str::to_owned),
                names: self.names().map(str::to_owned).collect(),
            })
    }
}
