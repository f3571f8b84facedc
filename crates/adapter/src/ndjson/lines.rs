//! Bytes to lines, in chunks of bounded size.

use std::ops::Range;

use leadsquared_core::UnreadableRow;

use crate::detect::UTF8_MARK;
use crate::rows::{EXCERPT, excerpt};

/// Where a chunk ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub(super) lines: usize,
    pub(super) bytes: usize,
}

/// Some whole lines: the blank ones left out, the too long ones already given up.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    bytes: Vec<u8>,
    lines: Vec<(u64, Range<usize>)>,
    pub(super) unreadable: Vec<UnreadableRow>,
}

impl Chunk {
    /// The lines with their numbers.
    pub(super) fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.lines
            .iter()
            .map(|(number, range)| (*number, &self.bytes[range.clone()]))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.unreadable.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len() + self.unreadable.len()
    }

    /// The numbers of the first and the last line.
    pub(super) fn span(&self) -> (u64, u64) {
        let numbers = || {
            let unreadable = self.unreadable.iter().map(|row| row.number);
            self.lines
                .iter()
                .map(|(number, _)| *number)
                .chain(unreadable)
        };
        (
            numbers().min().unwrap_or_default(),
            numbers().max().unwrap_or_default(),
        )
    }

    fn is_full(&self, limit: Limit) -> bool {
        self.len() >= limit.lines || self.bytes.len() >= limit.bytes
    }

    /// Cuts the chunk into ones of at most `lines` lines, in order.
    pub(super) fn split(mut self, lines: usize) -> Vec<Self> {
        if self.len() <= lines {
            return vec![self];
        }
        let mut pieces = Vec::new();
        let mut unreadable = std::mem::take(&mut self.unreadable).into_iter().peekable();
        for (number, line) in self.lines() {
            while let Some(row) = unreadable.next_if(|row| row.number < number) {
                open(&mut pieces, lines).unreadable.push(row);
            }
            let piece = open(&mut pieces, lines);
            let start = piece.bytes.len();
            piece.bytes.extend_from_slice(line);
            piece.lines.push((number, start..piece.bytes.len()));
        }
        for row in unreadable {
            open(&mut pieces, lines).unreadable.push(row);
        }
        pieces
    }
}

/// The last piece that has room for a line.
fn open(pieces: &mut Vec<Chunk>, lines: usize) -> &mut Chunk {
    match pieces.pop() {
        Some(last) if last.len() < lines => pieces.push_mut(last),
        full => {
            pieces.extend(full);
            pieces.push_mut(Chunk::default())
        }
    }
}

/// Finds the lines in bytes that come in pieces.
///
/// A line ends with `\n` or `\r\n`, the last one also without. Blank lines count, but aren't given
/// out; a line over the cap is given up, and only its start is kept.
#[derive(Debug)]
pub(super) struct Splitter {
    longest: usize,
    /// Lines ended so far.
    ended: u64,
    /// Where the unfinished line starts in the chunk's bytes.
    start: usize,
    /// The length so far of an unfinished line that is too long.
    too_long: Option<u64>,
}

impl Splitter {
    pub(super) fn new(longest: usize) -> Self {
        Self {
            longest,
            ended: 0,
            start: 0,
            too_long: None,
        }
    }

    /// How many lines have ended.
    pub(super) fn ended(&self) -> u64 {
        self.ended
    }

    /// Takes lines from `input` until `chunk` has reached `limit`; tells how many bytes it took, and
    /// whether the chunk is full.
    ///
    /// A chunk is full only at the end of a line, so that no line is in two chunks.
    pub(super) fn feed(&mut self, input: &[u8], chunk: &mut Chunk, limit: Limit) -> (usize, bool) {
        let mut taken = 0;
        while taken < input.len() {
            let rest = &input[taken..];
            let Some(end) = rest.iter().position(|&byte| byte == b'\n') else {
                self.extend(rest, chunk);
                return (input.len(), false);
            };
            self.extend(&rest[..end], chunk);
            taken += end + 1;
            self.end_line(chunk);
            if chunk.is_full(limit) {
                self.start = 0;
                return (taken, true);
            }
        }
        (taken, false)
    }

    /// Ends the last line, if it has no line break.
    pub(super) fn finish(&mut self, chunk: &mut Chunk) {
        if self.too_long.is_some() || chunk.bytes.len() > self.start {
            self.end_line(chunk);
        }
        self.start = 0;
    }

    /// Forgets an unfinished line.
    pub(super) fn abandon(&mut self, chunk: &mut Chunk) {
        chunk.bytes.truncate(self.start);
        self.too_long = None;
        self.start = 0;
    }

    fn extend(&mut self, bytes: &[u8], chunk: &mut Chunk) {
        if let Some(length) = &mut self.too_long {
            *length += bytes.len() as u64;
            return;
        }
        let length = chunk.bytes.len() - self.start + bytes.len();
        // Two more bytes than the cap: a `\r` and the mark of UTF-8 don't count, and are cut below.
        if length > self.longest.saturating_add(UTF8_MARK.len() + 1) {
            self.too_long = Some(length as u64);
            let room = EXCERPT.saturating_sub(chunk.bytes.len() - self.start);
            chunk
                .bytes
                .extend_from_slice(&bytes[..room.min(bytes.len())]);
            chunk.bytes.truncate(self.start + EXCERPT);
        } else {
            chunk.bytes.extend_from_slice(bytes);
        }
    }

    fn end_line(&mut self, chunk: &mut Chunk) {
        self.ended += 1;
        let mut line = self.start..chunk.bytes.len();
        if self.ended == 1 && chunk.bytes[line.clone()].starts_with(UTF8_MARK) {
            line.start += UTF8_MARK.len();
        }
        if chunk.bytes[line.clone()].ends_with(b"\r") {
            line.end -= 1;
        }
        let too_long = self
            .too_long
            .take()
            .or_else(|| (line.len() > self.longest).then_some(line.len() as u64));
        let text = &chunk.bytes[line.clone()];
        if let Some(length) = too_long {
            chunk.unreadable.push(UnreadableRow {
                number: self.ended,
                reason: format!(
                    "the line is too long: {length} bytes, and at most {} are read",
                    self.longest
                ),
                raw: excerpt(text, length),
            });
            chunk.bytes.truncate(self.start);
        } else if text.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
            chunk.bytes.truncate(self.start);
        } else {
            chunk.lines.push((self.ended, line));
        }
        self.start = chunk.bytes.len();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UNLIMITED: Limit = Limit {
        lines: usize::MAX,
        bytes: usize::MAX,
    };

    /// All chunks of `pieces`, as (number, text) of their lines and of their too long lines.
    fn split(pieces: &[&[u8]], longest: usize, limit: Limit) -> Vec<Vec<(u64, String)>> {
        let mut splitter = Splitter::new(longest);
        let mut chunks = Vec::new();
        let mut chunk = Chunk::default();
        let mut close = |chunk: &mut Chunk| {
            let chunk = std::mem::take(chunk);
            let mut lines: Vec<_> = chunk
                .lines()
                .map(|(number, line)| (number, String::from_utf8_lossy(line).into_owned()))
                .collect();
            lines.extend(
                chunk
                    .unreadable
                    .iter()
                    .map(|row| (row.number, row.reason.clone())),
            );
            lines.sort();
            chunks.push(lines);
        };
        for mut piece in pieces.iter().copied() {
            while !piece.is_empty() {
                let (taken, full) = splitter.feed(piece, &mut chunk, limit);
                piece = &piece[taken..];
                if full {
                    close(&mut chunk);
                }
            }
        }
        splitter.finish(&mut chunk);
        close(&mut chunk);
        chunks
    }

    fn lines(text: &str) -> Vec<(u64, String)> {
        split(&[text.as_bytes()], 100, UNLIMITED).concat()
    }

    fn numbered(lines: &[(u64, &str)]) -> Vec<(u64, String)> {
        lines
            .iter()
            .map(|&(number, line)| (number, line.to_owned()))
            .collect()
    }

    #[test]
    fn blank_lines_count_but_are_not_given_out() {
        assert_eq!(
            lines("\n a\r\n \t\r\n\nb \n"),
            numbered(&[(2, " a"), (5, "b ")])
        );
        assert_eq!(lines("a\n\nb"), numbered(&[(1, "a"), (3, "b")]));
        assert_eq!(lines(""), []);
        assert_eq!(lines("\n\n"), []);
    }

    #[test]
    fn the_mark_is_cut_at_the_start_only() {
        assert_eq!(
            lines("\u{feff}a\n\u{feff}b"),
            numbered(&[(1, "a"), (2, "\u{feff}b")])
        );
        assert_eq!(lines("\u{feff}\na"), numbered(&[(2, "a")]));
        assert_eq!(lines("\u{feff}"), []);
    }

    #[test]
    fn the_cap_counts_the_text_of_the_line() {
        let reason = "the line is too long: 4 bytes, and at most 3 are read";
        let text = "\u{feff}abc\r\nabcd\nabc\n".as_bytes();
        assert_eq!(
            split(&[text], 3, UNLIMITED).concat(),
            numbered(&[(1, "abc"), (2, reason), (3, "abc")])
        );
    }

    #[test]
    fn a_line_over_the_cap_is_not_held() {
        let mut splitter = Splitter::new(10_000);
        let mut chunk = Chunk::default();
        for _ in 0..1000 {
            splitter.feed(&[b'x'; 1000], &mut chunk, UNLIMITED);
            assert!(chunk.bytes.len() <= 10_004, "{}", chunk.bytes.len());
        }
        splitter.feed(b"\nnext\n", &mut chunk, UNLIMITED);
        let row = &chunk.unreadable[0];
        assert_eq!(
            row.reason,
            "the line is too long: 1000000 bytes, and at most 10000 are read"
        );
        assert!(row.raw.ends_with("xxx… (1000000 bytes)") && row.raw.len() < 4200);
        assert_eq!(chunk.lines().collect::<Vec<_>>(), [(2, &b"next"[..])]);
    }

    #[test]
    fn pieces_of_a_chunk_keep_the_order() {
        let mut splitter = Splitter::new(3);
        let mut chunk = Chunk::default();
        splitter.feed(b"a\nlong\nb\n\nc\nlong\n", &mut chunk, UNLIMITED);
        let pieces: Vec<_> = chunk
            .split(2)
            .iter()
            .map(|piece| {
                let lines: Vec<_> = piece.lines().map(|(number, _)| number).collect();
                (
                    lines,
                    piece
                        .unreadable
                        .iter()
                        .map(|row| row.number)
                        .collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(
            pieces,
            [(vec![1], vec![2]), (vec![3, 5], vec![]), (vec![], vec![6])]
        );
    }

    proptest! {
        #[test]
        fn where_the_bytes_are_cut_makes_no_difference(
            text in "[ab \r\n\u{feff}é]{0,40}",
            cuts in prop::collection::vec(0_usize..60, 0..6),
            longest in 1_usize..8,
            max_lines in 1_usize..5,
        ) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|&cut| cut <= bytes.len()).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            let limit = Limit { lines: max_lines, bytes: usize::MAX };

            let chunks = split(&pieces, longest, limit);
            prop_assert!(chunks.iter().all(|chunk| chunk.len() <= max_lines));

            let mut expected = Vec::new();
            for (index, line) in text.strip_prefix('\u{feff}').unwrap_or(&text).split('\n').enumerate() {
                let line = line.strip_suffix('\r').unwrap_or(line);
                let number = index as u64 + 1;
                if line.len() > longest {
                    let length = line.len();
                    expected.push((number, format!("the line is too long: {length} bytes, and at most {longest} are read")));
                } else if !line.trim_matches([' ', '\t', '\r']).is_empty() {
                    expected.push((number, line.to_owned()));
                }
            }
            // A line of more than the cap may be counted with its `\r` and mark: only its text differs.
            prop_assert_eq!(without_lengths(chunks.concat()), without_lengths(expected));
        }
    }

    fn without_lengths(lines: Vec<(u64, String)>) -> Vec<(u64, String)> {
        lines
            .into_iter()
            .map(|(number, line)| {
                let too_long = line.starts_with("the line");
                (
                    number,
                    if too_long {
                        "too long".to_owned()
                    } else {
                        line
                    },
                )
            })
            .collect()
    }
}
