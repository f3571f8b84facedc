//! What a mistyped name is likely to mean, in words.

use std::fmt;

/// ` (did you mean "main"?)`, or nothing if no known name is like it.
pub(crate) struct DidYouMean<'a>(pub(crate) Option<&'a str>);

impl fmt::Display for DidYouMean<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(known) => write!(f, " (did you mean \"{known}\"?)"),
            None => Ok(()),
        }
    }
}
