//! The settings of a [`LeadSink`](crate::LeadSink).

mod builder;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use leadsquared_core::{Mapping, PayloadLimits};

use builder::Way;

use crate::{
    Auth, Credentials, DailyBudget, Journal, Limiter, MaxRejects, Observer, RetryPolicy,
    SlotLimiter, SlotOptions, Transport,
};

pub use builder::SinkConfigBuilder;

/// What to do with a call that went out and has no answer that can be read.
///
/// The API has no idempotency key, so that only the unique fields keep a repeated create from making
/// a second lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ambiguous {
    /// Send it again; a row that is then a duplicate counts as
    /// [`CreatedEarlier`](crate::Outcome::CreatedEarlier). The default: it ends in an answer.
    #[default]
    Retry,
    /// Don't: its rows are [`Unconfirmed`](crate::Outcome::Unconfirmed), for a person to look at.
    Hold,
}

/// The settings of a [`LeadSink`](crate::LeadSink), checked.
///
/// ```
/// use std::time::Duration;
/// use leadsquared_sink::{Auth, Credentials, SinkConfig};
///
/// let config = SinkConfig::new("api.leadsquared.com", Credentials::new("access", "secret"))
///     .with_rate_limit("10/5s".parse()?)
///     .with_auth(Auth::Header)
///     .with_timeout(Duration::from_secs(60))
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SinkConfig {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) limiter: Account,
    pub(crate) concurrency: usize,
    pub(crate) queue: usize,
    pub(crate) timeout: Duration,
    pub(crate) mapping: Mapping,
    pub(crate) payload_limits: PayloadLimits,
    pub(crate) retry: RetryPolicy,
    pub(crate) ambiguous: Ambiguous,
    pub(crate) split_budget: u64,
    pub(crate) max_rejects: Option<MaxRejects>,
    pub(crate) daily_budget: Option<DailyBudget>,
    pub(crate) journal: Option<Arc<dyn Journal>>,
    pub(crate) observer: Arc<dyn Observer>,
}

/// The account's limiter: one that others share, or a new one made when the sink starts.
#[derive(Clone)]
pub(crate) enum Account {
    New(SlotOptions),
    Shared(Arc<dyn Limiter>),
}

impl SinkConfig {
    /// Settings for the account at `host` with these keys, all else by default.
    ///
    /// `host` is as [`Endpoint`](crate::Endpoint) reads it: `api-in21.leadsquared.com`.
    #[expect(
        clippy::new_ret_no_self,
        reason = "settings are collected first and checked by build"
    )]
    pub fn new(host: impl Into<String>, credentials: Credentials) -> SinkConfigBuilder {
        SinkConfigBuilder::new(Way::Http {
            host: host.into(),
            credentials,
            auth: Auth::default(),
        })
    }

    /// Settings for a transport of your own; [`with_auth`](SinkConfigBuilder::with_auth) then says
    /// nothing, and the time-out only how long a lost call may still be counted by the server.
    pub fn over(transport: Arc<dyn Transport>) -> SinkConfigBuilder {
        SinkConfigBuilder::new(Way::Own(transport))
    }

    /// The same settings, with one limiter for all sinks that are started with them.
    ///
    /// For whoever starts one sink after another, or several at once, on the same account: the limit
    /// is the account's. A limiter [given](SinkConfigBuilder::with_limiter) before is shared anyway.
    #[must_use]
    pub fn with_one_limiter(mut self) -> Self {
        if let Account::New(options) = self.limiter {
            self.limiter = Account::Shared(Arc::new(SlotLimiter::with_options(options)));
        }
        self
    }

    /// Who sees every row's end.
    #[must_use]
    pub fn observer(&self) -> &Arc<dyn Observer> {
        &self.observer
    }

    /// Starts from these settings to collect others, over the same connections to the server.
    ///
    /// How the keys travel and how long a connection may take is settled with these connections, as with
    /// a [transport of your own](Self::over). A journal is for one sink, and is not taken over.
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// use leadsquared_sink::{Credentials, SinkConfig};
    ///
    /// let keys = Credentials::new("access", "secret");
    /// let config = SinkConfig::new("api.leadsquared.com", keys).build()?.with_one_limiter();
    /// let slow = config.to_builder().with_concurrency(NonZeroUsize::MIN).build()?;
    /// # Ok::<(), leadsquared_sink::ConfigError>(())
    /// ```
    #[must_use]
    pub fn to_builder(&self) -> SinkConfigBuilder {
        SinkConfigBuilder {
            way: Way::Own(Arc::clone(&self.transport)),
            limiter: self.limiter.clone(),
            concurrency: NonZeroUsize::new(self.concurrency),
            queue: NonZeroUsize::new(self.queue),
            timeout: self.timeout,
            mapping: self.mapping.clone(),
            payload_limits: self.payload_limits,
            retry: self.retry,
            ambiguous: self.ambiguous,
            split_budget: self.split_budget,
            max_rejects: self.max_rejects,
            daily_budget: self.daily_budget.clone(),
            journal: None,
            observer: Arc::clone(&self.observer),
        }
    }
}
