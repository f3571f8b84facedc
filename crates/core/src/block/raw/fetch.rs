//! Memory that is asked for ahead.

/// Asks for memory that will be read soon, and doesn't wait for it.
///
/// A pass over a block reads a little of every column. A processor that looks ahead by itself, in one
/// column, stops where its page of memory ends: it comes too late for most of the next block.
pub(in crate::block) fn fetch(bytes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    for line in bytes.chunks(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a hint changes nothing, and the address is one of a slice.
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = bytes;
}
