//! What separates the fields of a CSV file.

use std::fmt;
use std::str::FromStr;

/// The character that separates the fields of CSV: an ASCII character that is no quote and no line
/// break.
///
/// Reads from and displays as the character itself; a tab is `tab` (or `\t`).
///
/// ```
/// use leadsquared_adapter::Delimiter;
///
/// let semicolon: Delimiter = ";".parse()?;
/// assert_eq!(semicolon, Delimiter::SEMICOLON);
/// assert_eq!("tab".parse::<Delimiter>()?.byte(), b'\t');
/// assert!("::".parse::<Delimiter>().is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Delimiter(u8);

impl Delimiter {
    /// `,`
    pub const COMMA: Self = Self(b',');
    /// `;`, common where the comma is the decimal mark.
    pub const SEMICOLON: Self = Self(b';');
    /// The tab of TSV.
    pub const TAB: Self = Self(b'\t');
    /// `|`
    pub const PIPE: Self = Self(b'|');

    /// Those that are told from a header; of two that come equally often, the first.
    pub(crate) const KNOWN: [Self; 4] = [Self::COMMA, Self::SEMICOLON, Self::TAB, Self::PIPE];

    /// The delimiter `byte`, unless it can't be one.
    #[must_use]
    pub fn new(byte: u8) -> Option<Self> {
        let is_one = byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n' | 0);
        is_one.then_some(Self(byte))
    }

    /// The character.
    #[must_use]
    pub fn byte(self) -> u8 {
        self.0
    }
}

impl FromStr for Delimiter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let byte = match text.as_bytes() {
            b"tab" | b"\\t" => Some(b'\t'),
            [byte] => Some(*byte),
            _ => None,
        };
        byte.and_then(Self::new).ok_or_else(|| {
            "write one ASCII character that is no quote, such as ; or |, or the word tab".to_owned()
        })
    }
}

impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            b'\t' => f.write_str("tab"),
            byte => char::from(byte).fmt(f),
        }
    }
}
