//! One connection after another, for all that an opening asks at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use redis::aio::MultiplexedConnection;
use tokio::sync::Mutex;

use crate::failure::Failure;
use crate::server::Server;

/// The connection that is in use, and the attempts to have one.
pub(crate) struct Connections {
    pub(crate) server: Arc<Server>,
    current: Mutex<Current>,
    /// How many attempts failed.
    failures: AtomicU64,
}

/// Each connection has a number, and the script does nothing for an earlier one: what was given up and
/// tried again can't be done later.
#[derive(Default)]
struct Current {
    number: u64,
    open: Option<MultiplexedConnection>,
    failure: Option<Failure>,
}

impl Connections {
    pub(crate) fn new(server: Arc<Server>) -> Self {
        Self {
            server,
            current: Mutex::default(),
            failures: AtomicU64::new(0),
        }
    }

    /// The connection, and its number; a new one if there is none.
    ///
    /// Whoever waits for another one's attempt shares how it ended: each of its own would take as long.
    pub(crate) async fn get(&self) -> Result<(u64, MultiplexedConnection), Failure> {
        let failures = self.failures.load(Ordering::Acquire);
        let mut current = self.current.lock().await;
        if let Some(open) = &current.open {
            return Ok((current.number, open.clone()));
        }
        if let Some(failure) = &current.failure
            && self.failures.load(Ordering::Acquire) > failures
        {
            return Err(failure.clone());
        }
        match self.server.connect().await {
            Ok(open) => {
                current.number += 1;
                current.open = Some(open.clone());
                Ok((current.number, open))
            }
            Err(failure) => {
                current.failure = Some(failure.clone());
                self.failures.fetch_add(1, Ordering::Release);
                Err(failure)
            }
        }
    }

    /// Uses that connection no more.
    pub(crate) async fn give_up(&self, number: u64) {
        let mut current = self.current.lock().await;
        if current.number == number {
            current.open = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use tokio::time::Instant;

    use super::*;
    use crate::server::PATIENCE;

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_for_an_attempt_shares_its_end() {
        // Connections are taken, and nothing is answered.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let connections = Connections::new(Arc::new(Server::new(&url).unwrap()));
        for attempts in 1..3 {
            let start = Instant::now();
            let all = (0..20).map(|_| connections.get());
            for ended in futures::future::join_all(all).await {
                assert!(ended.is_err());
            }
            // One attempt, and a new one for those who come later.
            let elapsed = start.elapsed();
            assert!(elapsed < 2 * PATIENCE, "{elapsed:?}");
            assert_eq!(connections.failures.load(Ordering::Acquire), attempts);
        }
    }
}
