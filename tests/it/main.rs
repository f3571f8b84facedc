//! What crosses crates: files to leads over real HTTP, the limiter under several sinks, the example
//! programs and the example data.

#![expect(
    clippy::unwrap_used,
    reason = "a test's helper fails by panicking, as the test itself does"
)]

mod data;
mod examples;
mod helpers;
mod limit;
mod types;
