//! The way to the claims: one connection after another, tried again while Redis is gone for a moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use leadsquared_sink::JournalError;
use redis::Script;
use redis::aio::MultiplexedConnection;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use super::options::ClaimsOptions;
use super::wire::{Caller, Operation, Reply, invocation, load};
use crate::server::Server;

/// The first wait before another try, and the longest.
const WAITS: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// One opening's way to Redis.
pub(crate) struct Link {
    pub(crate) server: Arc<Server>,
    pub(crate) options: ClaimsOptions,
    pub(crate) delivery: String,
    key: String,
    /// The name of this opening among all.
    owner: String,
    script: Script,
    connection: Mutex<Connection>,
    /// How many steps of the script are known to have been done.
    steps: AtomicU64,
}

/// The connection that is in use. Each has a number, and the script does nothing for an earlier one: what
/// was given up and tried again can't be done later.
#[derive(Default)]
struct Connection {
    number: u64,
    open: Option<MultiplexedConnection>,
}

impl Link {
    pub(crate) fn new(
        server: Arc<Server>,
        options: ClaimsOptions,
        delivery: &str,
        key: String,
    ) -> Self {
        Self {
            server,
            options,
            delivery: delivery.to_owned(),
            key,
            owner: format!("{:032x}", rand::random::<u128>()),
            script: load(),
            connection: Mutex::default(),
            steps: AtomicU64::new(0),
        }
    }

    /// Has the script do something, and gives what a recall replied.
    pub(crate) async fn run(&self, operation: Operation<'_>) -> Result<Vec<u8>, JournalError> {
        let start = Instant::now();
        let [mut wait, longest] = WAITS;
        loop {
            let cause = match self.attempt(operation).await {
                Ok(Reply::Done { steps, recalled }) => {
                    self.steps.fetch_max(steps, Ordering::Relaxed);
                    return Ok(recalled);
                }
                Ok(Reply::Taken) => return Err(self.taken()),
                Ok(Reply::Forgotten) => return Err(self.forgotten()),
                Ok(Reply::Refused) => return Err(self.refused()),
                Ok(Reply::Late) => "it was asked by a connection that was given up".to_owned(),
                Err(cause) => cause,
            };
            if start.elapsed() + wait >= self.options.patience() {
                return Err(self.gone(start.elapsed(), &cause));
            }
            tracing::debug!(redis = %self.server.address(), cause, ?wait, "tried again");
            sleep(wait).await;
            wait = (2 * wait).min(longest);
        }
    }

    async fn attempt(&self, operation: Operation<'_>) -> Result<Reply, String> {
        let (number, mut connection) = self.connect().await?;
        let kept = self.options.kept_for().as_millis();
        let caller = Caller {
            key: &self.key,
            owner: &self.owner,
            connection: number,
            steps: self.steps.load(Ordering::Relaxed),
            kept_ms: u64::try_from(kept).unwrap_or(u64::MAX),
        };
        let call = invocation(&self.script, &caller, operation);
        let replied = self.server.invoke(&mut connection, &call).await;
        if replied.is_err() {
            self.give_up(number).await;
        }
        replied
    }

    async fn connect(&self) -> Result<(u64, MultiplexedConnection), String> {
        let mut connection = self.connection.lock().await;
        if let Some(open) = &connection.open {
            return Ok((connection.number, open.clone()));
        }
        let open = self.server.connect().await?;
        connection.number += 1;
        connection.open = Some(open.clone());
        Ok((connection.number, open))
    }

    /// Uses that connection no more.
    async fn give_up(&self, number: u64) {
        let mut connection = self.connection.lock().await;
        if connection.number == number {
            connection.open = None;
        }
    }

    fn taken(&self) -> JournalError {
        JournalError::new(format!(
            "another process took over the delivery {}: this one sends nothing more. What it has on its \
             way is in doubt, and the other one finds out what became of it",
            self.delivery
        ))
    }

    fn forgotten(&self) -> JournalError {
        JournalError::new(format!(
            "Redis at {} has forgotten the delivery {} (was it restarted without persistence, flushed, or \
             short of memory?): nothing more is sent. Run it again under another name, which tells what \
             is in already as duplicates; let Redis keep what it is told: appendonly yes, \
             maxmemory-policy noeviction",
            self.server.address(),
            self.delivery
        ))
    }

    fn refused(&self) -> JournalError {
        JournalError::new(format!(
            "a claim of the delivery {} can't be changed so: it is no row's of this opening, or it came to \
             its end before; change what recall gave, once",
            self.delivery
        ))
    }

    fn gone(&self, elapsed: Duration, cause: &str) -> JournalError {
        JournalError::new(format!(
            "Redis at {} can't be used for {:.0} s, so what is delivered of {} can't be kept: {cause}. \
             Start it, and run the delivery again: what it was told of is not sent twice",
            self.server.address(),
            elapsed.as_secs_f64(),
            self.delivery
        ))
    }
}
