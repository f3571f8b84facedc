//! What is written down while a run goes on, for the page at its end.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use leadsquared_sink::{Event, Meaning, Outcome, RateLimit, RowReport};
use tokio::time::Instant;

use super::latency::Latencies;
use super::sample::{Sample, Samples};
use super::series::{Series, Slice};

/// Writes down what happens in a run, in bounded memory.
pub(crate) struct Recorder {
    began: SystemTime,
    start: Instant,
    record: Mutex<Record>,
}

/// What happened in a run.
pub(super) struct Record {
    pub(super) pace: Series<Moment>,
    pub(super) latencies: Latencies,
    pub(super) limits: Limits,
    pub(super) samples: Samples,
    answers: [u64; Meaning::ALL.len()],
}

/// A slice of a run's time.
#[derive(Debug, Default)]
pub(super) struct Moment {
    /// Leads that were created.
    pub(super) created: u64,
    /// Leads in calls that were answered row by row.
    pub(super) answered: u64,
    /// Calls that were throttled.
    pub(super) throttled: u64,
    /// How long the calls took that were answered, but for throttled ones.
    pub(super) latencies: Latencies,
}

impl Slice for Moment {
    fn absorb(&mut self, later: Self) {
        self.created += later.created;
        self.answered += later.answered;
        self.throttled += later.throttled;
        self.latencies.absorb(later.latencies);
    }
}

/// The account's limit, as it was believed from one time to the next.
pub(super) struct Limits {
    at_first: RateLimit,
    learned: Vec<(Duration, RateLimit)>,
}

/// The most limits that are remembered: servers that name a new one with each answer get no more.
const MOST_LIMITS: usize = 32;

impl Limits {
    pub(super) fn new(at_first: RateLimit) -> Self {
        Self {
            at_first,
            learned: Vec::new(),
        }
    }

    pub(super) fn learn(&mut self, at: Duration, limit: RateLimit) {
        if self.learned.len() >= MOST_LIMITS {
            self.learned.pop();
        }
        self.learned.push((at, limit));
    }

    /// The limit at a time.
    pub(super) fn at(&self, time: Duration) -> RateLimit {
        let until = self.learned.iter().take_while(|(at, _)| *at <= time);
        until.last().map_or(self.at_first, |(_, limit)| *limit)
    }

    /// Each limit, with the time from which it was believed.
    pub(super) fn all(&self) -> impl Iterator<Item = (Duration, RateLimit)> {
        let first = (Duration::ZERO, self.at_first);
        std::iter::once(first).chain(self.learned.iter().copied())
    }
}

impl Recorder {
    /// A recorder of a run that begins now, with this limit.
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self {
            began: SystemTime::now(),
            start: Instant::now(),
            record: Mutex::new(Record {
                pace: Series::default(),
                latencies: Latencies::default(),
                limits: Limits::new(limit),
                samples: Samples::default(),
                answers: Default::default(),
            }),
        }
    }

    /// When the run began.
    pub(super) fn began(&self) -> SystemTime {
        self.began
    }

    /// A row has come to its end.
    pub(crate) fn row(&self, report: &RowReport<'_>) {
        if report.outcome == Outcome::Created {
            let now = self.start.elapsed();
            self.record().pace.at(now).created += 1;
        }
    }

    /// This row is one that its reason is told by.
    pub(crate) fn sample(&self, report: &RowReport<'_>) {
        let sample = Sample::of(report.content);
        self.record().samples.keep(&report.row, sample);
    }

    /// Something happened that is not about one row.
    pub(crate) fn event(&self, event: &Event<'_>) {
        let now = self.start.elapsed();
        let mut record = self.record();
        match event {
            Event::Answered {
                meaning,
                leads,
                elapsed,
                ..
            } => record.answer(now, *meaning, *leads, *elapsed),
            Event::Throttled {
                learned: Some(limit),
                ..
            } => record.limits.learn(now, *limit),
            _ => {}
        }
    }

    /// What was written down so far.
    pub(super) fn record(&self) -> MutexGuard<'_, Record> {
        // Counting doesn't panic, so a poisoned lock still guards whole data.
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn answer(&mut self, now: Duration, meaning: Meaning, leads: usize, elapsed: Duration) {
        if let Some(count) = self.answers.get_mut(meaning as usize) {
            *count += 1;
        }
        let moment = self.pace.at(now);
        if meaning == Meaning::Throttled {
            // How long that took tells how busy the account is, and not how long a call takes.
            moment.throttled += 1;
            return;
        }
        moment.latencies.record(elapsed);
        self.latencies.record(elapsed);
        if meaning == Meaning::Rows {
            moment.answered += leads as u64;
        }
    }

    /// How many calls were answered with this meaning.
    pub(super) fn answers(&self, meaning: Meaning) -> u64 {
        self.answers.get(meaning as usize).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_holds_from_when_it_was_learned() {
        let limit = |text: &str| text.parse::<RateLimit>().unwrap();
        let mut limits = Limits::new(limit("25/5s"));
        limits.learn(Duration::from_secs(10), limit("10/5s"));
        assert_eq!(limits.at(Duration::from_secs(9)), limit("25/5s"));
        assert_eq!(limits.at(Duration::from_secs(10)), limit("10/5s"));
        for second in 11..1000 {
            limits.learn(Duration::from_secs(second), limit("1/5s"));
        }
        assert_eq!(limits.all().count(), 1 + MOST_LIMITS);
        assert_eq!(limits.at(Duration::from_secs(1000)), limit("1/5s"));
        assert_eq!(limits.at(Duration::from_secs(10)), limit("10/5s"));
    }
}
