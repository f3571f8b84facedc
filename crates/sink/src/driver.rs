//! The task that delivers: payloads from the queue, so many calls at a time.

use std::collections::HashSet;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use leadsquared_core::{Payload, Rejection, UniqueKey};
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
    // The unique values of the leads in flight.
    let mut busy = HashSet::new();
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
            Some(done) = in_flight.next() => if Done::called(done, &mut busy) { allowed = concurrency },
            job = jobs.recv(), if in_flight.len() < allowed => match job {
                Some(Job::Deliver(rejections, payload)) => {
                    let values = payload.as_ref().map_or(&[][..], Payload::unique_values);
                    // Of leads that share a value the first one is to be created, not the faster one.
                    while values.iter().any(|value| busy.contains(value)) {
                        let Some(done) = in_flight.next().await else { break };
                        if Done::called(done, &mut busy) {
                            allowed = concurrency;
                        }
                    }
                    busy.extend(values);
                    in_flight.push(work(&delivery, rejections, payload));
                }
                Some(Job::Barrier(done)) => {
                    finish(&mut in_flight).await;
                    busy.clear();
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

/// A job that is done.
struct Done {
    took_call: bool,
    values: Vec<UniqueKey>,
}

impl Done {
    /// Its leads are no longer in flight; true if it took a call.
    fn called(self, busy: &mut HashSet<UniqueKey>) -> bool {
        for value in &self.values {
            busy.remove(value);
        }
        self.took_call
    }
}

/// Does one job.
async fn work(delivery: &Delivery, rejections: Vec<Rejection>, payload: Option<Payload>) -> Done {
    delivery.reject(rejections).await;
    let took_call = payload.is_some();
    let mut values = Vec::new();
    if let Some(payload) = payload {
        values.extend_from_slice(payload.unique_values());
        delivery.deliver(payload).await;
    }
    Done { took_call, values }
}
