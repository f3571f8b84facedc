//! What differs between a run and what is given to go on with it, in words.

use std::fmt;
use std::path::Path;

/// How an input differs from what a run read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputChange {
    /// It has another size.
    Size {
        /// The bytes it had.
        was: u64,
        /// The bytes it has.
        is: u64,
    },
    /// It has the same size and another content.
    Content,
}

impl fmt::Display for InputChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size { was, is } => write!(f, "{was} bytes then, {is} now"),
            Self::Content => f.write_str("same size, other content"),
        }
    }
}

/// Inputs that only one side has.
pub(crate) struct Difference<'a> {
    pub(crate) missing: &'a [String],
    pub(crate) added: &'a [String],
}

impl fmt::Display for Difference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut pieces = Vec::new();
        if !self.missing.is_empty() {
            pieces.push(format!("missing: {}", self.missing.join(", ")));
        }
        if !self.added.is_empty() {
            pieces.push(format!("not among them: {}", self.added.join(", ")));
        }
        f.write_str(&pieces.join("; "))
    }
}

/// Where the mapping file was.
pub(crate) struct Mapping<'a>(pub(crate) Option<&'a Path>);

impl fmt::Display for Mapping<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(path) => write!(f, " (it was {})", path.display()),
            None => Ok(()),
        }
    }
}
