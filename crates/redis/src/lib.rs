//! What several processes share through Redis: one account's rate limit, and what was delivered.
//!
//! [`RedisLimiter`] is a [`Limiter`](leadsquared_sink::Limiter): give it to a sink by
//! `SinkConfigBuilder::with_limiter`. Its slots are those of
//! [`SlotLimiter`](leadsquared_sink::SlotLimiter), but they are kept in Redis, so that all processes
//! together make no more calls in any window than the account allows.
//!
//! - [`RedisOptions`] says where Redis is, which account it is about, and how many processes share it.
//! - [`RedisLimiter`] counts with Redis, and with a fixed share of the limit while Redis is gone.
//! - [`RedisClaims`] keeps what became of a delivery's leads, for the process that runs it again:
//!   [`Claims`](leadsquared_sink::Claims) for a [`ClaimJournal`](leadsquared_sink::ClaimJournal).
//! - [`RedisError`] is why there is neither.
//!
//! # Example
//!
//! ```no_run
//! use std::num::NonZeroU32;
//! use std::sync::Arc;
//! use leadsquared_redis::{RedisLimiter, RedisOptions};
//! use leadsquared_sink::{Credentials, LeadSink, SinkConfig};
//!
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! let four = NonZeroU32::new(4).ok_or("no processes")?;
//! let options = RedisOptions::new("redis://:s3cret@cache.internal", "acme", four);
//! let limiter = RedisLimiter::connect(options).await?;
//! let config = SinkConfig::new("api-in21.leadsquared.com", Credentials::new("access", "secret"))
//!     .with_limiter(Arc::new(limiter))
//!     .build()?;
//! let sink = LeadSink::start(config)?;
//! # Ok(())
//! # }
//! ```

mod calls;
mod claims;
mod error;
mod failure;
mod lease;
mod limiter;
mod options;
mod queue;
mod script;
mod server;
mod share;
mod shared;
mod state;
mod watcher;

pub use claims::{ClaimsOptions, RedisClaims};
pub use error::RedisError;
pub use limiter::RedisLimiter;
pub use options::RedisOptions;
