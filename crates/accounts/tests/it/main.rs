//! The accounts through their public interface.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy takes the helpers of these tests for production code"
)]

mod environment;
mod file;
mod keys;
mod support;
