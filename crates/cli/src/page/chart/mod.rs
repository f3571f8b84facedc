//! Pictures, drawn as SVG: the books, the pace, the time that calls took.

mod axis;
mod bar;
mod latency;
mod pace;

use std::fmt;
use std::time::Duration;

pub(super) use bar::{books_bar, swatch};
pub(super) use latency::{latency_over_time, latency_spread};
pub(super) use pace::{averaged_over, pace};

/// A place in a picture; a tenth of a pixel is exact enough.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
struct Px(f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}", self.0)
    }
}

/// The part of a picture in which data are drawn, and the values at its edges.
struct Plot {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    /// The values at the left and at the right.
    across: (f64, f64),
    /// The value at the top; at the bottom there is 0.
    most: f64,
}

impl Plot {
    fn x(&self, value: f64) -> Px {
        let (from, to) = self.across;
        let share = (value - from) / (to - from).max(f64::MIN_POSITIVE);
        Px(self.left + share.clamp(0.0, 1.0) * (self.right - self.left))
    }

    fn y(&self, value: f64) -> Px {
        let share = value / self.most.max(f64::MIN_POSITIVE);
        Px(self.bottom - share.clamp(0.0, 1.0) * (self.bottom - self.top))
    }
}

/// Points for a `polyline`, or a `path` that is made of one.
fn points(points: impl IntoIterator<Item = (Px, Px)>) -> String {
    let points = points.into_iter().map(|(x, y)| format!("{x},{y}"));
    points.collect::<Vec<_>>().join(" ")
}

#[expect(clippy::cast_precision_loss, reason = "for a picture")]
fn float(number: u64) -> f64 {
    number as f64
}

/// Milliseconds.
fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
