//! The settings of a sink, as they are collected.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use leadsquared_core::{Mapping, PayloadLimits};

use super::{Account, Ambiguous, SinkConfig};
use crate::{
    Auth, ConfigError, Credentials, DailyBudget, Endpoint, HttpTransport, Journal, Limiter,
    MaxRejects, Observer, RateLimit, RetryPolicy, SlotOptions, Transport,
};

/// How many calls may be made to find rows at fault, unless more or less are asked for.
const SPLIT_BUDGET: u64 = 1_000;

/// Collects the settings of a sink; [`build`](Self::build) checks them.
pub struct SinkConfigBuilder {
    pub(super) way: Way,
    pub(super) limiter: Account,
    pub(super) concurrency: Option<NonZeroUsize>,
    pub(super) queue: Option<NonZeroUsize>,
    pub(super) timeout: Duration,
    pub(super) mapping: Mapping,
    pub(super) payload_limits: PayloadLimits,
    pub(super) retry: RetryPolicy,
    pub(super) ambiguous: Ambiguous,
    pub(super) split_budget: u64,
    pub(super) max_rejects: Option<MaxRejects>,
    pub(super) daily_budget: Option<DailyBudget>,
    pub(super) journal: Option<Arc<dyn Journal>>,
    pub(super) observer: Arc<dyn Observer>,
}

/// How calls get to the server.
pub(super) enum Way {
    Http {
        host: String,
        credentials: Credentials,
        auth: Auth,
    },
    Own(Arc<dyn Transport>),
}

impl SinkConfigBuilder {
    pub(super) fn new(way: Way) -> Self {
        Self {
            way,
            limiter: Account::New(SlotOptions::default()),
            concurrency: None,
            queue: None,
            timeout: Duration::from_secs(30),
            mapping: Mapping::default(),
            payload_limits: PayloadLimits::default(),
            retry: RetryPolicy::default(),
            ambiguous: Ambiguous::default(),
            split_budget: SPLIT_BUDGET,
            max_rejects: None,
            daily_budget: None,
            journal: None,
            observer: Arc::new(()),
        }
    }

    /// Sets how columns become attributes; by default each keeps its name.
    #[must_use]
    pub fn with_mapping(mut self, mapping: Mapping) -> Self {
        self.mapping = mapping;
        self
    }

    /// Sets how the keys travel; the default is [`Auth::Query`], the contract page's way.
    #[must_use]
    pub fn with_auth(mut self, new: Auth) -> Self {
        if let Way::Http { auth, .. } = &mut self.way {
            *auth = new;
        }
        self
    }

    /// Sets the account's rate limit; the default is the contract page's 25 calls in 5 s.
    ///
    /// A lower limit that the server names when it throttles is taken over.
    #[must_use]
    pub fn with_rate_limit(self, limit: RateLimit) -> Self {
        self.with_slots(SlotOptions::new(limit))
    }

    /// Sets the account's rate limit, and how to keep to it.
    #[must_use]
    pub fn with_slots(mut self, options: SlotOptions) -> Self {
        self.limiter = Account::New(options);
        self
    }

    /// Shares a limiter with other sinks of the same account.
    #[must_use]
    pub fn with_limiter(mut self, limiter: Arc<dyn Limiter>) -> Self {
        self.limiter = Account::Shared(limiter);
        self
    }

    /// Sets how many calls may be in flight at once.
    ///
    /// The default is as many as the limit has calls, so that a slow server costs no throughput, but
    /// no more than 256.
    #[must_use]
    pub fn with_concurrency(mut self, calls: NonZeroUsize) -> Self {
        self.concurrency = Some(calls);
        self
    }

    /// Sets how many full payloads may wait to be sent; writing waits beyond. The default is 8.
    ///
    /// Together with the calls in flight this bounds the sink's memory.
    #[must_use]
    pub fn with_queue(mut self, payloads: NonZeroUsize) -> Self {
        self.queue = Some(payloads);
        self
    }

    /// Sets how long one call may take, connecting included; the default is 30 s.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how large a payload may get; the default is 50 leads and 4 MiB.
    #[must_use]
    pub fn with_payload_limits(mut self, limits: PayloadLimits) -> Self {
        self.payload_limits = limits;
        self
    }

    /// Sets how calls that fail in a way that passes are repeated.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Sets what to do with a call that may have happened; the default is [`Ambiguous::Retry`].
    #[must_use]
    pub fn with_ambiguous(mut self, ambiguous: Ambiguous) -> Self {
        self.ambiguous = ambiguous;
        self
    }

    /// Sets how many calls may be made to find the rows that are at fault when the server refuses a
    /// call whole; the default is 1,000 for the life of the sink.
    ///
    /// One row at fault among 50 takes about a dozen. When they are used up, all rows of a call that
    /// is refused are rejected with the server's words. With 0, so it is from the start.
    #[must_use]
    pub fn with_split_budget(mut self, calls: u64) -> Self {
        self.split_budget = calls;
        self
    }

    /// Sets how many rows may be rejected before the sink stops; by default any number.
    #[must_use]
    pub fn with_max_rejects(mut self, most: MaxRejects) -> Self {
        self.max_rejects = Some(most);
        self
    }

    /// Sets how many calls may be made in a day; by default any number.
    #[must_use]
    pub fn with_daily_budget(mut self, budget: DailyBudget) -> Self {
        self.daily_budget = Some(budget);
        self
    }

    /// Sets what remembers each call before it is sent, and each row's end; by default nothing.
    ///
    /// Rows that it [recalls](Journal::recall) as settled are left out.
    #[must_use]
    pub fn with_journal(mut self, journal: Arc<dyn Journal>) -> Self {
        self.journal = Some(journal);
        self
    }

    /// Sets who sees every row's end; by default nobody.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// A [`ConfigError`]: a host that is none, plain http to another machine, a missing key, a
    /// time-out of zero, TLS that can't be set up.
    pub fn build(self) -> Result<SinkConfig, ConfigError> {
        const DEFAULT_QUEUE: usize = 8;
        /// Each call in flight holds its payload.
        const MOST_BY_DEFAULT: usize = 256;

        if self.timeout.is_zero() {
            return Err(ConfigError::ZeroTimeout);
        }
        let transport: Arc<dyn Transport> = match self.way {
            Way::Own(transport) => transport,
            Way::Http {
                host,
                credentials,
                auth,
            } => {
                let endpoint: Endpoint = host.parse()?;
                if !credentials.are_complete() {
                    return Err(ConfigError::NoKeys);
                }
                Arc::new(HttpTransport::new(
                    &endpoint,
                    &credentials,
                    auth,
                    self.timeout,
                )?)
            }
        };
        let limit = match &self.limiter {
            Account::New(options) => options.limit(),
            Account::Shared(limiter) => limiter.limit(),
        };
        Ok(SinkConfig {
            transport,
            limiter: self.limiter,
            concurrency: self.concurrency.map_or_else(
                || (limit.calls().get() as usize).min(MOST_BY_DEFAULT),
                NonZeroUsize::get,
            ),
            queue: self.queue.map_or(DEFAULT_QUEUE, NonZeroUsize::get),
            timeout: self.timeout,
            mapping: self.mapping,
            payload_limits: self.payload_limits,
            retry: self.retry,
            ambiguous: self.ambiguous,
            split_budget: self.split_budget,
            max_rejects: self.max_rejects,
            daily_budget: self.daily_budget,
            journal: self.journal,
            observer: self.observer,
        })
    }
}
