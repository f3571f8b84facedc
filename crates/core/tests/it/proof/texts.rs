//! Hostile texts, and the three layouts of them.

use std::sync::Arc;

use arrow::array::{ArrayRef, LargeStringArray, StringArray, StringViewArray, make_view};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::DataType;

use super::Entropy;

/// Lengths at which code that reads several bytes at a time changes its step.
const BORDERS: [usize; 7] = [8, 12, 16, 32, 64, 128, 256];

/// What JSON must escape, and neighbours that it need not.
const ESCAPES: [char; 12] = [
    '"', '\\', '\0', '\u{1f}', '\n', '\t', '\r', '\u{8}', '\u{c}', '\u{7f}', '/', ' ',
];

/// Two, three and four bytes, separators that break JavaScript, and the ends of each length.
const FOREIGN: [char; 14] = [
    'é',
    '\u{80}',
    '\u{7ff}',
    '\u{800}',
    '\u{2028}',
    '\u{2029}',
    'म',
    '金',
    '\u{feff}',
    '\u{fffd}',
    '\u{ffff}',
    '👩',
    '\u{10000}',
    '\u{10ffff}',
];

const WORDS: [&str; 12] = [
    "",
    "Startup",
    "king@example.com",
    "null",
    "true",
    "-0.0",
    "</script>",
    "\"\"",
    "\\u0000",
    "a;b",
    "மார்டின் லூதர்",
    "👩‍👩‍👧‍👦",
];

const BLANKS: [&str; 8] = [
    "",
    " ",
    "\t",
    "\r\n",
    "   ",
    "\u{a0}",
    "\u{3000} ",
    "\u{2028}",
];

/// Any text: mostly short and plain, sometimes made to catch an encoder at its borders.
pub(crate) fn text(entropy: &mut Entropy) -> String {
    match entropy.below(12) {
        0..=3 => plain(entropy.below(16)),
        4 => entropy.pick(&WORDS).to_owned(),
        // More than 16 bits count, now and then.
        5 if entropy.once_in(500) => plain(entropy.below(70_000)),
        5 => plain(entropy.below(301)),
        6 | 7 => at_borders(entropy),
        8 => (0..entropy.below(40))
            .map(|_| entropy.pick(&ESCAPES))
            .collect(),
        9 => (0..entropy.below(40))
            .map(|_| entropy.pick(&FOREIGN))
            .collect(),
        10 => (0..entropy.below(70)).map(|_| character(entropy)).collect(),
        _ => char::from(entropy.byte() & 0x1f).to_string(),
    }
}

/// A text of nothing but white space.
pub(crate) fn blank(entropy: &mut Entropy) -> String {
    entropy.pick(&BLANKS).to_owned()
}

/// A text that needs no care, of so many bytes.
pub(crate) fn plain(length: usize) -> String {
    const LETTERS: &str = "The quick brown fox jumps over the lazy dog, 0123456789 times or more. ";
    LETTERS.chars().cycle().take(length).collect()
}

/// A text that ends at or beside a border, with characters that need care around the borders in it.
fn at_borders(entropy: &mut Entropy) -> String {
    let length = entropy.pick(&BORDERS) + entropy.below(5) - 2;
    let mut text: Vec<char> = plain(length).chars().collect();
    for _ in 0..entropy.below(5) {
        let at = match entropy.below(3) {
            0 => 0,
            1 => length - 1,
            _ => entropy.pick(&BORDERS) + entropy.below(3) - 1,
        };
        let character = if entropy.once_in(3) {
            entropy.pick(&FOREIGN)
        } else {
            entropy.pick(&ESCAPES)
        };
        if let Some(place) = text.get_mut(at) {
            *place = character;
        }
    }
    text.into_iter().collect()
}

fn character(entropy: &mut Entropy) -> char {
    let bits = u32::from_le_bytes(entropy.array());
    // Half of them ASCII; what falls among the surrogates becomes the replacement character.
    let code = if bits & 1 == 0 {
        bits >> 25
    } else {
        bits >> 11
    };
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// `texts` as an array of the type, in buffers without a byte to spare: who reads past the end is
/// found out by a sanitizer.
pub(crate) fn layout(
    data_type: &DataType,
    texts: &[String],
    nulls: Option<NullBuffer>,
) -> ArrayRef {
    let bytes = texts.concat().into_bytes();
    let lengths = texts.iter().map(String::len);
    match data_type {
        DataType::Utf8 => {
            let offsets = OffsetBuffer::<i32>::from_lengths(lengths);
            Arc::new(StringArray::new(offsets, exact(bytes), nulls))
        }
        DataType::LargeUtf8 => {
            let offsets = OffsetBuffer::<i64>::from_lengths(lengths);
            Arc::new(LargeStringArray::new(offsets, exact(bytes), nulls))
        }
        DataType::Utf8View => Arc::new(views(texts, nulls)),
        other => panic!("{other} is no text"),
    }
}

/// Views into two buffers by turns; texts of up to 12 bytes stand in the view itself.
fn views(texts: &[String], nulls: Option<NullBuffer>) -> StringViewArray {
    let mut buffers = [Vec::new(), Vec::new()];
    let views: Vec<u128> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let turn = index % 2;
            let start = u32::try_from(buffers[turn].len()).unwrap();
            if text.len() > 12 {
                buffers[turn].extend_from_slice(text.as_bytes());
            }
            make_view(text.as_bytes(), u32::from(turn == 1), start)
        })
        .collect();
    StringViewArray::new(
        ScalarBuffer::from(views),
        buffers.map(exact).to_vec(),
        nulls,
    )
}

fn exact(bytes: Vec<u8>) -> Buffer {
    Buffer::from_vec(bytes.into_boxed_slice().into_vec())
}
