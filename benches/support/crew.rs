//! Threads that work side by side, each with a builder of its own.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use super::DataSet;
use super::measure::sink;
use super::ways::{Buffers, Payloads, Way};

/// How long threads work before it counts: a system that saves power takes a while to give a thread
/// that is new a processor of its own.
const WARM_UP: Duration = Duration::from_millis(if cfg!(debug_assertions) { 0 } else { 300 });

/// How long it takes until all parts, a thread for each, have become payloads `runs` times.
///
/// Starting the threads and their first runs, which get them their buffers, are not counted: a
/// pipeline does that once. They start together, and the last one to end counts.
pub(crate) fn time(parts: &[DataSet], runs: u64) -> Duration {
    let start = Barrier::new(parts.len());
    let spans: Vec<(Instant, Instant)> = thread::scope(|scope| {
        let workers: Vec<_> = parts
            .iter()
            .map(|part| scope.spawn(|| work(part, runs, &start)))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect()
    });
    let start = spans.iter().map(|span| span.0).min();
    let end = spans.iter().map(|span| span.1).max();
    end.zip(start)
        .map_or(Duration::ZERO, |(end, start)| end - start)
}

fn work(part: &DataSet, runs: u64, start: &Barrier) -> (Instant, Instant) {
    let mut way = Payloads::new(part, Buffers::Recycled);
    let warm_up = Instant::now();
    way.encode(&mut sink);
    while warm_up.elapsed() < WARM_UP {
        way.encode(&mut sink);
    }
    start.wait();
    let start = Instant::now();
    for _ in 0..runs {
        way.encode(&mut sink);
    }
    (start, Instant::now())
}
