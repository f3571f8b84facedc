//! Text inside JSON strings.

use std::ops::Range;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// What stands behind the backslash for each byte up to the quote: `u` for `\u00XX`. Any other byte
/// that is escaped stands for itself.
const LETTERS: [u8; 0x23] = {
    let mut letters = [b'u'; 0x23];
    letters[0x08] = b'b';
    letters[b'\t' as usize] = b't';
    letters[b'\n' as usize] = b'n';
    letters[0x0c] = b'f';
    letters[b'\r' as usize] = b'r';
    letters[b'"' as usize] = b'"';
    letters
};

/// Whether a byte has to be escaped.
#[inline]
pub(crate) fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Appends `text` as the content of a JSON string, without the quotes.
///
/// Escapes what RFC 8259 demands (quote, backslash, U+0000 to U+001F) and nothing else. The bytes
/// beyond ASCII are part of UTF-8 sequences, which stand for themselves.
pub(crate) fn push_escaped(text: &[u8], out: &mut Vec<u8>) {
    // Whole pieces without a way out in the middle become vector instructions.
    let (pieces, rest) = text.as_chunks::<16>();
    let mut plain = 0;
    for (at, piece) in pieces.iter().enumerate() {
        let any = piece
            .iter()
            .fold(0, |any, &byte| any | u8::from(is_escaped(byte)));
        if any != 0 {
            plain = push_escapes(text, plain, at * 16..at * 16 + 16, out);
        }
    }
    plain = push_escapes(text, plain, text.len() - rest.len()..text.len(), out);
    out.extend_from_slice(&text[plain..]);
}

/// Appends the text from `plain` up to the last byte in `range` that has to be escaped, and gives the
/// place behind it.
fn push_escapes(text: &[u8], mut plain: usize, range: Range<usize>, out: &mut Vec<u8>) -> usize {
    for at in range {
        if is_escaped(text[at]) {
            out.extend_from_slice(&text[plain..at]);
            push_escape(text[at], out);
            plain = at + 1;
        }
    }
    plain
}

/// Appends the escape of a byte that has to be escaped.
pub(crate) fn push_escape(byte: u8, out: &mut Vec<u8>) {
    match LETTERS.get(usize::from(byte)) {
        Some(b'u') => {
            let (high, low) = (usize::from(byte >> 4), usize::from(byte & 0xf));
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', HEX[high], HEX[low]]);
        }
        Some(&letter) => out.extend_from_slice(&[b'\\', letter]),
        None => out.extend_from_slice(&[b'\\', byte]),
    }
}

/// The text that [`push_escaped`] made `escaped` of.
pub(crate) fn unescape(escaped: Vec<u8>) -> String {
    let escaped = String::from_utf8(escaped)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    if !escaped.contains('\\') {
        return escaped;
    }
    let mut text = String::with_capacity(escaped.len());
    let mut rest = escaped.as_str();
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let mut letters = escape.chars();
        text.push(match letters.next() {
            Some('b') => '\u{8}',
            Some('t') => '\t',
            Some('n') => '\n',
            Some('f') => '\u{c}',
            Some('r') => '\r',
            Some('u') => {
                let digits: String = letters.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok();
                code.and_then(char::from_u32)
                    .unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            // The quote and the backslash stand for themselves.
            Some(letter) => letter,
            None => '\\',
        });
        rest = letters.as_str();
    }
    text.push_str(rest);
    text
}

/// The start of an attribute's object, up to its value, with the comma before it.
pub(crate) fn attribute_prefix(attribute: &str) -> Vec<u8> {
    let mut prefix = Vec::with_capacity(attribute.len() + 32);
    prefix.extend_from_slice(b",{\"Attribute\":\"");
    push_escaped(attribute.as_bytes(), &mut prefix);
    prefix.extend_from_slice(b"\",\"Value\":\"");
    prefix
}

/// Whether the content of a JSON string that starts with this byte surely says something: it is no
/// white space, no escape, and not beyond ASCII.
#[inline]
pub(crate) fn is_surely_not_blank(first: u8) -> bool {
    matches!(first, b'!'..=b'~') && first != b'\\'
}

/// Whether the content of a JSON string says nothing: it is empty or only white space.
pub(crate) fn is_blank(escaped: &[u8]) -> bool {
    match escaped.first() {
        None => true,
        Some(&first) if is_surely_not_blank(first) => false,
        Some(_) => std::str::from_utf8(escaped).is_ok_and(|text| {
            let text = text
                .replace("\\t", " ")
                .replace("\\n", " ")
                .replace("\\r", " ")
                .replace("\\f", " ")
                .replace("\\u000b", " ");
            text.trim().is_empty()
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = Vec::new();
        push_escaped(text.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_control_character_is_escaped_as_serde_json_does() {
        for byte in 0..0x80_u8 {
            let text = format!("a{}b", char::from(byte));
            assert_eq!(
                format!("\"{}\"", escaped(&text)),
                serde_json::to_string(&text).unwrap()
            );
        }
    }

    #[test]
    fn every_escape_is_undone() {
        let all: String = (0..0x80_u8).map(char::from).collect();
        assert_eq!(unescape(escaped(&all).into_bytes()), all);
    }

    #[test]
    fn blank_is_empty_or_white_space_of_any_script() {
        for blank in ["", " ", "  \t\n\r\u{b}\u{c}", "\u{a0}", "\u{3000} "] {
            assert!(is_blank(escaped(blank).as_bytes()), "{blank:?}");
        }
        for text in ["a", " a", "\\", "\\t", "é", "\t0", "\u{200b}x", "\u{1}"] {
            assert!(!is_blank(escaped(text).as_bytes()), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back_from_a_strict_parser(text in any::<String>()) {
            let json = format!("\"{}\"", escaped(&text));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }

        #[test]
        fn any_text_is_the_same_escaped_and_back(text in any::<String>()) {
            prop_assert_eq!(unescape(escaped(&text).into_bytes()), text);
        }
    }
}
