//! One opening of a delivery.

use std::fmt;

use async_trait::async_trait;
use leadsquared_sink::{Arrival, ClaimKey, JournalError, OpenClaims, Recalled, SettledClaim};
use tokio::sync::Mutex;

use super::link::Link;
use super::wire::{Operation, recalled};

/// How many leads the script takes at once: more would hold up all others that use Redis.
const AT_ONCE: usize = 500;

/// An opening, and its way to Redis.
pub(crate) struct RedisOpening {
    link: Link,
    /// How many recalls there were; one at a time, since the script knows the last one only.
    recalls: Mutex<u64>,
}

impl RedisOpening {
    pub(crate) fn new(link: Link) -> Self {
        Self {
            link,
            recalls: Mutex::new(0),
        }
    }
}

impl fmt::Debug for RedisOpening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOpening")
            .field("address", &self.link.address())
            .field("delivery", &self.link.delivery)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl OpenClaims for RedisOpening {
    async fn recall(&self, arrivals: &[Arrival]) -> Result<Vec<Recalled>, JournalError> {
        let mut number = self.recalls.lock().await;
        let mut all = Vec::with_capacity(arrivals.len());
        for some in arrivals.chunks(AT_ONCE) {
            *number += 1;
            let packed = self.link.run(Operation::Recall(*number, some)).await?;
            let recalled = recalled(some, &packed).ok_or_else(|| {
                JournalError::new(format!(
                    "what Redis at {} keeps of the delivery {} can't be read; was it written by another \
                     version of leadsquared, or by something else?",
                    self.link.address(),
                    self.link.delivery
                ))
            })?;
            all.extend(recalled);
        }
        Ok(all)
    }

    async fn claim(&self, claims: &[ClaimKey]) -> Result<(), JournalError> {
        for some in claims.chunks(AT_ONCE) {
            self.link.run(Operation::Claim(some)).await?;
        }
        Ok(())
    }

    async fn release(&self, claims: &[ClaimKey]) -> Result<(), JournalError> {
        for some in claims.chunks(AT_ONCE) {
            self.link.run(Operation::Release(some)).await?;
        }
        Ok(())
    }

    async fn settle(&self, claims: Vec<SettledClaim>) -> Result<(), JournalError> {
        for some in claims.chunks(AT_ONCE) {
            self.link.run(Operation::Settle(some)).await?;
        }
        Ok(())
    }

    async fn flush(&self) -> Result<(), JournalError> {
        self.link.run(Operation::Look).await?;
        Ok(())
    }
}
