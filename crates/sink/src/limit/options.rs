//! What a limiter is told about its account.

use super::RateLimit;

/// When a call's slot is free again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// A window after the answer, less the part of the round trip that surely lies after the
    /// counting: a floor learned from the round trips of accepted calls. The default.
    #[default]
    Balanced,
    /// A window after the answer. This has a proof, and needs no assumption on the network.
    Strict,
}

/// An account's limit and how to keep to it.
///
/// ```
/// use leadsquared_sink::{SlotLimiter, SlotOptions, Strategy};
///
/// let options = SlotOptions::new("10/5s".parse()?)
///     .with_strategy(Strategy::Strict)
///     .with_reserve(2); // two calls in 5 s are left to others
/// let limiter = SlotLimiter::with_options(options);
/// # Ok::<(), leadsquared_sink::ParseRateLimitError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlotOptions {
    limit: RateLimit,
    strategy: Strategy,
    reserve: u32,
}

impl SlotOptions {
    /// This limit, [balanced](Strategy::Balanced), and nothing reserved.
    #[must_use]
    pub fn new(limit: RateLimit) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// Sets when slots are free again; the default is [`Strategy::Balanced`].
    #[must_use]
    pub fn with_strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Leaves so many calls in each window to others who use the account; the default is none.
    ///
    /// One call is always left to us.
    #[must_use]
    pub fn with_reserve(mut self, calls: u32) -> Self {
        self.reserve = calls;
        self
    }

    /// The account's limit.
    #[must_use]
    pub fn limit(&self) -> RateLimit {
        self.limit
    }

    /// When slots are free again.
    #[must_use]
    pub fn strategy(&self) -> Strategy {
        self.strategy
    }

    /// How many calls in each window are left to others.
    #[must_use]
    pub fn reserve(&self) -> u32 {
        self.reserve
    }
}
