//! The bytes between those that are done with and those that are still to come.

use memchr::{memchr2, memchr2_iter};

/// A window on a source: the unfinished record and what was read after its start.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// What is read is appended here.
    bytes: Vec<u8>,
    start: usize,
    /// The line breaks before `start`.
    breaks: u64,
    /// Whether the byte before `start` is `\r`: a `\n` after it is the same line break.
    after_cr: bool,
    ended: bool,
}

impl Window {
    /// Where to append what is read, after what is done with is let go.
    pub(super) fn make_room(&mut self, room: usize) -> &mut Vec<u8> {
        self.bytes.drain(..self.start);
        self.start = 0;
        self.bytes.reserve(room);
        &mut self.bytes
    }

    /// Nothing more will come.
    pub(super) fn end(&mut self) {
        self.ended = true;
    }

    pub(super) fn is_ended(&self) -> bool {
        self.ended
    }

    /// All that is there and not done with.
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// The rest of the line that the window starts in, or as much of it as is there.
    pub(super) fn line_text(&self) -> &[u8] {
        let rest = self.rest();
        &rest[..line_end(rest).unwrap_or(rest.len())]
    }

    /// The number of the line that the rest starts in, from 1.
    ///
    /// Lines end with `\n`, `\r\n` or `\r`, as records do: no two records start in one line.
    pub(super) fn line(&self) -> u64 {
        self.breaks + 1
    }

    /// Is done with the next `length` bytes.
    pub(super) fn pass(&mut self, length: usize) {
        let passed = &self.bytes[self.start..self.start + length];
        let before = |at: usize| match at.checked_sub(1) {
            Some(before) => passed[before] == b'\r',
            None => self.after_cr,
        };
        let breaks = memchr2_iter(b'\r', b'\n', passed);
        self.breaks += breaks
            .filter(|&at| passed[at] == b'\r' || !before(at))
            .count() as u64;
        if let Some(&last) = passed.last() {
            self.after_cr = last == b'\r';
        }
        self.start += length;
    }

    /// Is done with the line breaks that come next.
    pub(super) fn pass_breaks(&mut self) {
        let rest = self.rest();
        let breaks = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let length = breaks.count();
        self.pass(length);
    }
}

/// Where the first line of `bytes` ends, if it does there.
pub(super) fn line_end(bytes: &[u8]) -> Option<usize> {
    memchr2(b'\r', b'\n', bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_however_they_end_and_wherever_they_are_cut() {
        let text = b"a\nb\r\nc\rd\r\r\n\ne";
        for cut in 0..text.len() {
            let mut window = Window::default();
            window.make_room(0).extend_from_slice(&text[..cut]);
            window.pass(cut);
            window.make_room(0).extend_from_slice(&text[cut..]);
            window.pass(text.len() - cut);
            assert_eq!(window.line(), 7, "{cut}");
            assert!(window.rest().is_empty());
        }
    }

    #[test]
    fn line_breaks_are_passed_together() {
        let mut window = Window::default();
        window.make_room(0).extend_from_slice(b"\r\n\n\rx\n");
        window.pass_breaks();
        assert_eq!((window.line(), window.rest()), (4, &b"x\n"[..]));
    }
}
