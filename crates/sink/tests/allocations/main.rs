//! What a call costs in memory, counted by the allocator of this binary.
//!
//! Not part of `it`: a global allocator is every test's of a binary, and counting is not free.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod builder;
mod counting;
mod in_memory;
mod over_http;
mod support;
