//! A process that dies at a step of its way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use leadsquared_sink::{
    Arrival, ClaimKey, Claims, JournalError, OpenClaims, Recalled, SettledClaim,
};
use tokio::sync::Notify;

/// When a process dies: at so many steps from its start.
#[derive(Clone, Debug)]
pub(crate) struct Death {
    steps: Arc<AtomicUsize>,
    now: Arc<Notify>,
}

impl Death {
    pub(crate) fn at(steps: usize) -> Self {
        Self {
            steps: Arc::new(AtomicUsize::new(steps)),
            now: Arc::default(),
        }
    }

    /// It lives on.
    pub(crate) fn never() -> Self {
        Self::at(usize::MAX)
    }

    /// One step; the last one doesn't return, and none after it.
    pub(crate) async fn step(&self) {
        let before = self
            .steps
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                Some(left.saturating_sub(1))
            });
        if before.unwrap() <= 1 {
            self.now.notify_one();
            std::future::pending::<()>().await;
        }
    }

    pub(crate) async fn came(&self) {
        self.now.notified().await;
    }
}

/// Claims whose user may die before and after whatever it does with them.
#[derive(Debug)]
pub(crate) struct Mortal<C> {
    pub(crate) claims: C,
    pub(crate) death: Death,
}

#[async_trait]
impl<C: Claims> Claims for Mortal<C> {
    async fn open(&self, delivery: &str) -> Result<Arc<dyn OpenClaims>, JournalError> {
        self.death.step().await;
        let claims = self.claims.open(delivery).await?;
        self.death.step().await;
        Ok(Arc::new(Mortal {
            claims,
            death: self.death.clone(),
        }))
    }
}

#[async_trait]
impl OpenClaims for Mortal<Arc<dyn OpenClaims>> {
    async fn recall(&self, arrivals: &[Arrival]) -> Result<Vec<Recalled>, JournalError> {
        self.death.step().await;
        let done = self.claims.recall(arrivals).await;
        self.death.step().await;
        done
    }

    async fn claim(&self, claims: &[ClaimKey]) -> Result<(), JournalError> {
        self.death.step().await;
        let done = self.claims.claim(claims).await;
        self.death.step().await;
        done
    }

    async fn release(&self, claims: &[ClaimKey]) -> Result<(), JournalError> {
        self.death.step().await;
        let done = self.claims.release(claims).await;
        self.death.step().await;
        done
    }

    async fn settle(&self, claims: Vec<SettledClaim>) -> Result<(), JournalError> {
        self.death.step().await;
        let done = self.claims.settle(claims).await;
        self.death.step().await;
        done
    }

    async fn flush(&self) -> Result<(), JournalError> {
        self.death.step().await;
        self.claims.flush().await
    }
}
