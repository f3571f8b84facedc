//! Which lead a row is about, as other processes know it too.

use std::fmt;

/// What the hash begins with; another way to make keys takes another one.
const MADE_THIS_WAY: &[u8] = b"leadsquared lead key 2";

/// The identity of a lead: its unique fields, and what is in them.
///
/// Two rows have one key if they have values in the same unique fields, and these are the same byte for
/// byte, as they are sent. What else is in the rows doesn't matter, nor does the order of the columns.
/// Whether the server takes two spellings for one lead is for the server to say: by their keys they are
/// two.
///
/// It is 16 bytes of a BLAKE3 hash: the same in every process, on every machine and in every version,
/// so that it can be kept. That two leads share one by chance is out of the question, and no value can
/// be read from it; who knows a value can find out whether it is there.
///
/// Made by [`BoundBatch::lead_key`](crate::BoundBatch::lead_key).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeadKey([u8; Self::BYTES]);

impl LeadKey {
    /// How many bytes it has.
    pub const BYTES: usize = 16;

    /// The key with these bytes, as [`as_bytes`](Self::as_bytes) gave them.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// Its bytes, to be kept.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// The key of attributes and their texts; none if there are none.
    pub(crate) fn new(mut values: Vec<(&[u8], Vec<u8>)>) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        values.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        hasher.update(MADE_THIS_WAY);
        for (attribute, text) in &values {
            // With its length before it, no text can pass for a part of the next one.
            for part in [*attribute, text.as_slice()] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
        }
        let hash = hasher.finalize();
        let (bytes, _) = hash.as_bytes().split_first_chunk()?;
        Some(Self(*bytes))
    }
}

/// In hexadecimal digits.
impl fmt::Display for LeadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for LeadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LeadKey({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(values: &[(&str, &str)]) -> LeadKey {
        let values = values
            .iter()
            .map(|(attribute, text)| (attribute.as_bytes(), text.as_bytes().to_vec()));
        LeadKey::new(values.collect()).unwrap()
    }

    #[test]
    fn a_key_is_the_same_in_every_version() {
        assert_eq!(
            key(&[("EmailAddress", "king@example.com"), ("Phone", "1")]).to_string(),
            "22b27ee3a3156b5b0ed25b5c64ff13d0"
        );
    }

    #[test]
    fn the_order_of_the_fields_is_no_difference_and_every_byte_is_one() {
        let email = |email| key(&[("EmailAddress", email), ("Phone", "1")]);
        assert_eq!(
            email("king@example.com"),
            key(&[("Phone", "1"), ("EmailAddress", "king@example.com")]),
        );
        for other in ["King@example.com", "king@example.com ", " king@example.com"] {
            assert_ne!(email("king@example.com"), email(other), "{other:?}");
        }
    }

    #[test]
    fn no_two_tuples_meet_by_being_put_together() {
        let all = [
            key(&[("a", "bc")]),
            key(&[("ab", "c")]),
            key(&[("a", "b"), ("c", "d")]),
            key(&[("a", "bcd")]),
            key(&[("a", "b"), ("cd", "")]),
            key(&[("a", "d"), ("c", "b")]),
            key(&[("a", "b")]),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(!all[index + 1..].contains(one), "{index}");
        }
    }

    #[test]
    fn its_bytes_make_it_again() {
        let key = key(&[("Phone", "1")]);
        assert_eq!(LeadKey::from_bytes(*key.as_bytes()), key);
        assert_eq!(LeadKey::new(Vec::new()), None);
    }
}
