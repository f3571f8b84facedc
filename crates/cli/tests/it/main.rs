//! The real command against the real emulator, over HTTP.

#![expect(
    clippy::unwrap_used,
    reason = "a test's helper fails by panicking, as the test itself does"
)]

mod accounts;
mod bad_input;
mod browser;
mod check;
mod emulate;
#[cfg(unix)]
mod errors;
mod fields;
mod files;
mod formats;
mod helpers;
mod init;
mod load;
mod manual;
mod mapping;
mod metrics;
mod pages;
mod preflight;
#[cfg(unix)]
mod pty;
mod report_look;
mod report_page;
mod resume;
mod runs;
/// The server is the one that the reader is tested against.
#[expect(dead_code, reason = "the reader's tests ask more of it")]
#[path = "../../../adapter/tests/it/s3.rs"]
mod s3;
mod secrets;
mod server;
mod signals;
mod stores;
#[cfg(unix)]
mod terminal;
mod trust;
mod usage;
