//! The way to the claims: one connection after another, tried again while Redis is gone for a moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use leadsquared_sink::JournalError;
use redis::Script;
use tokio::sync::SetOnce;
use tokio::time::{Instant, sleep};

use super::connections::Connections;
use super::options::ClaimsOptions;
use super::wire::{Caller, Operation, Reply, invocation, load};
use crate::failure::Failure;
use crate::server::Server;

/// The first wait before another try, and the longest.
const WAITS: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// One opening's way to Redis.
pub(crate) struct Link {
    pub(crate) options: ClaimsOptions,
    pub(crate) delivery: String,
    key: String,
    /// The name of this opening among all.
    owner: String,
    script: Script,
    connections: Connections,
    /// How many steps of the script are known to have been done.
    steps: AtomicU64,
    /// Why nothing can be done any more.
    ended: SetOnce<JournalError>,
}

impl Link {
    pub(crate) fn new(
        server: Arc<Server>,
        options: ClaimsOptions,
        delivery: &str,
        key: String,
    ) -> Self {
        Self {
            connections: Connections::new(server),
            options,
            delivery: delivery.to_owned(),
            key,
            owner: format!("{:032x}", rand::random::<u128>()),
            script: load(),
            steps: AtomicU64::new(0),
            ended: SetOnce::new(),
        }
    }

    /// Has the script do something, and gives what a recall replied.
    ///
    /// Once anything failed for good, all else does at once: nobody waits for the same Redis again.
    pub(crate) async fn run(&self, operation: Operation<'_>) -> Result<Vec<u8>, JournalError> {
        let replied = tokio::select! {
            biased;
            error = self.ended.wait() => return Err(error.clone()),
            replied = self.persist(operation) => replied,
        };
        replied.unwrap_or_else(|error| {
            // Another one may have been faster, with as good a reason.
            let _ = self.ended.set(error.clone());
            Err(error)
        })
    }

    /// Asks until there is a reply, or a reason to go no further; in it, what was recalled, or an error
    /// of this operation alone.
    async fn persist(
        &self,
        operation: Operation<'_>,
    ) -> Result<Result<Vec<u8>, JournalError>, JournalError> {
        let start = Instant::now();
        let [mut wait, longest] = WAITS;
        loop {
            let failure = match self.attempt(operation).await {
                Ok(Reply::Done { steps, recalled }) => {
                    self.steps.fetch_max(steps, Ordering::Relaxed);
                    return Ok(Ok(recalled));
                }
                Ok(Reply::Refused) => return Ok(Err(self.refused())),
                Ok(Reply::Taken) => return Err(self.taken()),
                Ok(Reply::Forgotten) => return Err(self.forgotten()),
                Ok(Reply::Late) => {
                    Failure::passing("it was asked by a connection that was given up")
                }
                Err(failure) => failure,
            };
            if let Some(remedy) = failure.remedy() {
                return Err(self.unusable(&failure, remedy));
            }
            if start.elapsed() + wait >= self.options.patience() {
                return Err(self.gone(start.elapsed(), &failure));
            }
            tracing::debug!(redis = %self.address(), %failure, ?wait, "tried again");
            sleep(wait).await;
            wait = (2 * wait).min(longest);
        }
    }

    async fn attempt(&self, operation: Operation<'_>) -> Result<Reply, Failure> {
        let (number, mut connection) = self.connections.get().await?;
        let kept = self.options.kept_for().as_millis();
        let caller = Caller {
            key: &self.key,
            owner: &self.owner,
            connection: number,
            steps: self.steps.load(Ordering::Relaxed),
            kept_ms: u64::try_from(kept).unwrap_or(u64::MAX),
        };
        let call = invocation(&self.script, &caller, operation);
        let server = &self.connections.server;
        let replied = server.invoke(&mut connection, &call).await;
        if replied.is_err() {
            self.connections.give_up(number).await;
        }
        replied
    }

    /// Where Redis is.
    pub(crate) fn address(&self) -> String {
        self.connections.server.address()
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
            "Redis at {} has forgotten the delivery {} (did it expire, as nothing was done with it for {}? \
             Was Redis restarted without persistence, flushed, or short of memory?): nothing more is sent. \
             Run it again under another name, which tells what is in already as duplicates; let Redis keep \
             what it is told: appendonly yes, maxmemory-policy noeviction",
            self.address(),
            self.delivery,
            hours(self.options.kept_for()),
        ))
    }

    fn refused(&self) -> JournalError {
        JournalError::new(format!(
            "a claim of the delivery {} can't be changed so: it is no row's of this opening, or it came to \
             its end before; change what recall gave, once",
            self.delivery
        ))
    }

    fn unusable(&self, failure: &Failure, remedy: &str) -> JournalError {
        JournalError::new(format!(
            "Redis at {} refuses, so what is delivered of {} can't be kept: {failure}. {remedy}; then run \
             the delivery again: what it was told of is not sent twice",
            self.address(),
            self.delivery
        ))
    }

    fn gone(&self, elapsed: Duration, failure: &Failure) -> JournalError {
        JournalError::new(format!(
            "Redis at {} can't be used for {:.0} s, so what is delivered of {} can't be kept: {failure}. \
             Start it, or mend what it says, and run the delivery again: what it was told of is not sent \
             twice",
            self.address(),
            elapsed.as_secs_f64(),
            self.delivery
        ))
    }
}

/// A time, for people.
fn hours(time: Duration) -> String {
    match time.as_secs() / 3_600 {
        0 => format!("{} min", time.as_secs() / 60),
        hours => format!("{hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    /// A way to a server that takes connections, and answers nothing.
    fn silent() -> (TcpListener, Link) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let options = ClaimsOptions::new(&*url).with_patience(Duration::from_secs(3));
        let server = Arc::new(Server::new(&url).unwrap());
        let link = Link::new(server, options, "statement", "key".to_owned());
        (listener, link)
    }

    #[tokio::test(start_paused = true)]
    async fn many_operations_wait_for_a_redis_that_is_gone_no_longer_than_one() {
        let (_listener, link) = silent();
        let start = Instant::now();
        let all = (0..20).map(|_| link.run(Operation::Look));
        for ended in futures::future::join_all(all).await {
            let error = ended.unwrap_err().to_string();
            assert!(error.contains("can't be used"), "{error}");
        }
        // Its patience, and an attempt.
        let elapsed = start.elapsed();
        assert!(elapsed <= Duration::from_secs(4), "{elapsed:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_asked_after_redis_was_given_up_fails_at_once() {
        let (_listener, link) = silent();
        let given_up = link.run(Operation::Look).await.unwrap_err();
        let start = Instant::now();
        assert_eq!(link.run(Operation::Look).await, Err(given_up));
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
