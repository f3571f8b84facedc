//! Bytes to records, each checked on its own.
//!
//! `csv-core` finds the records and takes the quotes off their fields; whether a record may become a
//! row is decided here. A record that is wrong about its quotes, or too long, is given up with its
//! first line only, and reading goes on with the line after that: a quote that is never closed costs
//! the row that it is in, not all rows after it.

mod given_up;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use leadsquared_core::UnreadableRow;
use memchr::memchr;

use self::given_up::{Rejecting, Skipping};
use super::fields::{Fields, Record};
use super::quotes::{self, Flaw};
use super::window::Window;
use crate::Delimiter;
use crate::rows::excerpt;

/// More columns than any account has fields; beyond it, a batch would take too much memory.
const MAX_COLUMNS: usize = 2000;

/// What comes next in a file.
pub(super) enum Found<'a> {
    Record(Record<'a>),
    Unreadable(UnreadableRow),
}

/// Finds the records in bytes that come in pieces.
pub(super) struct Records {
    core: Reader,
    delimiter: u8,
    longest: usize,
    /// The columns' names; none before the header.
    names: Vec<String>,
    pub(super) window: Window,
    /// How much of the window the parser has seen.
    seen: usize,
    fields: Fields,
    skipping: Option<Skipping>,
    rejecting: Option<Rejecting>,
    /// The lines that are done with, in bytes, and what was read more than once.
    done: u64,
    again: u64,
}

/// What the parser came to.
enum Step {
    /// A record, which fits.
    Record {
        line: u64,
    },
    Unreadable(UnreadableRow),
}

impl Records {
    /// Records as they follow in the window, the first of which is the header.
    pub(super) fn new(window: Window, delimiter: Delimiter, longest: usize) -> Self {
        let delimiter = delimiter.byte();
        Self {
            core: ReaderBuilder::new().delimiter(delimiter).build(),
            delimiter,
            longest,
            names: Vec::new(),
            window,
            seen: 0,
            fields: Fields::new(MAX_COLUMNS),
            skipping: None,
            rejecting: None,
            done: 0,
            again: 0,
        }
    }

    /// From here on, records have these fields.
    pub(super) fn expect(&mut self, names: Vec<String>) {
        self.fields.limit(names.len());
        self.names = names;
    }

    /// The next record, or `None` if it takes more bytes or there is none.
    pub(super) fn next(&mut self) -> Option<Found<'_>> {
        let line = match self.step()? {
            Step::Unreadable(row) => return Some(Found::Unreadable(row)),
            Step::Record { line } => line,
        };
        Some(Found::Record(self.fields.record(line)))
    }

    fn step(&mut self) -> Option<Step> {
        loop {
            if let Some(skipping) = self.skipping.take() {
                return self.skip(skipping);
            }
            if let Some(rejecting) = self.rejecting.take() {
                match self.reject_line(rejecting) {
                    None => continue,
                    step => return step,
                }
            }
            if self.seen == 0 {
                self.fields.clear();
                self.window.pass_breaks();
            }
            let rest = self.window.rest();
            let is_last = self.window.is_ended() && self.seen > 0;
            if rest.len() == self.seen && !is_last {
                return None;
            }
            let (result, taken) = self.fields.read(&mut self.core, rest, self.seen);
            self.seen += taken;
            let step = match result {
                ReadRecordResult::Record => self.judge(),
                ReadRecordResult::InputEmpty if self.seen > self.longest => self.too_long(false),
                _ => None,
            };
            if step.is_some() {
                return step;
            }
        }
    }

    /// Decides on the record that was found; a line of nothing but white space is none.
    fn judge(&mut self) -> Option<Step> {
        let record = record(self.window.rest(), self.seen);
        if record.len() > self.longest {
            return self.too_long(true);
        }
        let has_quotes = memchr(b'"', record).is_some();
        if has_quotes && let Some(flaw) = quotes::check(record, self.delimiter) {
            let reason = self.describe(flaw);
            return self.give_up(reason, true);
        }
        let count = self.fields.count();
        if !has_quotes && count == 1 && self.names.len() > 1 && record.trim_ascii().is_empty() {
            self.pass(self.seen);
            return None;
        }
        let line = self.window.line();
        let step = match self.misfit() {
            None => Step::Record { line },
            Some(reason) => Step::Unreadable(unreadable(line, reason, record)),
        };
        self.pass(self.seen);
        Some(step)
    }

    /// Why the record doesn't go with the header, if it doesn't.
    fn misfit(&self) -> Option<String> {
        let count = self.fields.count();
        let expected = self.names.len();
        if expected == 0 && count > MAX_COLUMNS {
            return Some(format!(
                "{count} columns, and at most {MAX_COLUMNS} are read"
            ));
        }
        if expected > 0 && count != expected {
            let fields = if expected == 1 { "field" } else { "fields" };
            return Some(format!("expected {expected} {fields}, found {count}"));
        }
        let (field, byte) = self.fields.not_utf8()?;
        Some(format!(
            "{} is not UTF-8 (byte 0x{byte:02X})",
            self.column(field)
        ))
    }

    fn describe(&self, flaw: Flaw) -> String {
        match flaw {
            Flaw::Unclosed { field } => {
                format!(
                    "the quote that opens {} is never closed",
                    self.column(field)
                )
            }
            Flaw::TextAfter { field } => format!(
                "{} goes on after its closing quote; inside quotes, a quote is written twice",
                self.column(field)
            ),
        }
    }

    fn column(&self, field: usize) -> String {
        match self.names.get(field) {
            Some(name) => format!("column \"{name}\""),
            None => format!("field {}", field + 1),
        }
    }

    /// Is done with the next `length` bytes, and begins a record after them.
    fn pass(&mut self, length: usize) {
        if length < self.seen || self.skipping.is_some() {
            self.core.reset();
        }
        self.window.pass(length);
        self.done += length as u64;
        self.seen = 0;
    }
}

/// The first `seen` bytes of `rest` without the line break at their end.
fn record(rest: &[u8], seen: usize) -> &[u8] {
    let record = &rest[..seen];
    let breaks = usize::from(matches!(record.last(), Some(b'\r' | b'\n')));
    &record[..seen - breaks]
}

fn unreadable(number: u64, reason: String, bytes: &[u8]) -> UnreadableRow {
    UnreadableRow {
        number,
        reason,
        raw: excerpt(bytes, bytes.len() as u64),
    }
}
