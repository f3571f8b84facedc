//! What a run counts and times, for whoever installs a recorder of the `metrics` crate.
//!
//! Names, labels and meanings are in `docs/observability.md`.

use std::time::Duration;

use metrics::{counter, gauge, histogram};

use crate::{Limiter, Meaning, Outcome};

/// An attempt has ended.
pub(crate) fn call(meaning: Meaning, again: bool, elapsed: Duration) {
    counter!("leadsquared_calls_total", "result" => meaning.as_str()).increment(1);
    histogram!("leadsquared_call_duration_seconds").record(elapsed);
    if again {
        counter!("leadsquared_retries_total").increment(1);
    }
    if meaning == Meaning::Throttled {
        counter!("leadsquared_throttles_total").increment(1);
    }
}

/// A row has come to this end.
pub(crate) fn lead(outcome: Outcome) {
    counter!("leadsquared_leads_total", "outcome" => outcome.as_str()).increment(1);
}

/// How the limiter stands.
pub(crate) fn limiter(limiter: &dyn Limiter) {
    gauge!("leadsquared_slots_in_use").set(as_f64(limiter.slots_in_use()));
    let limit = limiter.limit();
    gauge!("leadsquared_rate_limit_calls").set(limit.calls().get());
    gauge!("leadsquared_rate_limit_window_seconds").set(limit.per());
}

/// How many payloads wait, and how many are on their way.
pub(crate) fn queue(waiting: usize, in_flight: usize) {
    gauge!("leadsquared_queued_payloads").set(as_f64(waiting));
    gauge!("leadsquared_payloads_in_flight").set(as_f64(in_flight));
}

#[expect(clippy::cast_precision_loss, reason = "gauges are floats")]
fn as_f64(number: usize) -> f64 {
    number as f64
}
