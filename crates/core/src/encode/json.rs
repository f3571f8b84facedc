//! Text inside JSON strings.

const HEX: &[u8; 16] = b"0123456789abcdef";

/// For each byte: 0 if it stands for itself, `u` if it needs `\u00XX`, else the letter after `\`.
const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = b'u';
        byte += 1;
    }
    table[0x08] = b'b';
    table[b'\t' as usize] = b't';
    table[b'\n' as usize] = b'n';
    table[0x0c] = b'f';
    table[b'\r' as usize] = b'r';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
};

/// Appends `text` as the content of a JSON string, without the quotes.
///
/// Escapes what RFC 8259 demands (quote, backslash, U+0000 to U+001F) and nothing else.
pub(crate) fn push_escaped(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut plain = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let escape = ESCAPES[usize::from(byte)];
        if escape == 0 {
            continue;
        }
        out.extend_from_slice(&bytes[plain..at]);
        out.extend_from_slice(&[b'\\', escape]);
        if escape == b'u' {
            let (high, low) = (usize::from(byte >> 4), usize::from(byte & 0xf));
            out.extend_from_slice(&[b'0', b'0', HEX[high], HEX[low]]);
        }
        plain = at + 1;
    }
    out.extend_from_slice(&bytes[plain..]);
}

/// The start of an attribute's object, up to its value, with the comma before it.
pub(crate) fn attribute_prefix(attribute: &str) -> Vec<u8> {
    let mut prefix = Vec::with_capacity(attribute.len() + 32);
    prefix.extend_from_slice(b",{\"Attribute\":\"");
    push_escaped(attribute, &mut prefix);
    prefix.extend_from_slice(b"\",\"Value\":\"");
    prefix
}

/// Whether the content of a JSON string says nothing: it is empty or only white space.
pub(crate) fn is_blank(escaped: &[u8]) -> bool {
    match escaped.first() {
        None => true,
        // White space is a space, an escape, or beyond ASCII; anything else answers at once.
        Some(b' ' | b'\\' | 0x80..) => std::str::from_utf8(escaped).is_ok_and(|text| {
            let text = text
                .replace("\\t", " ")
                .replace("\\n", " ")
                .replace("\\r", " ");
            text.trim().is_empty()
        }),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = Vec::new();
        push_escaped(text, &mut out);
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
    fn blank_is_empty_or_white_space_of_any_script() {
        for blank in ["", " ", "  \t\n", "\u{a0}", "\u{3000} "] {
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
    }
}
