//! A real cluster on this machine: a scheduler, executors, a Redis, and an emulated account.
#![cfg(unix)]
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod again;
mod cluster;
mod data;
mod death;
mod delivery;
mod mistakes;
mod pages;
mod process;
mod redis_server;
mod secrets;
