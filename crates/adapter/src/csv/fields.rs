//! The fields of a record, without their quotes.

use csv_core::{ReadRecordResult, Reader};

/// A record, without quotes.
pub(super) struct Record<'a> {
    /// The line that it starts in.
    pub(super) line: u64,
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> Record<'a> {
    pub(super) fn fields(&self) -> impl Iterator<Item = &'a str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let text = self.text;
        // Fields end between characters: the text is valid, and delimiters are ASCII.
        starts
            .zip(self.ends)
            .map(move |(start, &end)| text.get(start..end).unwrap_or_default())
    }
}

/// The fields of the record that is being read.
pub(super) struct Fields {
    /// The text of all fields, one after the other; as long as the bytes that it comes from.
    text: Vec<u8>,
    written: usize,
    /// Where the fields end in it; those that are too many are only counted.
    ends: Vec<usize>,
    count: usize,
}

impl Fields {
    /// Room for so many fields; more are only counted.
    pub(super) fn new(most: usize) -> Self {
        Self {
            text: Vec::new(),
            written: 0,
            ends: vec![0; most],
            count: 0,
        }
    }

    /// There will be no more than so many fields.
    pub(super) fn limit(&mut self, most: usize) {
        self.ends.truncate(most);
    }

    /// How many fields there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The number of the first field that isn't UTF-8, from 0, and the byte that no text has there.
    pub(super) fn not_utf8(&self) -> Option<(usize, u8)> {
        let text = &self.text[..self.written];
        let at = str::from_utf8(text).err()?.valid_up_to();
        let field = self
            .ends
            .iter()
            .take(self.count)
            .take_while(|&&end| end <= at)
            .count();
        Some((field, text[at]))
    }

    /// The record that was read; there is text in it only if all of it is [UTF-8](Self::not_utf8).
    pub(super) fn record(&self, line: u64) -> Record<'_> {
        Record {
            line,
            text: str::from_utf8(&self.text[..self.written]).unwrap_or_default(),
            ends: &self.ends[..self.count.min(self.ends.len())],
        }
    }

    pub(super) fn clear(&mut self) {
        self.written = 0;
        self.count = 0;
    }

    /// Has the parser go on in `bytes`, and tells how far it came.
    pub(super) fn read(
        &mut self,
        core: &mut Reader,
        bytes: &[u8],
        seen: usize,
    ) -> (ReadRecordResult, usize) {
        let input = &bytes[seen..];
        // Without quotes the text is no longer than with them; the parser wants room even for none.
        let room = self.written + input.len() + 1;
        if self.text.len() < room {
            self.text.resize(room, 0);
        }
        let text = &mut self.text[self.written..];
        let mut surplus = [0; 64];
        let ends = match self.ends.get_mut(self.count..) {
            Some(ends) if !ends.is_empty() => ends,
            _ => &mut surplus,
        };
        let (result, taken, written, ended) = core.read_record(input, text, ends);
        self.written += written;
        self.count += ended;
        (result, taken)
    }
}
