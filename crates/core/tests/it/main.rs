//! The crate as its users see it.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod apart;
mod builder;
mod contract;
mod proof;
mod properties;
mod rules;
mod texts;
