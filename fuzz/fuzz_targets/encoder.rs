//! Bytes spell tables of every type; their leads are held against the oracle of core's tests.
//!
//! The generator leaves no spare byte behind its buffers, so that the sanitizer sees every read past
//! the end of one.
#![no_main]
#![expect(
    dead_code,
    reason = "the property tests draw from seeds, this from bytes"
)]

#[path = "../../crates/core/tests/it/proof/mod.rs"]
mod proof;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| proof::check_bytes(bytes));
