//! Whether a record's quotes are where they belong.
//!
//! The parser takes any bytes for some record. That is right for a viewer; here, a quote that is
//! never closed would make one lead of several, so what RFC 4180 doesn't allow in a quoted field is
//! refused. Quotes in a field that doesn't start with one are text, as everywhere (`5" pipe`).

use memchr::memchr;

/// What is wrong, in which field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// A field that starts with a quote, and the record ends before another.
    Unclosed { field: usize },
    /// Text between the closing quote and the end of the field.
    TextAfter { field: usize },
}

/// Checks a record, given without its line break.
pub(super) fn check(record: &[u8], delimiter: u8) -> Option<Flaw> {
    let mut rest = record;
    for field in 0.. {
        if let Some(quoted) = rest.strip_prefix(b"\"") {
            let Some(length) = length(quoted) else {
                return Some(Flaw::Unclosed { field });
            };
            rest = match &quoted[length + 1..] {
                [] => return None,
                [next, after @ ..] if *next == delimiter => after,
                _ => return Some(Flaw::TextAfter { field }),
            };
        } else {
            rest = &rest[memchr(delimiter, rest)? + 1..];
        }
    }
    None
}

/// Where the closing quote is; a quote that comes twice stands for itself.
fn length(quoted: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr(b'"', &quoted[at..])?;
        if quoted.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaw(record: &str) -> Option<Flaw> {
        check(record.as_bytes(), b',')
    }

    #[test]
    fn quotes_where_they_belong_are_fine() {
        for record in [
            "",
            "a",
            "a,b,",
            "\"\"",
            "\"a\"",
            "\"a,b\",c",
            "a,\"x\ny\"",
            "\"\"\"\"",
            "\"say \"\"hi\"\"\",",
            "5\" pipe,a\"b\"",
            "a, \"b\"",
        ] {
            assert_eq!(flaw(record), None, "{record}");
        }
    }

    #[test]
    fn quotes_that_make_no_sense_name_their_field() {
        let unclosed = |field| Some(Flaw::Unclosed { field });
        let text_after = |field| Some(Flaw::TextAfter { field });
        assert_eq!(flaw("\""), unclosed(0));
        assert_eq!(flaw("a,\"b"), unclosed(1));
        assert_eq!(flaw("\"a\",b,\"\"\""), unclosed(2));
        assert_eq!(flaw("\"a\"b"), text_after(0));
        assert_eq!(flaw("a,\"b\" ,c"), text_after(1));
        assert_eq!(flaw("\"say \"hi\"\""), text_after(0));
    }
}
