//! Axes: round numbers at even distances, with lines across the plot.

use std::time::Duration;

use maud::{Markup, html};

use super::{Plot, Px};
use crate::page::words;

/// How much wider than its text's middle a label may be, so that neighbours don't touch.
const LABEL_WIDTH: f64 = 64.0;

/// The least of 1, 2 and 5 times a power of ten that is not less.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    let factor = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|factor| factor * power >= value * 0.999_999);
    factor.unwrap_or(10.0) * power
}

/// The top of an axis that goes to this value at least, and the step of its lines.
pub(super) fn scale(most: f64) -> (f64, f64) {
    let most = if most.is_finite() && most > 0.0 {
        most
    } else {
        1.0
    };
    let step = round_up(most / 4.0);
    ((most / step).ceil() * step, step)
}

/// Lines across the plot, each with its value.
pub(super) fn rows(plot: &Plot, step: f64, label: impl Fn(f64) -> String) -> Markup {
    let values = (0..=10_u8).map(|count| f64::from(count) * step);
    html! {
        @for value in values.take_while(|value| *value <= plot.most * 1.001) {
            @let y = plot.y(value);
            line.grid.base[value == 0.0] x1=(Px(plot.left)) x2=(Px(plot.right)) y1=(y) y2=(y) {}
            text.tick x=(Px(plot.left - 8.0)) y=(Px(y.0 + 4.0)) text-anchor="end" { (label(value)) }
        }
    }
}

/// Steps of a time axis, in seconds.
const TIME_STEPS: [f64; 24] = [
    0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0,
    3600.0, 7200.0, 10_800.0, 21_600.0, 43_200.0, 86_400.0, 172_800.0, 604_800.0,
];

/// The time since the start, below the plot, in seconds.
pub(super) fn time(plot: &Plot) -> Markup {
    let (_, to) = plot.across;
    let most = ((plot.right - plot.left) / LABEL_WIDTH).floor();
    let step = TIME_STEPS.into_iter().find(|step| to / step <= most);
    let step = step.unwrap_or_else(|| round_up(to / most));
    let times = (0..=u16::MAX).map(|count| f64::from(count) * step);
    html! {
        @for time in times.take_while(|time| *time <= to * 1.000_001) {
            (mark(plot, plot.x(time), &words::since_start(time)))
        }
    }
}

/// Times on a logarithmic scale, of which the plot has the natural logarithms of milliseconds.
pub(super) fn log_time(plot: &Plot) -> Markup {
    let (from, to) = plot.across;
    let ticks =
        (-3..10).flat_map(|power| [1.0, 2.0, 5.0].map(|factor| factor * 10_f64.powi(power)));
    let inside: Vec<f64> = ticks
        .filter(|tick| (from..=to).contains(&tick.ln()))
        .collect();
    let most = (plot.right - plot.left) / LABEL_WIDTH;
    // As many as there is room for, evenly: all, or the powers of ten alone.
    let is_crowded = f64::from(u16::try_from(inside.len()).unwrap_or(u16::MAX)) > most;
    let is_power = |tick: f64| (tick.log10() - tick.log10().round()).abs() < 1e-9;
    html! {
        @for tick in inside.into_iter().filter(|tick| !is_crowded || is_power(*tick)) {
            @let label = words::latency(Duration::from_secs_f64(tick / 1000.0));
            (mark(plot, plot.x(tick.ln()), &label))
        }
    }
}

/// A mark below the plot.
fn mark(plot: &Plot, x: Px, label: &str) -> Markup {
    html! {
        line.mark x1=(x) x2=(x) y1=(Px(plot.bottom)) y2=(Px(plot.bottom + 5.0)) {}
        text.tick x=(x) y=(Px(plot.bottom + 19.0)) text-anchor="middle" { (label) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number_with_a_few_lines_below() {
        for (most, expected) in [
            (250.0, (300.0, 100.0)),
            (1.0, (1.0, 0.5)),
            (0.07, (0.08, 0.02)),
            (5000.0, (6000.0, 2000.0)),
        ] {
            let (top, step) = scale(most);
            assert!((top - expected.0).abs() < 1e-9, "{most}: {top}");
            assert!((step - expected.1).abs() < 1e-9, "{most}: {step}");
        }
        for nonsense in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(scale(nonsense), (1.0, 0.5));
        }
    }

    #[test]
    fn a_time_axis_has_room_for_its_labels_however_long_the_run() {
        for seconds in [0.1, 1.9, 60.0, 3601.0, 86_400.0, 1e9] {
            let plot = Plot {
                left: 0.0,
                right: 640.0,
                top: 0.0,
                bottom: 100.0,
                across: (0.0, seconds),
                most: 1.0,
            };
            let labels = time(&plot).into_string().matches("<text").count();
            assert!((2..=11).contains(&labels), "{seconds}: {labels}");
        }
    }
}
