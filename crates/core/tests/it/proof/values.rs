//! Numbers and points in time at the ends of their ranges, and anything between.

use half::f16;

use super::Entropy;
use arrow::datatypes::i256;

/// The first and the last day with a text, in days since 1970.
const DAYS: (i64, i64) = (-719_162, 2_932_896);

pub(crate) const SECONDS_A_DAY: i64 = 86_400;

/// A whole number from `low` to `high`: the ends, each count of digits, or any.
pub(crate) fn integer(low: i128, high: i128, entropy: &mut Entropy) -> i128 {
    let value = match entropy.below(8) {
        0 => low + i128::from(entropy.byte() % 3),
        1 => high - i128::from(entropy.byte() % 3),
        // 9, 10, 11, 99, 100, 101 and so on: where the count of digits changes.
        2 | 3 => around_a_power_of_ten(38, entropy),
        4 => i128::from(entropy.byte()) - 100,
        _ => {
            let bits = i128::from_le_bytes(entropy.array());
            bits >> (entropy.byte() % 128)
        }
    };
    if (low..=high).contains(&value) {
        value
    } else {
        // Wrapped into the range, as narrow types need it for most of the above.
        let bits = value.cast_unsigned() % high.abs_diff(low).saturating_add(1);
        low.wrapping_add_unsigned(bits)
    }
}

fn around_a_power_of_ten(digits: usize, entropy: &mut Entropy) -> i128 {
    let power = 10_i128.pow(u32::try_from(entropy.below(digits)).unwrap());
    let value = power + i128::from(entropy.byte() % 3) - 1;
    if entropy.once_in(2) { -value } else { value }
}

pub(crate) fn wide_integer(entropy: &mut Entropy) -> i256 {
    match entropy.below(4) {
        0 => entropy.pick(&[i256::MIN, i256::MAX, i256::ZERO, i256::MINUS_ONE]),
        1 => i256::from_le_bytes(entropy.array()),
        _ => i256::from_i128(integer(i128::MIN, i128::MAX, entropy)),
    }
}

/// A number that is finite unless there may be `faults`.
pub(crate) fn double(faults: bool, entropy: &mut Entropy) -> f64 {
    const SPECIAL: [f64; 16] = [
        0.0,
        -0.0,
        0.1,
        1e21,
        1e-7,
        1e15,
        1e16,
        1e17,
        123_456.789,
        f64::MIN,
        f64::MAX,
        f64::EPSILON,
        f64::MIN_POSITIVE,
        5e-324,
        -2.225_073_858_507_201e-308,
        9_007_199_254_740_993.0,
    ];
    const FAULTS: [f64; 3] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    if faults && entropy.once_in(12) {
        return entropy.pick(&FAULTS);
    }
    let value = match entropy.below(6) {
        0 => entropy.pick(&SPECIAL),
        1 => cents(entropy),
        2 => f64::from(i32::from_le_bytes(entropy.array())),
        // Full precision at a size that people write.
        3 => f64::from_bits((entropy.bits() >> 12) | 0x3ff0_0000_0000_0000) - 1.5,
        _ => f64::from_bits(entropy.bits()),
    };
    if faults || value.is_finite() {
        value
    } else {
        0.5
    }
}

/// What money and scores look like.
pub(crate) fn cents(entropy: &mut Entropy) -> f64 {
    f64::from(u16::from_le_bytes(entropy.array())) / 100.0
}

pub(crate) fn single(faults: bool, entropy: &mut Entropy) -> f32 {
    const SPECIAL: [f32; 12] = [
        0.0,
        -0.0,
        0.1,
        1e21,
        1e-7,
        16_777_217.0,
        f32::MIN,
        f32::MAX,
        f32::EPSILON,
        f32::MIN_POSITIVE,
        1e-45,
        -1.175_494_2e-38,
    ];
    const FAULTS: [f32; 3] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
    if faults && entropy.once_in(12) {
        return entropy.pick(&FAULTS);
    }
    let value = match entropy.below(4) {
        0 => entropy.pick(&SPECIAL),
        1 => f32::from(u16::from_le_bytes(entropy.array())) / 100.0,
        _ => f32::from_bits(u32::from_le_bytes(entropy.array())),
    };
    if faults || value.is_finite() {
        value
    } else {
        0.5
    }
}

pub(crate) fn half(faults: bool, entropy: &mut Entropy) -> f16 {
    let value = f16::from_bits(u16::from_le_bytes(entropy.array()));
    if faults || value.is_finite() {
        value
    } else {
        f16::ONE
    }
}

/// A count of `a_day` parts of days since 1970.
pub(crate) fn date(a_day: i64, faults: bool, entropy: &mut Entropy) -> i64 {
    let (first, last) = DAYS;
    let day = match entropy.below(8) {
        0 => first + entropy.between(0, 2),
        1 => last - entropy.between(0, 2),
        2 => entropy.between(-2, 2),
        3 | 4 => entropy.between(first, last),
        5 if faults => entropy.pick(&[first - 1, last + 1, first - 366, last + 366]),
        6 if faults => return entropy.pick(&[i64::MIN, i64::MAX, i64::MIN + 1]),
        _ => entropy.between(-20_000, 40_000),
    };
    day * a_day + entropy.between(0, a_day - 1)
}

/// A count of `a_second` parts of seconds since 1970.
pub(crate) fn timestamp(a_second: i64, faults: bool, entropy: &mut Entropy) -> i64 {
    // Nanoseconds end long before the year 1: what they can't count becomes a day that they can.
    let second = date(SECONDS_A_DAY, faults, entropy);
    let fraction = entropy.pick(&[0, 0, 1, a_second / 2, a_second - 1]) % a_second;
    second
        .checked_mul(a_second)
        .and_then(|value| value.checked_add(fraction))
        .unwrap_or(second % 1_000_000_000)
}

/// A count of `a_second` parts of seconds since midnight.
pub(crate) fn time(a_second: i64, faults: bool, entropy: &mut Entropy) -> i64 {
    let end = SECONDS_A_DAY * a_second;
    match entropy.below(6) {
        0 => entropy.between(0, 2),
        1 => end - 1 - entropy.between(0, 2),
        2 if faults => entropy.pick(&[end, end + 1, -1, -a_second, 2 * end]),
        _ => entropy.between(0, end - 1),
    }
}
