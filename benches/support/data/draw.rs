//! Values drawn by chance.

use fake::locales::{Data, EN};
use fake::rand::rngs::ChaCha8Rng;
use fake::rand::seq::IndexedRandom;
use fake::{RngExt, rand::Rng};

/// True in `percent` of a hundred cases.
pub(super) fn chance(percent: u32, rng: &mut ChaCha8Rng) -> bool {
    rng.random_ratio(percent, 100)
}

/// One of `choices`.
pub(super) fn pick<'a>(choices: &[&'a str], rng: &mut ChaCha8Rng) -> &'a str {
    choices.choose(rng).copied().unwrap_or_default()
}

/// An address that no other `row` has, and a first and a last name that go with it.
pub(super) fn person(row: usize, rng: &mut ChaCha8Rng) -> (String, &'static str, &'static str) {
    let first = pick(EN::NAME_FIRST_NAME, rng);
    let last = pick(EN::NAME_LAST_NAME, rng);
    let domain = pick(&["com", "net", "org", "co.in"], rng);
    let email = format!("{first}.{last}{row}@example.{domain}").to_lowercase();
    (email, first, last)
}

/// `+91-` and ten digits.
pub(super) fn phone(rng: &mut ChaCha8Rng) -> String {
    format!(
        "+91-{}",
        rng.random_range(6_000_000_000_u64..10_000_000_000)
    )
}

/// Words of ASCII letters, from `shortest` to `longest` characters in all.
pub(super) fn sentence(shortest: usize, longest: usize, rng: &mut ChaCha8Rng) -> String {
    let length = rng.random_range(shortest..=longest);
    let mut text = String::with_capacity(length + 16);
    while text.len() < length {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(pick(EN::LOREM_WORD, rng));
    }
    text.truncate(length);
    text
}

/// `text` with one to four of its characters turned into ones that JSON must escape.
pub(super) fn with_escapes(text: &str, rng: &mut ChaCha8Rng) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..rng.random_range(1..=4) {
        let place = rng.random_range(0..characters.len());
        characters[place] = *['"', '\n', '\\', '\t'].choose(rng).unwrap_or(&'"');
    }
    characters.into_iter().collect()
}

/// An instant of the years 2020 to 2025, in microseconds since 1970, UTC.
pub(super) fn instant(rng: &mut ChaCha8Rng) -> i64 {
    rng.random_range(1_577_836_800_000_000..1_767_225_600_000_000)
}

/// An amount with two decimals.
pub(super) fn amount(rng: &mut ChaCha8Rng) -> f64 {
    f64::from(rng.random_range(0..10_000_000_u32)) / 100.0
}

/// A number from -2^20 to 2^20 that takes all the digits a float can have.
pub(super) fn full_precision(rng: &mut ChaCha8Rng) -> f64 {
    const MANTISSA_BITS: u32 = 52;
    const BIAS: u64 = 1023;
    let exponent = BIAS + rng.random_range(0..20);
    let sign_and_mantissa = rng.next_u64() & !(0x7ff << MANTISSA_BITS);
    f64::from_bits(sign_and_mantissa | exponent << MANTISSA_BITS)
}

/// Any whole number there is.
pub(super) fn full_range(rng: &mut ChaCha8Rng) -> i64 {
    rng.next_u64().cast_signed()
}
