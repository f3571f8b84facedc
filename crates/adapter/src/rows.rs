//! What all formats of lines say of their rows: the numbers, and the text of those that can't be
//! read.

use std::sync::Arc;

use leadsquared_core::Origin;

/// How much of a row that can't be read is shown.
pub(crate) const EXCERPT: usize = 4096;

/// The origin of rows with these numbers, in order.
pub(crate) fn origin(name: &Arc<str>, numbers: Vec<u64>) -> Origin {
    let first = numbers.first().copied().unwrap_or(1);
    if (first..)
        .zip(&numbers)
        .all(|(expected, &number)| number == expected)
    {
        Origin::new(Arc::clone(name), first)
    } else {
        Origin::with_row_numbers(Arc::clone(name), numbers)
    }
}

/// The start of a row of `length` bytes, as text for people.
pub(crate) fn excerpt(row: &[u8], length: u64) -> String {
    if length <= EXCERPT as u64 {
        return String::from_utf8_lossy(row).into_owned();
    }
    let mut end = row.len().min(EXCERPT);
    // Not in the middle of a character, which would look like damage.
    while end > 0 && row.get(end).is_some_and(|byte| byte & 0xc0 == 0x80) {
        end -= 1;
    }
    format!("{}… ({length} bytes)", String::from_utf8_lossy(&row[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_ends_between_characters() {
        let row = "é".repeat(3000);
        let shown = excerpt(&[b"x", row.as_bytes()].concat(), 6001);
        assert_eq!(shown, format!("x{}… (6001 bytes)", "é".repeat(2047)));
    }
}
