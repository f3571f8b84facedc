//! How far a load is: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use leadsquared_adapter::Source;
use leadsquared_core::MAX_LEADS;
use leadsquared_ledger::Totals;
use leadsquared_sink::{Outcome, RateLimit};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::inputs::Opened;
use crate::observer::Watch;
use crate::talk::Talk;
use crate::words;

/// How often a bar moves.
const TICK: Duration = Duration::from_millis(200);
/// Every so many ticks the files are handed to the system.
const FLUSH_TICKS: u64 = 5;
/// Every so many ticks a line is said where there is no bar.
const LINE_TICKS: u64 = 25;

/// What has happened so far.
pub(crate) struct Counters {
    outcomes: [AtomicU64; Outcome::ALL.len()],
    throttled: AtomicU64,
    limit: Mutex<RateLimit>,
    read: Mutex<Read>,
}

/// How far reading is.
struct Read {
    rows: u64,
    /// Rows of inputs whose number of rows isn't known.
    uncounted_rows: u64,
    /// Bytes of those that are read to their end.
    uncounted_bytes: u64,
    /// The input that is being read, if its number of rows isn't known.
    current: Option<leadsquared_adapter::Progress>,
    is_counted: bool,
    ended: bool,
    extent: Extent,
}

/// How much there is to read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Extent {
    /// Rows of the inputs that say so.
    rows: u64,
    /// Bytes of those that don't.
    bytes: u64,
    /// There is a stream, which may have any length.
    is_open: bool,
}

impl Extent {
    pub(crate) fn of(inputs: &[Opened]) -> Self {
        let mut extent = Self::default();
        for input in inputs {
            match (input.rows, input.bytes) {
                (Some(rows), _) => extent.rows += rows,
                (None, Some(bytes)) => extent.bytes += bytes,
                (None, None) => extent.is_open = true,
            }
        }
        extent
    }
}

impl Counters {
    pub(crate) fn new(extent: Extent, limit: RateLimit) -> Self {
        Self {
            outcomes: Default::default(),
            throttled: AtomicU64::new(0),
            limit: Mutex::new(limit),
            read: Mutex::new(Read {
                rows: 0,
                uncounted_rows: 0,
                uncounted_bytes: 0,
                current: None,
                is_counted: true,
                ended: false,
                extent,
            }),
        }
    }

    pub(crate) fn settle(&self, outcome: Outcome) {
        if let Some(counter) = self.outcomes.get(outcome as usize) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// So many rows had come to their end before.
    pub(crate) fn settled_earlier(&self, earlier: &Totals) {
        for outcome in Outcome::ALL {
            if let Some(counter) = self.outcomes.get(outcome as usize) {
                counter.fetch_add(earlier.of(outcome), Ordering::Relaxed);
            }
        }
    }

    pub(crate) fn throttle(&self) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn learn(&self, limit: RateLimit) {
        *lock(&self.limit) = limit;
    }

    /// The next input is read from here on.
    pub(crate) fn begin(&self, source: &Source) {
        let mut read = lock(&self.read);
        read.end_current();
        read.is_counted = source.rows().is_some();
        read.current = Some(source.progress());
    }

    /// So many rows of the current input have been read, or needn't be.
    pub(crate) fn read(&self, rows: u64) {
        let mut read = lock(&self.read);
        read.rows += rows;
        if !read.is_counted {
            read.uncounted_rows += rows;
        }
    }

    /// All inputs have been read.
    pub(crate) fn end(&self) {
        lock(&self.read).ended = true;
    }

    /// Whether all inputs have been read.
    pub(crate) fn is_ended(&self) -> bool {
        let read = lock(&self.read);
        let is_counted = read.extent.bytes == 0 && !read.extent.is_open;
        read.ended || (is_counted && read.rows >= read.extent.rows)
    }

    fn of(&self, outcome: Outcome) -> u64 {
        self.outcomes
            .get(outcome as usize)
            .map_or(0, |counter| counter.load(Ordering::Relaxed))
    }

    /// How the load stands, `elapsed` after its start.
    fn standing(&self, elapsed: Duration) -> Standing {
        let rows = Outcome::ALL.map(|outcome| self.of(outcome)).iter().sum();
        Standing {
            rows,
            total: lock(&self.read).total(),
            created: self.of(Outcome::Created),
            rejected: self.of(Outcome::Rejected),
            duplicate: self.of(Outcome::Duplicate),
            throttled: self.throttled.load(Ordering::Relaxed),
            limit: *lock(&self.limit),
            elapsed,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Counting doesn't panic, so a poisoned lock still guards whole data.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Read {
    fn end_current(&mut self) {
        if let Some(current) = self.current.take()
            && !self.is_counted
        {
            self.uncounted_bytes += current.bytes_read();
        }
    }

    /// How many rows there are in all, as far as that can be told.
    fn total(&self) -> Option<Total> {
        if self.ended {
            return Some(Total::Known(self.rows));
        }
        if self.extent.is_open {
            return None;
        }
        if self.extent.bytes == 0 {
            return Some(Total::Known(self.extent.rows));
        }
        let current = self.current.as_ref().filter(|_| !self.is_counted);
        let bytes =
            self.uncounted_bytes + current.map_or(0, leadsquared_adapter::Progress::bytes_read);
        let estimate = u128::from(self.uncounted_rows) * u128::from(self.extent.bytes)
            / u128::from(bytes.max(1));
        let estimate = u64::try_from(estimate).ok()?;
        (estimate > 0).then_some(Total::About(self.extent.rows + estimate))
    }
}

/// How many rows there are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Total {
    Known(u64),
    /// Judged by the bytes read so far.
    About(u64),
}

impl Total {
    fn rows(self) -> u64 {
        match self {
            Self::Known(rows) | Self::About(rows) => rows,
        }
    }
}

/// How a load stands.
struct Standing {
    /// Rows that have come to their end.
    rows: u64,
    total: Option<Total>,
    created: u64,
    rejected: u64,
    duplicate: u64,
    throttled: u64,
    limit: RateLimit,
    elapsed: Duration,
}

impl Standing {
    /// `1,250 of 10,000 rows, 248 leads/s, 3 rejected, 35 s left`.
    fn line(&self) -> String {
        let mut parts = vec![match self.total {
            Some(Total::Known(total)) => {
                format!(
                    "{} of {}",
                    words::number(self.rows),
                    words::count(total, "row")
                )
            }
            Some(Total::About(total)) => {
                format!(
                    "{} of about {}",
                    words::number(self.rows),
                    words::count(total, "row")
                )
            }
            None => words::count(self.rows, "row"),
        }];
        parts.push(format!(
            "{} leads/s",
            words::rate(self.per_second(self.created))
        ));
        let counts = [
            (self.rejected, "rejected"),
            (self.duplicate, "duplicate"),
            (self.throttled, "throttled"),
        ];
        for (count, name) in counts.into_iter().filter(|(count, _)| *count > 0) {
            parts.push(format!("{} {name}", words::number(count)));
        }
        if let Some(left) = self.left() {
            parts.push(format!("{} left", words::time(left)));
        }
        parts.join(", ")
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    fn per_second(&self, count: u64) -> f64 {
        count as f64 / self.elapsed.as_secs_f64().max(0.001)
    }

    /// The time left: at the speed so far, but never faster than the limit allows.
    #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
    fn left(&self) -> Option<Duration> {
        let rows = self.total?.rows().checked_sub(self.rows)?;
        if self.rows == 0 || rows == 0 {
            return None;
        }
        let at_this_speed = rows as f64 / self.per_second(self.rows);
        let at_the_limit = rows as f64 / (MAX_LEADS as f64 * self.limit.calls_per_second());
        Duration::try_from_secs_f64(at_this_speed.max(at_the_limit)).ok()
    }
}

/// Shows the counters while a load runs.
pub(crate) struct Progress {
    counters: Arc<Counters>,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Shows `counters` on standard error.
    pub(crate) fn new(counters: Arc<Counters>) -> Self {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let bar = (std::io::stderr().is_terminal() && !is_dumb).then(|| {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
                .with_style(spinner_style())
        });
        Self { counters, bar }
    }

    /// Talk that goes with it.
    pub(crate) fn talk(&self) -> Talk {
        self.bar.clone().map_or_else(Talk::default, Talk::above)
    }

    /// Shows it, and keeps the watch's files fresh, until it is dropped.
    pub(crate) async fn run(self, watch: Arc<Watch>, talk: Talk) {
        let start = Instant::now();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first comes at once.
        ticks.tick().await;
        for tick in 1_u64.. {
            ticks.tick().await;
            if tick.is_multiple_of(FLUSH_TICKS) {
                watch.flush();
            }
            let standing = self.counters.standing(start.elapsed());
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
    ProgressStyle::with_template("{bar:20} {percent:>3}% {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn spinner_style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

#[cfg(test)]
mod tests {
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
            counters.standing(Duration::from_secs(5)).line(),
            "1,251 of 10,000 rows, 250 leads/s, 1 rejected, 1 throttled, 34 s left"
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
        let line = counters.standing(Duration::from_millis(100)).line();
        assert!(line.ends_with(", 2.0 s left"), "{line}");
    }

    #[test]
    fn a_stream_has_no_end_until_it_ends() {
        let counters = counters(Extent {
            is_open: true,
            ..Extent::default()
        });
        counters.settle(Outcome::Created);
        let line = || counters.standing(Duration::from_secs(1)).line();
        assert_eq!(line(), "1 row, 1.0 leads/s");
        counters.read(2);
        counters.end();
        assert_eq!(line(), "1 of 2 rows, 1.0 leads/s, 1.0 s left");
    }
}
