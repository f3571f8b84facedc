//! The tests through the public interface: real SQL, real files, real HTTP.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod claims;
#[cfg(feature = "codec")]
mod codec;
mod deliver;
mod example;
mod failure;
mod insert;
mod outcomes;
mod page;
mod support;
mod wrong;
