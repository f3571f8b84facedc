//! The task that delivers: payloads from the queue, so many calls at a time.

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use leadsquared_core::Payload;
use tokio::sync::{mpsc, oneshot};

use crate::deliver::Delivery;

/// What the queue holds.
pub(crate) enum Job {
    /// Deliver this.
    Deliver(Payload),
    /// Say when everything before this is delivered.
    Barrier(oneshot::Sender<()>),
}

/// Delivers what the queue brings until its other end is dropped.
///
/// All calls run in this one task: they wait for the network, not for a processor.
pub(crate) async fn drive(delivery: Delivery, mut jobs: mpsc::Receiver<Job>, concurrency: usize) {
    let mut in_flight = FuturesUnordered::new();
    // The first call goes alone, so that wrong keys cost one call and no more.
    let mut allowed = 1;
    loop {
        tokio::select! {
            Some(()) = in_flight.next() => allowed = concurrency,
            job = jobs.recv(), if in_flight.len() < allowed => match job {
                Some(Job::Deliver(payload)) => in_flight.push(delivery.deliver(payload)),
                Some(Job::Barrier(done)) => {
                    while in_flight.next().await.is_some() {}
                    // Whoever asked may have stopped waiting.
                    let _ = done.send(());
                }
                None => break,
            },
        }
    }
    while in_flight.next().await.is_some() {}
}
