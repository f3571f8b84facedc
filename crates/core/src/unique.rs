//! Unique values, to be compared.

use std::hash::{DefaultHasher, Hash, Hasher};

/// A unique field's value, to be compared: its attribute and its text, without regard to case and to
/// blanks around it.
///
/// Two values with one number are taken for the same. That is harmless: a lead then goes one payload
/// later than it might.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UniqueKey(u64);

impl UniqueKey {
    /// The key of a value of the attribute that `attribute` stands for.
    pub(crate) fn new(attribute: &[u8], text: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        attribute.hash(&mut hasher);
        let text = String::from_utf8_lossy(text);
        for letter in letters(&text) {
            letter.hash(&mut hasher);
        }
        Self(hasher.finish())
    }
}

/// What of a unique value tells it apart: without regard to case and to blanks around it.
fn letters(text: &str) -> impl Iterator<Item = char> + '_ {
    text.trim().chars().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_blanks_around_are_no_difference_and_the_attribute_is_one() {
        let key =
            |attribute: &str, text: &str| UniqueKey::new(attribute.as_bytes(), text.as_bytes());
        assert_eq!(
            key("EmailAddress", " King@Example.com"),
            key("EmailAddress", "king@example.COM ")
        );
        assert_eq!(
            key("EmailAddress", "ÉMILE@example.com"),
            key("EmailAddress", "émile@example.com")
        );
        assert_ne!(key("EmailAddress", "1"), key("Phone", "1"));
        assert_ne!(key("Phone", "1"), key("Phone", "2"));
    }
}
