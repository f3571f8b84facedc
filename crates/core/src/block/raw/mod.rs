//! All of the crate's `unsafe`: texts copied without a check for each copy ([`gather`]), and memory
//! that is asked for ahead ([`fetch`], a hint that can do no harm). `gather` checks what it relies on
//! itself, whatever the rest of the crate did.
#![expect(
    unsafe_code,
    reason = "measured: docs/benchmarks.md has what the safe ways take"
)]

mod fetch;
mod gather;

pub(super) use fetch::fetch;
pub(crate) use gather::Before;
pub(super) use gather::Gather;
