//! The limiter as a sink sees it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use leadsquared_sink::{EarlierCall, Limiter, RateLimit, Slot, Urgency};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::calls::{self, Calls};
use crate::lease::Hold;
use crate::script::Operation;
use crate::server::{PATIENCE, Server};
use crate::share;
use crate::shared::Shared;
use crate::state::{Mode, State, Step};
use crate::watcher::{UNTIL_ALL_ARE_BACK, watch};
use crate::{RedisError, RedisOptions};

/// More than any call takes, and little enough to reckon with.
const LONGEST_CALL: Duration = Duration::from_hours(24);

/// One account's rate limit, shared by all processes that name the same account in the same Redis.
///
/// Clones share the process's queue: waiting is first come, first served within a process, but for
/// [`Urgency::First`]; between processes it is even in the long run. Cancelling a wait is safe;
/// dropping a slot frees nothing early, and neither does the death of its process.
///
/// While Redis is gone, each process keeps to its own part of the limit: see
/// [`is_shared`](Self::is_shared).
///
/// ```no_run
/// # use std::num::NonZeroU32;
/// # use std::time::Duration;
/// use leadsquared_redis::{RedisLimiter, RedisOptions};
/// use leadsquared_sink::{CallEnding, Limiter, Urgency};
///
/// # async fn call() -> Result<(), Box<dyn std::error::Error>> {
/// # let two = NonZeroU32::MIN.saturating_add(1);
/// let limiter = RedisLimiter::connect(RedisOptions::new("redis://127.0.0.1", "acme", two)).await?;
/// let slot = limiter.acquire(Urgency::InTurn, Duration::from_secs(30)).await;
/// // … post the call …
/// slot.complete(CallEnding::Accepted).await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisLimiter {
    shared: Arc<Shared>,
}

impl RedisLimiter {
    /// Connects, and starts to look after Redis from a task of the runtime, which ends with the last
    /// clone.
    ///
    /// A Redis that has been up for less than three seconds is waited for: it may have forgotten the
    /// calls of processes that are about to tell it.
    ///
    /// # Errors
    /// A [`RedisError`]: an address or a name that is none, a limit that can't be divided, a Redis
    /// that can't be reached or refuses, no runtime.
    pub async fn connect(options: RedisOptions) -> Result<Self, RedisError> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(RedisError::NoRuntime);
        }
        let keys = options.keys()?;
        let (limit, reserve) = (options.slots().limit(), options.slots().reserve());
        if share::share(limit, reserve, options.processes()).is_none() {
            return Err(RedisError::Indivisible {
                calls: share::ours(limit, reserve).get(),
                processes: options.processes().get(),
            });
        }
        let server = Server::new(options.url())?;
        let address = server.address();
        let unusable = |cause: String| RedisError::Unusable {
            address: address.clone(),
            cause,
        };
        let connected = server.connect().await;
        let mut connection = connected.map_err(|failure| unusable(failure.into()))?;
        if let Some(uptime) = server.uptime(&mut connection).await {
            // The uptime is told in whole seconds.
            let settled = UNTIL_ALL_ARE_BACK + Duration::from_secs(1);
            sleep(settled.saturating_sub(uptime)).await;
        }
        let state = State {
            mode: Mode::Shared(connection.clone()),
            epoch: 0,
            limit,
            taken: 0,
            floor: leadsquared_sink::RoundTripFloor::default(),
            calls: Calls::default(),
        };
        let shared = Arc::new(Shared::new(server, options, keys, state));
        let looked = shared.run(connection, &Operation::Look).await;
        looked.map_err(unusable)?;
        let watcher = tokio::spawn(watch(Arc::downgrade(&shared)));
        shared.watched_by(watcher.abort_handle());
        Ok(Self { shared })
    }

    /// Whether the limit is shared at the moment; false while Redis is gone.
    ///
    /// While it is false, this process makes its part of the calls and no more: the limit less the
    /// reserve, divided by the number of processes. It makes none at all in the first two windows and
    /// a second, and in the two seconds before it is true again. A change is also a warning in the
    /// log.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        *self.shared.together.borrow()
    }

    /// What [`is_shared`](Self::is_shared) says, to be waited for.
    #[must_use]
    pub fn watch_shared(&self) -> watch::Receiver<bool> {
        self.shared.together.subscribe()
    }
}

#[async_trait]
impl Limiter for RedisLimiter {
    /// The account's limit: the lowest that any of the processes was told of, when Redis last told.
    fn limit(&self) -> RateLimit {
        self.shared.state().limit
    }

    /// How many slots were taken by all processes when Redis last told: a second ago at most.
    ///
    /// While Redis is gone, those that this process has taken of its part.
    fn slots_in_use(&self) -> usize {
        self.shared.state().slots_in_use()
    }

    async fn acquire(&self, urgency: Urgency, timeout: Duration) -> Slot {
        let shared = &self.shared;
        let timeout = timeout.min(LONGEST_CALL);
        let turn = shared.queue.turn(urgency).await;
        loop {
            let changed = shared.queue.changed.notified();
            let mut changed = std::pin::pin!(changed);
            changed.as_mut().enable();
            let Some(counter) = turn.may_ask().await else {
                changed.await;
                continue;
            };
            let step = shared.state().step(|limit| shared.own_limiter(limit));
            let until = match step {
                Step::Ask {
                    connection,
                    epoch,
                    number,
                } => {
                    let asked = Instant::now();
                    let operation = Operation::Acquire {
                        id: &calls::id(&shared.process, number),
                        // The call may be sent as late as the answer of Redis comes.
                        timeout: timeout.saturating_add(PATIENCE),
                    };
                    match shared.run(connection, &operation).await {
                        Ok(reply) if reply.wait.is_zero() => {
                            if let Some(slot) = self.granted(epoch, number, asked, timeout, None) {
                                return slot;
                            }
                            continue;
                        }
                        Ok(reply) => Instant::now() + pause(reply.wait, self.limit()),
                        Err(cause) => {
                            shared.lose(epoch, &cause);
                            continue;
                        }
                    }
                }
                Step::TakeOwn { limiter, epoch } => {
                    drop(counter);
                    let asked = Instant::now();
                    tokio::select! {
                        slot = limiter.acquire(urgency, timeout) => {
                            let number = shared.state().calls.number();
                            if let Some(slot) = self.granted(epoch, number, asked, timeout, Some(slot)) {
                                return slot;
                            }
                        }
                        () = changed => {}
                    }
                    continue;
                }
                Step::WaitUntil(until) => until,
                Step::WaitForChange => {
                    drop(counter);
                    changed.await;
                    continue;
                }
            };
            drop(counter);
            tokio::select! {
                () = sleep_until(until) => {}
                () = changed => {}
            }
        }
    }

    /// The slots of earlier processes are in Redis still; this is for the time when it is gone.
    fn seed(&self, earlier: &[EarlierCall]) {
        self.shared.state().calls.seed(earlier);
    }
}

impl RedisLimiter {
    /// The slot, unless what it was granted by has changed meanwhile: then it is not used.
    fn granted(
        &self,
        epoch: u64,
        number: u64,
        asked: Instant,
        timeout: Duration,
        own: Option<Slot>,
    ) -> Option<Slot> {
        let mut state = self.shared.state();
        let holds = match own {
            Some(_) => state.own_holds(epoch),
            None => state.epoch == epoch,
        };
        if !holds {
            return None;
        }
        let window = state.limit.per();
        state.calls.sent(number, timeout, window);
        drop(state);
        Some(Slot::new(Box::new(Hold {
            shared: Arc::clone(&self.shared),
            number,
            asked,
            sent: Instant::now(),
            own,
        })))
    }
}

impl fmt::Debug for RedisLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLimiter")
            .field("address", &self.shared.server.address())
            .field("keys", &self.shared.keys)
            .field("is_shared", &self.is_shared())
            .finish_non_exhaustive()
    }
}

/// How long to wait before asking again, if Redis says to wait so long.
///
/// Not much longer than a part of the window, so that a slot that another process frees early is
/// seen; and a little longer, so that not all processes ask at the same moment.
fn pause(wait: Duration, limit: RateLimit) -> Duration {
    const LONGEST: Duration = Duration::from_secs(1);
    const MOST_JITTER: Duration = Duration::from_millis(5);

    let jitter = MOST_JITTER.min(limit.pace() / 4);
    let part = (limit.per() / 4).min(LONGEST);
    wait.min(part) + jitter.mul_f64(rand::random())
}
