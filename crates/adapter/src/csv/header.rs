//! The header row: what separates the fields, and what they are called.

use std::collections::HashMap;

use memchr::memchr;

use crate::Delimiter;

/// The delimiter that a header is written with: the one of those that are known that comes most
/// often outside quotes. A header without any has one column.
pub(crate) fn delimiter(line: &[u8]) -> Delimiter {
    let most = Delimiter::KNOWN
        .into_iter()
        .rev()
        .max_by_key(|delimiter| count(line, *delimiter));
    most.unwrap_or(Delimiter::COMMA)
}

/// How often `delimiter` comes in `line`, outside quotes.
fn count(line: &[u8], delimiter: Delimiter) -> usize {
    let mut quoted = false;
    let outside = line.iter().filter(|&&byte| {
        quoted ^= byte == b'"';
        !quoted && byte == delimiter.byte()
    });
    outside.count()
}

/// Whether the first line of a text can be told to be the header of a table: two names or more,
/// none of them blank or there twice, and no control characters.
pub(crate) fn is_header(line: &[u8]) -> Option<Delimiter> {
    let line = str::from_utf8(line).ok()?;
    let delimiter = delimiter(line.as_bytes());
    let split = line.split(char::from(delimiter.byte()));
    let names: Vec<String> = split
        .map(|name| name.trim_matches('"').to_owned())
        .collect();
    let is_text = names
        .iter()
        .all(|name| !name.contains(|character: char| character.is_control()));
    (names.len() > 1 && is_text && check(&names).is_ok()).then_some(delimiter)
}

/// The delimiter that a line such as `sep=;` names, which Excel reads and writes before the header.
pub(crate) fn named_delimiter(line: &[u8]) -> Option<Delimiter> {
    let inner = line
        .strip_prefix(b"\"")
        .and_then(|line| line.strip_suffix(b"\""));
    let [name @ .., byte] = inner.unwrap_or(line) else {
        return None;
    };
    let names_it = name.eq_ignore_ascii_case(b"sep=") && !byte.is_ascii_alphanumeric();
    Delimiter::new(*byte).filter(|_| names_it)
}

/// The first line of `text`, if its end is there.
pub(crate) fn first_line(text: &[u8]) -> Option<&[u8]> {
    let line = &text[..memchr(b'\n', text)?];
    Some(line.strip_suffix(b"\r").unwrap_or(line))
}

/// Trims the names, and checks that each is there and is there once.
pub(super) fn names<'a>(fields: impl Iterator<Item = &'a str>) -> Result<Vec<String>, String> {
    let names: Vec<String> = fields.map(|name| name.trim().to_owned()).collect();
    check(&names)?;
    Ok(names)
}

fn check(names: &[String]) -> Result<(), String> {
    let mut seen = HashMap::new();
    for (name, number) in names.iter().zip(1..) {
        if name.trim().is_empty() {
            return Err(format!("column {number} of {} has no name", names.len()));
        }
        if let Some(first) = seen.insert(name.trim(), number) {
            return Err(format!(
                "the name \"{name}\" is there twice, for columns {first} and {number}"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_the_one_that_comes_most_often_outside_quotes() {
        for (line, expected) in [
            ("a,b,c", Delimiter::COMMA),
            ("a;b;c", Delimiter::SEMICOLON),
            ("a\tb", Delimiter::TAB),
            ("a|b", Delimiter::PIPE),
            ("name, full;email;phone", Delimiter::SEMICOLON),
            ("\"a,b,c,d\";e", Delimiter::SEMICOLON),
            ("a,b;c", Delimiter::COMMA),
            ("email", Delimiter::COMMA),
        ] {
            assert_eq!(delimiter(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn a_header_is_told_from_prose_and_the_like() {
        assert_eq!(is_header(b"email;name"), Some(Delimiter::SEMICOLON));
        assert_eq!(is_header(b"\"email\",\"name\""), Some(Delimiter::COMMA));
        for line in [
            &b"Dear customer,"[..],
            b"email",
            b"a,a",
            b"a,b\x00c",
            b"a,\xff",
            b"",
            b",",
        ] {
            assert_eq!(is_header(line), None, "{line:?}");
        }
    }

    #[test]
    fn a_line_for_excel_names_the_delimiter() {
        for line in [&b"sep=;"[..], b"SEP=;", b"\"sep=;\""] {
            assert_eq!(named_delimiter(line), Some(Delimiter::SEMICOLON));
        }
        assert_eq!(named_delimiter(b"sep=\t"), Some(Delimiter::TAB));
        for line in [&b"sep="[..], b"sep=x", b"sep=;;", b"", b"sep,;", b"sep=\""] {
            assert_eq!(named_delimiter(line), None, "{line:?}");
        }
    }

    #[test]
    fn names_are_trimmed_and_each_is_there_once() {
        let names = |text: &'static str| names(text.split(','));
        assert_eq!(names(" a ,b"), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(names("a, ,c"), Err("column 2 of 3 has no name".to_owned()));
        assert_eq!(
            names("a,b, a"),
            Err("the name \"a\" is there twice, for columns 1 and 3".to_owned())
        );
    }
}
