//! The task that delivers: payloads from the queue, so many calls at a time.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use leadsquared_core::{Payload, Rejection};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::deliver::Delivery;
use crate::meters;

/// How often the limiter's gauges are set at most.
const GAUGE_EVERY: Duration = Duration::from_millis(250);

/// What the queue holds.
pub(crate) enum Job {
    /// Write down the rows that can't be leads, and deliver the payload.
    Deliver(Vec<Rejection>, Option<Payload>),
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
    let mut gauged: Option<Instant> = None;
    loop {
        meters::queue(jobs.len(), in_flight.len());
        // Counting the slots takes time, where there are many.
        if gauged.is_none_or(|at| at.elapsed() >= GAUGE_EVERY) {
            meters::limiter(delivery.limiter.as_ref());
            gauged = Some(Instant::now());
        }
        tokio::select! {
            Some(called) = in_flight.next() => if called { allowed = concurrency },
            job = jobs.recv(), if in_flight.len() < allowed => match job {
                Some(Job::Deliver(rejections, payload)) => {
                    in_flight.push(work(&delivery, rejections, payload));
                }
                Some(Job::Barrier(done)) => {
                    finish(&mut in_flight).await;
                    delivery.flush().await;
                    // Whoever asked may have stopped waiting.
                    let _ = done.send(());
                }
                None => break,
            },
        }
    }
    finish(&mut in_flight).await;
    delivery.flush().await;
}

/// Waits for what is in flight.
async fn finish(in_flight: &mut FuturesUnordered<impl Future>) {
    meters::queue(0, in_flight.len());
    while in_flight.next().await.is_some() {
        meters::queue(0, in_flight.len());
    }
}

/// Does one job; true if that took a call.
async fn work(delivery: &Delivery, rejections: Vec<Rejection>, payload: Option<Payload>) -> bool {
    delivery.reject(rejections).await;
    match payload {
        Some(payload) => {
            delivery.deliver(payload).await;
            true
        }
        None => false,
    }
}
