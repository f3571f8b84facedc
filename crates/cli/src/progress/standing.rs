//! How a load stands, in words.

use std::time::Duration;

use leadsquared_core::MAX_LEADS;

use super::counters::Limit;
use super::extent::Total;
use crate::words;

/// How a load stands.
pub(super) struct Standing {
    /// Rows that have come to their end.
    pub(super) rows: u64,
    pub(super) total: Option<Total>,
    pub(super) rejected: u64,
    pub(super) duplicate: u64,
    pub(super) unconfirmed: u64,
    pub(super) throttled: u64,
    pub(super) limit: Limit,
    /// Rows a second, once that can be told.
    pub(super) speed: Option<f64>,
}

impl Standing {
    /// `1,250 of 10,000 rows, 240 of 250 rows/s, 3 rejected, about 35 s left`.
    pub(super) fn line(&self) -> String {
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
        parts.extend(self.pace());
        let counts = [
            (self.rejected, "rejected"),
            (self.duplicate, "duplicate"),
            (self.unconfirmed, "unconfirmed"),
            (self.throttled, "throttled"),
        ];
        for (count, name) in counts.into_iter().filter(|(count, _)| *count > 0) {
            parts.push(format!("{} {name}", words::number(count)));
        }
        if let Some(left) = self.left() {
            parts.push(format!("about {} left", words::time(left)));
        }
        parts.join(", ")
    }

    /// The speed beside what the limit allows: `99 of 100 rows/s (learned: 10 calls in 5 s)`.
    fn pace(&self) -> Option<String> {
        let speed = words::rate(self.speed?);
        let most = words::rate(self.at_the_limit());
        let learned = if self.limit.is_learned {
            format!(" (learned: {})", words::limit(self.limit.now))
        } else {
            String::new()
        };
        Some(format!("{speed} of {most} rows/s{learned}"))
    }

    /// Rows a second, if every call of the limit is made and is full.
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    fn at_the_limit(&self) -> f64 {
        MAX_LEADS as f64 * self.limit.now.calls_per_second()
    }

    /// The time left: at the speed of late, but never faster than the limit allows.
    #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
    fn left(&self) -> Option<Duration> {
        let rows = self.total?.rows().checked_sub(self.rows)?;
        let speed = self
            .speed
            .filter(|speed| *speed > 0.0)?
            .min(self.at_the_limit());
        if rows == 0 {
            return None;
        }
        Duration::try_from_secs_f64(rows as f64 / speed).ok()
    }
}
