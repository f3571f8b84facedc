//! What a mistyped name is likely to mean, in words.

use leadsquared_core::nearest;

/// ` (did you mean "main"?)`, or nothing if no known name is like it.
pub(crate) fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, known).map_or_else(String::new, |known| format!(" (did you mean \"{known}\"?)"))
}
