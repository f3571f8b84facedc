use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

use crate::config::Config;
use crate::desk::Desk;
use crate::latency::Trip;
use crate::store::Store;

/// What the server and its handles have in common.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) started: Instant,
    desk: Mutex<Desk>,
    store: Mutex<Store>,
    trips: AtomicU64,
    arrived: watch::Sender<usize>,
    stop: watch::Receiver<bool>,
}

/// The time, as the runtime's clock has it: paused when that is paused.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

impl Shared {
    pub(crate) fn new(config: Config, stop: watch::Receiver<bool>) -> Self {
        let started = now();
        let limiter = config.limited.then(|| config.quota.limiter(started));
        Self {
            desk: Mutex::new(Desk::new(limiter, config.chaos.clone())),
            store: Mutex::new(Store::new(config.memory.keep_leads)),
            trips: AtomicU64::new(0),
            arrived: watch::Sender::new(0),
            stop,
            started,
            config,
        }
    }

    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The times of the next request.
    pub(crate) fn next_trip(&self) -> Trip {
        let n = self.trips.fetch_add(1, Ordering::Relaxed);
        self.config.latency.trip(n)
    }

    /// Tells those who wait that this many requests have arrived. Said with the desk locked, so
    /// that the number only grows.
    pub(crate) fn tell_arrived(&self, calls: usize) {
        self.arrived.send_replace(calls);
    }

    /// Returns when this many requests have arrived.
    pub(crate) async fn arrived(&self, calls: usize) {
        let mut arrived = self.arrived.subscribe();
        // It can't fail: the sender is in `self`.
        let _ = arrived.wait_for(|last| *last >= calls).await;
    }

    /// Returns when the emulator is shut down or dropped.
    pub(crate) async fn stopped(&self) {
        // An error says that the handle is gone, which is a stop as well.
        let _ = self.stop.clone().wait_for(|stop| *stop).await;
    }
}
