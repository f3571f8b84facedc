//! Several processes on one account, with a real Redis.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod claims;
mod gone;
mod in_a_process;
mod learning;
mod processes;
mod redis_server;
mod script;
mod secrets;
mod sharing;
mod support;
