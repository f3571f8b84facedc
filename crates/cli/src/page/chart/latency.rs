//! How long calls took: over time, and how often how long.

use std::time::Duration;

use maud::{Markup, html};

use super::pace::span_of;
use super::{Plot, Px, axis, float, millis, points};
use crate::page::latency::{Bar, Latencies};
use crate::page::record::Record;
use crate::page::words;
use crate::words::{count, number};

const WIDTH: f64 = 446.0;
const HEIGHT: f64 = 220.0;
/// The most points of a line: of fewer calls a percentile says little.
const MOST_POINTS: usize = 32;

/// Median and 95th percentile over time; none if no call was answered.
pub(in crate::page) fn latency_over_time(record: &Record, elapsed: Duration) -> Option<Markup> {
    let points_of = |percent| percentiles(record, percent);
    let (median, high) = (points_of(50), points_of(95));
    let highest = high.iter().map(|(_, millis)| *millis).fold(0.0, f64::max);
    if high.is_empty() {
        return None;
    }
    let (most, step) = axis::scale(highest);
    let across = (0.0, span_of(record, elapsed).as_secs_f64());
    let plot = plot(across, most);
    let place = |(time, millis): &(f64, f64)| (plot.x(*time), plot.y(*millis));
    let band = high.iter().chain(median.iter().rev()).map(place);
    let label = format!(
        "Latency over time: the 95th percentile is {} at most",
        in_words(highest)
    );
    Some(html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(label) {
            (axis::rows(&plot, step, in_words))
            (axis::time(&plot))
            polygon.band points=(points(band)) {}
            polyline.high points=(points(high.iter().map(place))) {}
            polyline.median points=(points(median.iter().map(place))) {}
            @if let [only] = median.as_slice() {
                circle.median cx=(place(only).0) cy=(place(only).1) r="3" {}
            }
        }
    })
}

/// Milliseconds, as an axis has them.
fn in_words(millis: f64) -> String {
    match millis {
        0.0 => "0".to_owned(),
        _ => words::latency(Duration::from_secs_f64(millis / 1000.0)),
    }
}

/// A percentile of each slice in which calls were answered: the slice's middle in seconds, and
/// milliseconds.
fn percentiles(record: &Record, percent: u64) -> Vec<(f64, f64)> {
    let width = record.pace.width().as_secs_f64();
    let slices = record.pace.slices();
    let together = slices.len().div_ceil(MOST_POINTS).max(1);
    let groups = slices.chunks(together).enumerate();
    let points = groups.filter_map(|(place, group)| {
        let mut latencies = Latencies::default();
        for moment in group {
            latencies.absorb(moment.latencies.clone());
        }
        let time = (float(place as u64) + 0.5) * width * float(together as u64);
        Some((time, millis(latencies.percentile(percent)?)))
    });
    points.collect()
}

/// How many calls took how long, on a logarithmic scale; none if no call was answered.
pub(in crate::page) fn latency_spread(latencies: &Latencies) -> Option<Markup> {
    let bars = latencies.bars();
    let (first, last) = (bars.first()?, bars.last()?);
    let calls = bars.iter().map(|bar| bar.calls).max().unwrap_or(0);
    let (most, step) = axis::scale(float(calls));
    // There are no halves of calls.
    let step = step.max(1.0);
    let plot = plot((log(first.from), log(last.to)), most.max(step));
    let label = format!("How long {} took", count(latencies.count(), "call"));
    Some(html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(label) {
            (axis::rows(&plot, step, words::round))
            (axis::log_time(&plot))
            @for bar in bars.iter().filter(|bar| bar.calls > 0) {
                (spread_bar(&plot, bar))
            }
        }
    })
}

fn spread_bar(plot: &Plot, bar: &Bar) -> Markup {
    let (left, right) = (plot.x(log(bar.from)), plot.x(log(bar.to)));
    let top = plot.y(float(bar.calls));
    let (from, to) = (words::latency(bar.from), words::latency(bar.to));
    html! {
        rect.spread x=(Px(left.0 + 0.5)) y=(top)
            width=(Px((right.0 - left.0 - 1.0).max(1.0))) height=(Px(plot.bottom - top.0))
        {
            title { (number(bar.calls)) ": " (from) " to " (to) }
        }
    }
}

/// The logarithm of a time; nothing that is measured is less than a microsecond.
fn log(time: Duration) -> f64 {
    millis(time).max(0.001).ln()
}

fn plot(across: (f64, f64), most: f64) -> Plot {
    Plot {
        left: 60.0,
        right: WIDTH - 14.0,
        top: 10.0,
        bottom: HEIGHT - 28.0,
        across,
        most,
    }
}
