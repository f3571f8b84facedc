//! Where something stands in a text file.

/// The number of the line, from 1, that the byte at `offset` is in.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    before.filter(|byte| **byte == b'\n').count() + 1
}
