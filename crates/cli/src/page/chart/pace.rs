//! Leads a second over time, against the account's limit.

use std::time::Duration;

use leadsquared_core::MAX_LEADS;
use leadsquared_sink::RateLimit;
use maud::{Markup, html};

use super::{Plot, Px, axis, float, points};
use crate::page::record::{Limits, Moment, Record};
use crate::page::words;
use crate::words::{rate, span};

const WIDTH: f64 = 912.0;
const HEIGHT: f64 = 268.0;
/// A limit that is so many times what was reached would press it flat, and is told in words.
const OUT_OF_SIGHT: f64 = 4.0;

/// The chart; none if no call was answered.
pub(in crate::page) fn pace(record: &Record, elapsed: Duration) -> Option<Markup> {
    let width = record.pace.width();
    let moments = record.pace.slices();
    let answered = averages(moments, width, &record.limits, |moment| moment.answered);
    let created = averages(moments, width, &record.limits, |moment| moment.created);
    let peak = highest(&answered).max(highest(&created));
    if peak <= 0.0 {
        return None;
    }
    let limits: Vec<(f64, f64)> = record
        .limits
        .all()
        .map(|(at, limit)| (at.as_secs_f64(), leads_per_second(limit)))
        .collect();
    let in_sight = limits.iter().map(|(_, limit)| *limit);
    let in_sight = in_sight.filter(|limit| *limit <= peak * OUT_OF_SIGHT);
    // A little more, so that the limit isn't the edge.
    let (most, step) = axis::scale(in_sight.fold(peak, f64::max) * 1.05);
    let plot = Plot {
        left: 56.0,
        right: WIDTH - 8.0,
        top: 24.0,
        bottom: HEIGHT - 36.0,
        across: (0.0, span_of(record, elapsed).as_secs_f64()),
        most,
    };
    let at = |place: usize| {
        width
            .saturating_mul(u32::try_from(place + 1).unwrap_or(u32::MAX))
            .as_secs_f64()
    };
    let line = |rates: &[f64]| {
        let start = std::iter::once((plot.x(0.0), plot.y(0.0)));
        let rest = rates.iter().enumerate();
        points(start.chain(rest.map(|(place, rate)| (plot.x(at(place)), plot.y(*rate)))))
    };
    let ends = points([
        (plot.x(at(created.len().saturating_sub(1))), plot.y(0.0)),
        (plot.x(0.0), plot.y(0.0)),
    ]);
    let label = format!(
        "Leads a second over {}: at most {}, against a limit of {}",
        crate::words::time(elapsed),
        rate(peak),
        limits_in_words(&limits),
    );
    Some(html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(label) {
            text.unit x="0" y="12" { "leads/s" }
            (axis::rows(&plot, step, words::round))
            (axis::time(&plot))
            polygon.created points=(format!("{} {ends}", line(&created))) {}
            polyline.answered points=(line(&answered)) {}
            (limit_line(&plot, &limits))
            @for (place, moment) in moments.iter().enumerate().filter(|(_, m)| m.throttled > 0) {
                (throttle_mark(&plot, plot.x(at(place)), moment.throttled))
            }
        }
    })
}

/// The time that the page is about: to the last answer, or to the end.
pub(super) fn span_of(record: &Record, elapsed: Duration) -> Duration {
    let slices = u32::try_from(record.pace.slices().len()).unwrap_or(u32::MAX);
    elapsed.max(record.pace.width().saturating_mul(slices))
}

/// What was counted a second in each slice and before it, over the limit's window: the limit bounds
/// that, and not what happens in a part of the window.
fn averages(
    moments: &[Moment],
    width: Duration,
    limits: &Limits,
    count: impl Fn(&Moment) -> u64,
) -> Vec<f64> {
    (0..moments.len())
        .map(|last| {
            let place = u32::try_from(last).unwrap_or(u32::MAX);
            let window = limits.at(width.saturating_mul(place)).per();
            let slices = window.as_nanos().div_ceil(width.as_nanos()).max(1);
            let slices = u32::try_from(slices).unwrap_or(u32::MAX);
            let first = (last + 1).saturating_sub(slices as usize);
            let counted = moments.iter().take(last + 1).skip(first).map(&count).sum();
            float(counted) / width.saturating_mul(slices).as_secs_f64()
        })
        .collect()
}

fn highest(rates: &[f64]) -> f64 {
    rates.iter().copied().fold(0.0, f64::max)
}

#[expect(clippy::cast_precision_loss, reason = "50")]
fn leads_per_second(limit: RateLimit) -> f64 {
    limit.calls_per_second() * MAX_LEADS as f64
}

/// `250 leads/s, then 100 leads/s`.
fn limits_in_words(limits: &[(f64, f64)]) -> String {
    let limits = limits
        .iter()
        .map(|(_, limit)| format!("{} leads/s", words::round(*limit)));
    limits.collect::<Vec<_>>().join(", then ")
}

/// The limit as a line that steps where another was learned, each part with its number.
fn limit_line(plot: &Plot, limits: &[(f64, f64)]) -> Markup {
    let ends = limits
        .iter()
        .skip(1)
        .map(|(at, _)| *at)
        .chain([plot.across.1]);
    let parts: Vec<_> = limits.iter().zip(ends).collect();
    let line = parts.iter().flat_map(|((from, limit), to)| {
        [
            (plot.x(*from), plot.y(*limit)),
            (plot.x(*to), plot.y(*limit)),
        ]
    });
    html! {
        polyline.limit points=(points(line)) {}
        @for ((from, limit), to) in parts {
            @let (left, right) = (plot.x(*from), plot.x(to));
            @let is_in_sight = *limit <= plot.most;
            @let arrow = if is_in_sight { "" } else { " ↑" };
            @let label = format!("limit {}{arrow}", words::round(*limit));
            // Where there is room for it.
            @if right.0 - left.0 >= 96.0 {
                text.limit x=(Px(right.0 - 4.0)) y=(Px(plot.y(*limit).0 - 7.0)) text-anchor="end" {
                    (label)
                }
            }
        }
    }
}

/// A mark at the foot of the plot, where calls were throttled.
fn throttle_mark(plot: &Plot, x: Px, calls: u64) -> Markup {
    let foot = plot.bottom;
    let corners = [
        (x, Px(foot - 9.0)),
        (Px(x.0 - 5.0), Px(foot)),
        (Px(x.0 + 5.0), Px(foot)),
    ];
    html! {
        polygon.throttled points=(points(corners)) {
            title { (crate::words::count(calls, "call")) " throttled" }
        }
    }
}

/// What a point of the chart stands for.
pub(in crate::page) fn averaged_over(record: &Record) -> String {
    let window = record.limits.at(Duration::MAX).per();
    let width = record.pace.width();
    if width > window {
        return format!("Each point is the average over {}.", span(width));
    }
    let window = span(window);
    format!(
        "Each point is the average over the last {window}, which is what the limit bounds: within \
         it, calls go out in bursts."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(answered: &[u64]) -> Vec<Moment> {
        let moment = |answered: &u64| Moment {
            answered: *answered,
            ..Moment::default()
        };
        answered.iter().map(moment).collect()
    }

    fn rates(answered: &[u64], limit: &str, width: u64) -> Vec<f64> {
        let limits = Limits::new(limit.parse().unwrap());
        let width = Duration::from_millis(width);
        averages(&moments(answered), width, &limits, |moment| moment.answered)
    }

    #[test]
    fn a_burst_within_the_window_is_not_over_the_limit() {
        // 2 calls in 1 s, both at once, and again a window later.
        let answered = [100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100];
        let rates = rates(&answered, "2/1s", 100);
        assert_eq!(rates, [100.0; 11]);
    }

    #[test]
    fn slices_wider_than_the_window_stand_for_themselves() {
        assert_eq!(rates(&[100, 0, 300], "2/1s", 2000), [50.0, 0.0, 150.0]);
    }
}
