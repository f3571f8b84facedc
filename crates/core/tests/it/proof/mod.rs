//! The proof that payloads are right: random tables of every type, an oracle that says what must
//! come out of them, and the checks that hold the encoder against it.
//!
//! It knows the crate by its public interface only, and the oracle shares no code with it. The
//! property tests, the long run and the fuzz target all draw their tables from here.

mod arrays;
mod case;
mod entropy;
mod json;
mod oracle;
mod payloads;
mod rows;
mod schema;
mod texts;
mod values;

use self::case::Case;
pub(crate) use self::case::Size;
pub(crate) use self::entropy::Entropy;
use self::payloads::check_payloads;
use self::rows::{Expected, check_rows};

/// Checks all rows of a random case: each alone, in order, and in payloads.
pub(crate) fn check(size: Size, entropy: &mut Entropy) -> (Case, Vec<Vec<Expected>>) {
    let mut walk = entropy.fork();
    let case = Case::new(size, entropy);
    let rows = check_rows(&case, &mut walk);
    check_payloads(&case, &rows, &mut walk);
    (case, rows)
}

/// As [`check`], for the case that a fuzzer's bytes spell.
pub(crate) fn check_bytes(bytes: &[u8]) {
    let mut entropy = Entropy::from_bytes(bytes);
    let tall = entropy.once_in(16);
    let size = Size {
        columns: 1 + entropy.below(if tall { 2 } else { 8 }),
        rows: entropy.below(if tall { 1_100 } else { 140 }),
        batches: 1 + entropy.below(3),
    };
    check(size, &mut entropy);
}
