//! What the clones of a limiter share, and its dealings with Redis.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use leadsquared_sink::{RateLimit, SlotLimiter};
use redis::Script;
use redis::aio::MultiplexedConnection;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

use crate::RedisOptions;
use crate::queue::Queue;
use crate::script::{Operation, Reply, invocation};
use crate::server::Server;
use crate::share;
use crate::state::{Alone, Mode, State};

pub(crate) struct Shared {
    pub(crate) server: Server,
    pub(crate) options: RedisOptions,
    pub(crate) keys: [String; 2],
    /// The name of this limiter among those that share the account.
    pub(crate) process: String,
    pub(crate) script: Script,
    pub(crate) queue: Queue,
    state: Mutex<State>,
    /// Whether the slots are those of all processes.
    pub(crate) together: watch::Sender<bool>,
    /// Redis has just gone: look for it.
    pub(crate) lost: Arc<Notify>,
    watcher: Mutex<Option<AbortHandle>>,
}

impl Shared {
    pub(crate) fn new(
        server: Server,
        options: RedisOptions,
        keys: [String; 2],
        state: State,
    ) -> Self {
        Self {
            server,
            options,
            keys,
            process: format!("{:032x}", rand::random::<u128>()),
            script: crate::script::load(),
            queue: Queue::default(),
            state: Mutex::new(state),
            together: watch::Sender::new(true),
            lost: Arc::default(),
            watcher: Mutex::new(None),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held, so a poisoned lock still guards whole data.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The task that ends with this.
    pub(crate) fn watched_by(&self, watcher: AbortHandle) {
        let mut place = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        *place = Some(watcher);
    }

    /// A limiter of our own share, for as long as Redis is gone.
    pub(crate) fn own_limiter(&self, limit: RateLimit) -> Option<SlotLimiter> {
        let slots = self.options.slots();
        let share = share::share(limit, slots.reserve(), self.options.processes())?;
        Some(SlotLimiter::with_options(share::options(share, slots)))
    }

    /// Runs the script, and takes over what it tells of the account.
    pub(crate) async fn run(
        &self,
        mut connection: MultiplexedConnection,
        operation: &Operation<'_>,
    ) -> Result<Reply, String> {
        let believed = self.state().limit;
        let reserve = self.options.slots().reserve();
        let call = invocation(&self.script, &self.keys, believed, reserve, operation);
        let reply: Reply = self.server.invoke(&mut connection, &call).await?;
        if let Some(limit) = self.state().told(&reply) {
            tracing::info!(%limit, "the account's limit, as it was found by one of its processes");
        }
        Ok(reply)
    }

    /// Counts by ourselves from now on, if we are still in the epoch in which Redis was gone.
    pub(crate) fn lose(&self, epoch: u64, cause: &str) {
        let mut state = self.state();
        let was_shared = matches!(state.mode, Mode::Shared(_));
        if state.epoch != epoch || matches!(state.mode, Mode::Alone(_)) {
            return;
        }
        let alone = Alone::after_quiet(state.limit.per());
        state.enter(Mode::Alone(alone));
        let limit = state.limit;
        drop(state);
        if was_shared {
            let reserve = self.options.slots().reserve();
            let share = share::share(limit, reserve, self.options.processes());
            tracing::warn!(
                redis = %self.server.address(),
                cause,
                share = share.map(tracing::field::display),
                "Redis is gone: this process keeps to its own share of the limit until it is back"
            );
        }
        self.together.send_replace(false);
        self.queue.changed.notify_waiters();
        self.lost.notify_one();
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let watcher = self.watcher.get_mut();
        if let Some(watcher) = watcher.unwrap_or_else(PoisonError::into_inner) {
            watcher.abort();
        }
    }
}
