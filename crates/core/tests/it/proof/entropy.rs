//! Where chance comes from: a seed, or the bytes of a fuzzer.

/// A stream of choices: first those that the bytes spell, then those of a generator.
///
/// A fuzzer changes bytes and sees single choices change; a seed needs no bytes at all.
#[derive(Clone)]
pub(crate) struct Entropy<'a> {
    bytes: &'a [u8],
    state: u64,
}

impl<'a> Entropy<'a> {
    pub(crate) fn from_seed(seed: u64) -> Self {
        Self {
            bytes: &[],
            state: seed,
        }
    }

    /// What follows the end of `bytes` is the same for all inputs, so that a byte more or less at the
    /// end changes little.
    pub(crate) fn from_bytes(bytes: &'a [u8]) -> Self {
        Self { bytes, state: 0 }
    }

    /// A stream of its own, so that what is drawn there does not shift what is drawn here.
    ///
    /// That is what lets a failing case shrink: without its last column, the others stay as they are.
    pub(crate) fn fork(&mut self) -> Self {
        let part = if self.bytes.is_empty() {
            0
        } else {
            (usize::from(self.byte()) * 4).min(self.bytes.len())
        };
        let (part, rest) = self.bytes.split_at(part);
        self.bytes = rest;
        Self {
            bytes: part,
            state: self.word(),
        }
    }

    /// The next number of `SplitMix64`.
    fn word(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        match self.bytes.split_first() {
            Some((&byte, rest)) => {
                self.bytes = rest;
                byte
            }
            None => self.word().to_le_bytes()[7],
        }
    }

    /// 64 bits without a pattern.
    pub(crate) fn bits(&mut self) -> u64 {
        if self.bytes.is_empty() {
            return self.word();
        }
        u64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// `N` bytes without a pattern.
    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            let bits = self.bits().to_le_bytes();
            chunk.copy_from_slice(&bits[..chunk.len()]);
        }
        bytes
    }

    /// A number from 0 to below `end`; 0 if that is empty.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        match end {
            0 | 1 => 0,
            2..=256 => usize::from(self.byte()) % end,
            _ => usize::try_from(self.bits() % end as u64).unwrap(),
        }
    }

    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.abs_diff(low).saturating_add(1);
        low.wrapping_add_unsigned(self.bits() % span)
    }

    /// True once in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}
