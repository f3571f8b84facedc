//! Records that are given up, and where reading goes on after them.

use leadsquared_core::UnreadableRow;

use super::{Records, Step, record, unreadable};
use crate::csv::window::line_end;
use crate::rows::{EXCERPT, excerpt};

/// Lines are read again, after a record that was given up, as long as that makes no more than this
/// much of all that is read: a hostile file would have it done for every line.
const AGAIN: u64 = 4;
/// What may be read again in any case: so many records of the most bytes that one may have, and some
/// more for what was read beyond them. A quote that is never closed costs as much.
const AGAIN_RECORDS: u64 = 8;
const AGAIN_AT_LEAST: u64 = 4 << 20;

/// A line that is too long, on the way to its end.
pub(super) struct Skipping {
    line: u64,
    length: u64,
    start: Vec<u8>,
}

/// A record that is given up with all its lines, on the way through them.
pub(super) struct Rejecting {
    /// The line that it starts in.
    first: u64,
    reason: String,
    /// How many of its bytes are left.
    left: usize,
    /// Whether it ends with them; else the last line is where to go on.
    is_whole: bool,
}

impl Skipping {
    fn new(line: u64, bytes: &[u8]) -> Self {
        Self {
            line,
            length: bytes.len() as u64,
            // One more than is shown tells whether a character ends there.
            start: bytes[..bytes.len().min(EXCERPT + 1)].to_vec(),
        }
    }
}

impl Records {
    /// Gives up a record that may not be one: its first line, so that the lines after it are read
    /// again, each as the start of a record. Where that was done too often, all its lines.
    pub(super) fn give_up(&mut self, reason: String, is_whole: bool) -> Option<Step> {
        let line = self.window.line();
        let record = record(self.window.rest(), self.seen);
        let end = line_end(record).unwrap_or(record.len());
        let again = (record.len() - end) as u64;
        let at_least = AGAIN_RECORDS
            .saturating_mul(self.longest as u64)
            .saturating_add(AGAIN_AT_LEAST);
        let allowed = self.done.saturating_mul(AGAIN).saturating_add(at_least);
        if self.again + again <= allowed {
            let row = unreadable(line, reason, &record[..end]);
            self.again += again;
            self.pass(end);
            return Some(Step::Unreadable(row));
        }
        self.rejecting = Some(Rejecting {
            first: line,
            reason,
            left: self.seen,
            is_whole,
        });
        self.core.reset();
        self.seen = 0;
        None
    }

    /// Rejects the next line of a record without reading it again, if there is one.
    pub(super) fn reject_line(&mut self, mut rejecting: Rejecting) -> Option<Step> {
        let before = self.window.rest().len();
        self.window.pass_breaks();
        let rest = self.window.rest();
        rejecting.left = rejecting.left.saturating_sub(before - rest.len());
        let left = &rest[..rejecting.left];
        let end = match line_end(left) {
            Some(end) => end,
            None if rejecting.is_whole && !left.is_empty() => left.len(),
            None => return None,
        };
        let text = &left[..end];
        let number = self.window.line();
        let row = if self.names.len() > 1 && text.trim_ascii().is_empty() {
            None
        } else if number == rejecting.first {
            Some(unreadable(number, rejecting.reason.clone(), text))
        } else {
            let Rejecting { first, reason, .. } = &rejecting;
            let reason = format!("part of what starts in line {first}: {reason}");
            Some(unreadable(number, reason, text))
        };
        rejecting.left -= end;
        self.rejecting = Some(rejecting);
        self.pass(end);
        row.map(Step::Unreadable)
    }

    /// Gives up a record that is longer than any may be.
    pub(super) fn too_long(&mut self, is_whole: bool) -> Option<Step> {
        let start = &self.window.rest()[..=self.longest];
        if line_end(start).is_some() {
            let longest = self.longest;
            let reason = format!(
                "the record is too long: at most {longest} bytes are read, and a quote in it may \
                 never be closed"
            );
            return self.give_up(reason, is_whole);
        }
        self.skipping = Some(Skipping::new(self.window.line(), start));
        self.pass(start.len());
        None
    }

    /// Goes to the end of the line that is being skipped.
    pub(super) fn skip(&mut self, mut skipping: Skipping) -> Option<Step> {
        let rest = self.window.rest();
        let end = line_end(rest);
        let passed = end.unwrap_or(rest.len());
        skipping.length += passed as u64;
        self.pass(passed);
        if end.is_none() && !self.window.is_ended() {
            self.skipping = Some(skipping);
            return None;
        }
        let Skipping {
            line,
            length,
            start,
        } = skipping;
        Some(Step::Unreadable(UnreadableRow {
            number: line,
            reason: format!(
                "the record is too long: {length} bytes, and at most {} are read",
                self.longest
            ),
            raw: excerpt(&start, length),
        }))
    }
}
