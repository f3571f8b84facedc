//! The end of a lead, packed: most are a created lead's, 18 bytes.

use leadsquared_sink::{ClaimEnd, Outcome};
use uuid::Uuid;

/// The longest that an id or a code is kept.
const LONGEST_WORD: usize = 200;
/// The longest that a reason is kept.
const LONGEST_REASON: usize = 1_000;

// What of an end there is.
const UUID: u8 = 1;
const LEAD_ID: u8 = 1 << 1;
const CODE: u8 = 1 << 2;
const REASON: u8 = 1 << 3;

/// An outcome's letter: kept, so never another one's.
const LETTERS: [(Outcome, u8); Outcome::ALL.len()] = [
    (Outcome::Created, b'c'),
    (Outcome::CreatedEarlier, b'e'),
    (Outcome::Duplicate, b'd'),
    (Outcome::Rejected, b'r'),
    (Outcome::Unconfirmed, b'u'),
    (Outcome::NotSent, b'n'),
];

/// Packs an end: its outcome's letter, what there is, and that, each text with its length before it.
pub(crate) fn pack(end: &ClaimEnd) -> Vec<u8> {
    let letter = LETTERS.iter().find(|(outcome, _)| *outcome == end.outcome);
    let mut packed = vec![letter.map_or(b'n', |(_, letter)| *letter), 0];
    let mut there = 0;
    if let Some(lead_id) = &end.lead_id {
        if let Some(uuid) = uuid(lead_id) {
            there |= UUID;
            packed.extend_from_slice(uuid.as_bytes());
        } else {
            there |= LEAD_ID;
            push(&mut packed, lead_id, LONGEST_WORD);
        }
    }
    if let Some(code) = &end.code {
        there |= CODE;
        push(&mut packed, code, LONGEST_WORD);
    }
    if let Some(reason) = &end.reason {
        there |= REASON;
        push(&mut packed, reason, LONGEST_REASON);
    }
    packed[1] = there;
    packed
}

/// The end that was packed so.
pub(crate) fn unpack(packed: &[u8]) -> Option<ClaimEnd> {
    let (&[letter, there], mut rest) = packed.split_first_chunk()?;
    let (outcome, _) = LETTERS.iter().find(|(_, known)| *known == letter)?;
    let lead_id = if there & UUID != 0 {
        let (uuid, behind) = rest.split_first_chunk()?;
        rest = behind;
        Some(Uuid::from_bytes(*uuid).to_string())
    } else {
        pull(&mut rest, there & LEAD_ID != 0)?
    };
    Some(ClaimEnd {
        outcome: *outcome,
        lead_id,
        code: pull(&mut rest, there & CODE != 0)?,
        reason: pull(&mut rest, there & REASON != 0)?,
    })
}

/// The id as the 16 bytes that it stands for, if it is written as these would be.
fn uuid(text: &str) -> Option<Uuid> {
    let uuid = Uuid::try_parse(text).ok()?;
    (uuid.to_string() == text).then_some(uuid)
}

fn push(packed: &mut Vec<u8>, text: &str, longest: usize) {
    let text = &text[..text.floor_char_boundary(longest)];
    // No longer than the longest, which fits.
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    packed.extend_from_slice(&length.to_be_bytes());
    packed.extend_from_slice(text.as_bytes());
}

/// The next text, if there is one; none at all if it is not whole.
#[expect(clippy::option_option, reason = "torn is not the same as not there")]
fn pull(rest: &mut &[u8], is_there: bool) -> Option<Option<String>> {
    if !is_there {
        return Some(None);
    }
    let (length, behind) = rest.split_first_chunk()?;
    let (text, behind) = behind.split_at_checked(u16::from_be_bytes(*length).into())?;
    *rest = behind;
    Some(Some(String::from_utf8_lossy(text).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(outcome: Outcome, texts: [Option<&str>; 3]) -> ClaimEnd {
        let [lead_id, code, reason] = texts.map(|text| text.map(str::to_owned));
        ClaimEnd {
            outcome,
            lead_id,
            code,
            reason,
        }
    }

    #[test]
    fn every_end_comes_back_as_it_was() {
        let texts = [
            None,
            Some(""),
            Some("é"),
            Some("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
            Some("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"),
        ];
        for outcome in Outcome::ALL {
            for lead_id in texts {
                for code in texts {
                    for reason in texts {
                        let end = end(outcome, [lead_id, code, reason]);
                        assert_eq!(unpack(&pack(&end)), Some(end));
                    }
                }
            }
        }
    }

    #[test]
    fn a_created_lead_takes_18_bytes() {
        let id = Some("f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
        assert_eq!(pack(&end(Outcome::Created, [id, None, None])).len(), 18);
    }

    #[test]
    fn of_a_long_reason_the_beginning_is_kept() {
        let long = "é".repeat(LONGEST_REASON);
        let kept = unpack(&pack(&end(Outcome::Rejected, [None, None, Some(&long)]))).unwrap();
        assert_eq!(kept.reason.unwrap().len(), LONGEST_REASON);
    }

    #[test]
    fn what_is_torn_is_no_end() {
        let whole = pack(&end(Outcome::Duplicate, [Some("1"), Some("2"), Some("3")]));
        for length in 0..whole.len() {
            assert_eq!(unpack(&whole[..length]), None, "{length}");
        }
        assert_eq!(unpack(b"x\0"), None);
    }
}
