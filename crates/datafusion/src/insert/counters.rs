//! The numbers that `EXPLAIN ANALYZE` shows.

use datafusion::physical_plan::metrics::{
    Count, ExecutionPlanMetricsSet, MetricBuilder, MetricType,
};
use leadsquared_sink::{Event, Found, Meaning, Observer, Outcome, RowReport};

/// Counts the rows by their outcomes, and the calls.
pub(super) struct Counters {
    read: Count,
    /// In the order of [`Outcome::ALL`].
    outcomes: Vec<Count>,
    delivered_before: Count,
    calls: Count,
    throttled: Count,
    retried: Count,
}

impl Counters {
    pub(super) fn new(metrics: &ExecutionPlanMetricsSet) -> Self {
        // Shown also where only a summary is asked for.
        let count = |name: &'static str| {
            MetricBuilder::new(metrics)
                .with_type(MetricType::Summary)
                .counter(name, 0)
        };
        Self {
            read: count("read"),
            outcomes: Outcome::ALL.map(|outcome| count(outcome.as_str())).to_vec(),
            delivered_before: count("delivered_before"),
            calls: count("calls_answered"),
            throttled: count("calls_throttled"),
            retried: count("calls_retried"),
        }
    }

    pub(super) fn read(&self, rows: usize) {
        self.read.add(rows);
    }

    /// Leads that an earlier attempt of the statement created; they are among the outcomes as well.
    pub(super) fn delivered_before(&self, found: Found) {
        let leads = usize::try_from(found.of(Outcome::CreatedEarlier));
        self.delivered_before.add(leads.unwrap_or(usize::MAX));
    }
}

impl Observer for Counters {
    fn row(&self, report: &RowReport<'_>) {
        if let Some(count) = self.outcomes.get(report.outcome as usize) {
            count.add(1);
        }
    }

    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Answered { meaning, .. } => {
                self.calls.add(1);
                self.throttled
                    .add(usize::from(*meaning == Meaning::Throttled));
            }
            Event::Retrying { .. } => self.retried.add(1),
            _ => {}
        }
    }
}
