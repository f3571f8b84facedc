//! Text of others, made fit to be shown.

use std::fmt::Write as _;

/// The text, in which what would hide or mislead can be seen.
///
/// Control characters become their pictures (`␀`, `␛`), but for white space, which becomes a blank;
/// what would turn the direction of writing or takes no room is named (`⟨U+202E⟩`). Joiners stay:
/// scripts of India need them. Escaping is not done here but by the template.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..='\u{1f}' => out.push(picture(u32::from(c))),
            '\u{7f}' => out.push('␡'),
            _ if is_misleading(c) => {
                let _ = write!(out, "⟨U+{:04X}⟩", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out
}

/// The picture of a control character.
fn picture(control: u32) -> char {
    char::from_u32(0x2400 + control).unwrap_or('\u{fffd}')
}

/// Whether it has an effect but no look of its own.
fn is_misleading(c: char) -> bool {
    matches!(c,
        // Controls, and line ends that aren't any in a line of HTML.
        '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}'
        // Directions of writing.
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        // No width.
        | '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
        // Annotations, tags, and what is no character.
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
        || u32::from(c) & 0xfffe == 0xfffe
        || ('\u{fdd0}'..='\u{fdef}').contains(&c)
}

/// The text, of which no more than so many characters are left.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let mut chars = text.char_indices();
    if chars.by_ref().nth(most).is_none() {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_or_misleads_is_seen() {
        assert_eq!(visible("a\tb\r\nc"), "a b  c");
        assert_eq!(visible("\0\u{1b}[2J\u{7f}"), "␀␛[2J␡");
        assert_eq!(visible("gpj\u{202e}exe"), "gpj⟨U+202E⟩exe");
        assert_eq!(
            visible("\u{feff}\u{85}\u{ffff}"),
            "⟨U+FEFF⟩⟨U+0085⟩⟨U+FFFF⟩"
        );
        for honest in ["अनन्या श्र\u{200d}ी", "שלום", "José 👩\u{200d}💻", "<b>&\"'"]
        {
            assert_eq!(visible(honest), honest);
        }
    }

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(shortened("über", 4), "über");
        assert_eq!(shortened("überlang", 4), "übe…");
        assert_eq!(shortened("", 0), "");
    }
}
