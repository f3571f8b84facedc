//! The emulator over real HTTP.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy takes the helpers of these tests for production code"
)]

mod client;
mod contract;
mod faults;
mod fields;
mod keys;
mod lifecycle;
mod limits;
mod requests;
mod rows;
