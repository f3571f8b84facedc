//! Decimal digits of whole numbers, eight at a time and without branches.

use super::ROWS;

/// The first number with more than eight digits.
pub(super) const EIGHT_DIGITS: u64 = 100_000_000;

const ZEROS: u64 = 0x3030_3030_3030_3030;

/// The eight digits of a number below [`EIGHT_DIGITS`], each 0 to 9 in a byte of its own, the first
/// one in the lowest byte.
///
/// Halves the number twice, all parts at once: into two of four digits, four of two, eight of one. A
/// division by 100 or 10 is a multiplication and a shift, exact for numbers this small.
#[inline(always)]
pub(super) fn eight(number: u32) -> u64 {
    let (high, low) = (number / 10_000, number % 10_000);
    let fours = u64::from(high) | u64::from(low) << 32;
    let hundreds = (fours * 10_486) >> 20 & 0x0000_007f_0000_007f;
    let twos = hundreds | (fours - 100 * hundreds) << 16;
    let tens = (twos * 103) >> 10 & 0x000f_000f_000f_000f;
    tens | (twos - 10 * tens) << 8
}

/// [`eight`] for a block of numbers.
#[inline(always)]
pub(super) fn eight_each(numbers: &[u32; ROWS]) -> [u64; ROWS] {
    let mut digits = [0; ROWS];
    for (digits, &number) in digits.iter_mut().zip(numbers) {
        *digits = eight(number);
    }
    digits
}

/// The text of eight digits, leading zeros included.
#[inline(always)]
pub(super) fn text(eight: u64) -> [u8; 8] {
    (eight | ZEROS).to_le_bytes()
}

/// How many of eight digits are leading zeros; the last digit is never one.
#[inline(always)]
pub(super) fn leading_zeros(eight: u64) -> usize {
    (eight.trailing_zeros() as usize / 8).min(7)
}

/// The two digits of a number below 100, the first one in the lower byte.
#[inline(always)]
pub(super) fn two(number: u32) -> u32 {
    let tens = (number * 103) >> 10;
    tens | (number - 10 * tens) << 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_eight_digits_are_right() {
        for number in (0..100_000_000).step_by(7).chain([99_999_999]) {
            let digits = text(eight(number));
            let read: u32 = std::str::from_utf8(&digits).unwrap().parse().unwrap();
            assert_eq!(read, number);
        }
    }

    #[test]
    fn leading_zeros_are_counted_up_to_the_last_digit() {
        for (number, zeros) in [(0, 7), (9, 7), (10, 6), (9_999_999, 1), (10_000_000, 0)] {
            assert_eq!(leading_zeros(eight(number)), zeros);
        }
    }

    #[test]
    fn two_digits_are_right() {
        for number in 0..100 {
            assert_eq!(two(number), (number / 10) | ((number % 10) << 8));
        }
    }
}
