//! The ledger through its public interface.

#![expect(
    clippy::unwrap_used,
    reason = "clippy takes the helpers of these tests for production code"
)]

mod books;
mod calls;
mod damage;
mod failure;
mod killed;
mod liveness;
mod replay;
mod resume;
mod sql;
mod story;
mod support;
