//! The real command against the real emulator, over HTTP.

#![expect(
    clippy::unwrap_used,
    reason = "a test's helper fails by panicking, as the test itself does"
)]

mod accounts;
mod bad_input;
mod check;
mod emulate;
mod files;
mod helpers;
mod init;
mod load;
mod mapping;
mod metrics;
mod pages;
mod resume;
mod runs;
mod secrets;
mod server;
mod signals;
mod trust;
mod usage;
