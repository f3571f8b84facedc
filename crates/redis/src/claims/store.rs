//! The store of claims in Redis.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use leadsquared_sink::{Claims, JournalError, OpenClaims};

use super::link::Link;
use super::opening::RedisOpening;
use super::options::{ClaimsOptions, LONGEST, key};
use super::wire::Operation;
use crate::RedisError;
use crate::server::Server;

/// Claims that all processes share through Redis, so that a delivery is exactly once in the books though
/// another process runs it again.
///
/// A delivery is one hash, in which a lead takes about 120 bytes of Redis's memory. It is known for
/// [7 days](ClaimsOptions::with_kept_for) after anything was last done with it.
///
/// What is promised is what Redis keeps. Give it `appendonly yes`, `appendfsync always` if it must not
/// forget the last second when its machine fails, and `maxmemory-policy noeviction`. A Redis that
/// forgot what it had confirmed is told from one that another process has written to, and nothing is sent
/// after either; while it is gone for a moment, it is [waited for](ClaimsOptions::with_patience).
///
/// Clones are one store.
///
/// ```no_run
/// use std::sync::Arc;
/// use leadsquared_core::Mapping;
/// use leadsquared_redis::{ClaimsOptions, RedisClaims};
/// use leadsquared_sink::{ClaimJournal, Claims};
///
/// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
/// let claims = RedisClaims::connect(ClaimsOptions::new("redis://:s3cret@cache.internal")).await?;
/// let opening = claims.open("statement 1").await?;
/// let journal = ClaimJournal::new(opening, Mapping::new(), Arc::new(()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisClaims {
    server: Arc<Server>,
    options: ClaimsOptions,
}

impl RedisClaims {
    /// Connects to Redis once, to find out now if that can't be done. Each opening then has a connection
    /// of its own.
    ///
    /// # Errors
    /// [`RedisError::Address`] if the address can't be read, [`RedisError::Unusable`] if Redis isn't
    /// there, refuses, or takes longer than a second.
    pub async fn connect(options: ClaimsOptions) -> Result<Self, RedisError> {
        let server = Server::new(options.url())?;
        server
            .connect()
            .await
            .map_err(|failure| RedisError::Unusable {
                address: server.address(),
                cause: failure.into(),
            })?;
        Ok(Self {
            server: Arc::new(server),
            options,
        })
    }
}

impl fmt::Debug for RedisClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisClaims")
            .field("address", &self.server.address())
            .field("options", &self.options)
            .finish()
    }
}

#[async_trait]
impl Claims for RedisClaims {
    async fn open(&self, delivery: &str) -> Result<Arc<dyn OpenClaims>, JournalError> {
        let key = key(delivery).ok_or_else(|| {
            JournalError::new(format!(
                "\"{delivery}\" is no name for a delivery; take one to {LONGEST} letters and digits of \
                 ASCII, or any of .-_@ (any other byte takes three of them)"
            ))
        })?;
        let server = Arc::clone(&self.server);
        let link = Link::new(server, self.options.clone(), delivery, key);
        // Where everything was forgotten but leads, none of them passes for one of this opening's.
        link.run(Operation::Open(rand::random::<u32>() / 2)).await?;
        Ok(Arc::new(RedisOpening::new(link)))
    }
}
