//! How much there is to read, and how far reading is.

use leadsquared_adapter::Source;

use crate::inputs::Opened;

/// How much there is to read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Extent {
    /// Rows of the inputs that say so.
    pub(super) rows: u64,
    /// Bytes of those that don't.
    pub(super) bytes: u64,
    /// There is a stream, which may have any length.
    pub(super) is_open: bool,
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

/// How far reading is.
pub(super) struct Read {
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

impl Read {
    pub(super) fn new(extent: Extent) -> Self {
        Self {
            rows: 0,
            uncounted_rows: 0,
            uncounted_bytes: 0,
            current: None,
            is_counted: true,
            ended: false,
            extent,
        }
    }

    /// The next input is read from here on.
    pub(super) fn begin(&mut self, source: &Source) {
        self.end_current();
        self.is_counted = source.rows().is_some();
        self.current = Some(source.progress());
    }

    /// So many rows of the current input have been read.
    pub(super) fn add(&mut self, rows: u64) {
        self.rows += rows;
        if !self.is_counted {
            self.uncounted_rows += rows;
        }
    }

    /// All inputs have been read.
    pub(super) fn end(&mut self) {
        self.ended = true;
    }

    pub(super) fn is_ended(&self) -> bool {
        let is_counted = self.extent.bytes == 0 && !self.extent.is_open;
        self.ended || (is_counted && self.rows >= self.extent.rows)
    }

    fn end_current(&mut self) {
        if let Some(current) = self.current.take()
            && !self.is_counted
        {
            self.uncounted_bytes += current.bytes_read();
        }
    }

    /// How many rows there are in all, as far as that can be told.
    pub(super) fn total(&self) -> Option<Total> {
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
pub(super) enum Total {
    Known(u64),
    /// Judged by the bytes read so far.
    About(u64),
}

impl Total {
    pub(super) fn rows(self) -> u64 {
        match self {
            Self::Known(rows) | Self::About(rows) => rows,
        }
    }
}
