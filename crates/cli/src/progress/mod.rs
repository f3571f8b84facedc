//! How far a load is: a bar on a terminal, a line now and then elsewhere.

mod counters;
mod extent;
mod speed;
mod standing;

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::observer::Watch;
use crate::talk::{self, Talk};

pub(crate) use counters::Counters;
pub(crate) use extent::Extent;
use speed::Speed;
use standing::Standing;

/// How often a bar moves.
const TICK: Duration = Duration::from_millis(200);
/// Every so many ticks the files are handed to the system.
const FLUSH_TICKS: u64 = 5;
/// Every so many ticks a line is said where there is no bar.
const LINE_TICKS: u64 = 25;

/// Shows the counters while a load runs.
pub(crate) struct Progress {
    counters: Arc<Counters>,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Shows `counters` on standard error.
    pub(crate) fn new(counters: Arc<Counters>) -> Self {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let is_wanted = std::io::stderr().is_terminal() && !is_dumb && !talk::is_quiet();
        let bar = is_wanted.then(|| {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
                .with_style(spinner_style())
        });
        talk::above(bar.clone());
        Self { counters, bar }
    }

    /// Shows it, and keeps the watch's files fresh, until it is dropped.
    pub(crate) async fn run(self, watch: Arc<Watch>, talk: Talk) {
        let start = Instant::now();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first comes at once.
        ticks.tick().await;
        let mut speed = Speed::default();
        speed.at(Duration::ZERO, 0);
        for tick in 1_u64.. {
            ticks.tick().await;
            if tick.is_multiple_of(FLUSH_TICKS) {
                watch.flush();
            }
            let speed = speed.at(start.elapsed(), self.counters.settled());
            let standing = self.counters.standing(speed);
            match &self.bar {
                Some(bar) => show(bar, &standing),
                None if tick.is_multiple_of(LINE_TICKS) => talk.say(standing.line()),
                None => {}
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
            talk::above(None);
        }
    }
}

fn show(bar: &ProgressBar, standing: &Standing) {
    if let Some(total) = standing.total {
        if bar.length().is_none() {
            bar.set_style(bar_style());
        }
        bar.set_length(total.rows());
    }
    bar.set_position(standing.rows);
    bar.set_message(standing.line());
}

fn bar_style() -> ProgressStyle {
    ProgressStyle::with_template("[{bar:20}] {percent:>3}%  {wide_msg}").map_or_else(
        |_| ProgressStyle::default_bar(),
        |style| style.progress_chars("#> "),
    )
}

fn spinner_style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

#[cfg(test)]
mod tests {
    use leadsquared_ledger::Totals;
    use leadsquared_sink::{Outcome, RateLimit};

    use super::*;

    fn counters(extent: Extent) -> Counters {
        Counters::new(extent, RateLimit::default())
    }

    #[test]
    fn a_line_tells_rows_speed_troubles_and_the_time_left() {
        let counters = counters(Extent {
            rows: 10_000,
            ..Extent::default()
        });
        for _ in 0..1250 {
            counters.settle(Outcome::Created);
        }
        counters.settle(Outcome::Rejected);
        counters.throttle();
        assert_eq!(
            counters.standing(Some(240.0)).line(),
            "1,251 of 10,000 rows, 240 of 250 rows/s, 1 rejected, 1 throttled, about 36 s left"
        );
        counters.learn("10/5s".parse().unwrap());
        counters.settle(Outcome::Unconfirmed);
        assert_eq!(
            counters.standing(Some(99.0)).line(),
            "1,252 of 10,000 rows, 99 of 100 rows/s (learned: 10 calls in 5 s), 1 rejected, \
             1 unconfirmed, 1 throttled, about 1 min 28 s left"
        );
    }

    #[test]
    fn the_time_left_is_never_less_than_the_limit_allows() {
        let counters = counters(Extent {
            rows: 1500,
            ..Extent::default()
        });
        for _ in 0..1000 {
            counters.settle(Outcome::Created);
        }
        // The first window's calls go out at once, but 500 leads take 2 s at 250 leads/s.
        let line = counters.standing(Some(10_000.0)).line();
        assert!(line.ends_with(", about 2.0 s left"), "{line}");
    }

    #[test]
    fn what_was_settled_earlier_is_counted_and_makes_no_speed() {
        let counters = counters(Extent {
            rows: 1000,
            ..Extent::default()
        });
        counters.settled_earlier(&Totals {
            created: 700,
            ..Totals::default()
        });
        counters.settle(Outcome::Created);
        assert_eq!(counters.settled(), 1);
        let line = counters.standing(None).line();
        assert_eq!(line, "701 of 1,000 rows");
    }

    #[test]
    fn a_stream_has_no_end_until_it_ends() {
        let counters = counters(Extent {
            is_open: true,
            ..Extent::default()
        });
        counters.settle(Outcome::Created);
        let line = || counters.standing(Some(1.0)).line();
        assert_eq!(line(), "1 row, 1.0 of 250 rows/s");
        counters.read(2);
        counters.end();
        assert_eq!(line(), "1 of 2 rows, 1.0 of 250 rows/s, about 1.0 s left");
    }
}
