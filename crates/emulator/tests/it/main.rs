//! The emulator over real HTTP.

#[expect(
    clippy::expect_used,
    reason = "helpers of tests, which clippy does not take for tests"
)]
mod client;
mod contract;
