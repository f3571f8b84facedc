//! One account's rate limit, shared by several processes through Redis.
//!
//! [`RedisLimiter`] is a [`Limiter`](leadsquared_sink::Limiter): give it to a sink by
//! `SinkConfigBuilder::with_limiter`. Its slots are those of
//! [`SlotLimiter`](leadsquared_sink::SlotLimiter), but they are kept in Redis, so that all processes
//! together make no more calls in any window than the account allows.
//!
//! - [`RedisOptions`] says where Redis is, which account it is about, and how many processes share it.
//! - [`RedisLimiter`] counts with Redis, and with a fixed share of the limit while Redis is gone.
//! - [`RedisError`] is why there is no limiter.
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
mod error;
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

pub use error::RedisError;
pub use limiter::RedisLimiter;
pub use options::RedisOptions;
