//! What the server asked of everybody: to come back later.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Until when no call is sent, because a throttled one was told so by Retry-After.
#[derive(Default)]
pub(crate) struct Quiet {
    until: Mutex<Option<Instant>>,
}

impl Quiet {
    fn until(&self) -> MutexGuard<'_, Option<Instant>> {
        // Nothing panics while it is held, so a poisoned lock still guards whole data.
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes into account that the server wants no call for so long.
    pub(crate) fn ask(&self, wait: Duration) {
        if !wait.is_zero() {
            let until = Instant::now() + wait;
            let mut known = self.until();
            *known = Some(known.map_or(until, |known| known.max(until)));
        }
    }

    /// How long that is still so.
    pub(crate) fn left(&self) -> Duration {
        self.until().map_or(Duration::ZERO, |until| {
            until.saturating_duration_since(Instant::now())
        })
    }
}
