//! The sink as its users see it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod claims;
mod delivery;
mod fields;
mod journal;
mod limit_over_http;
mod limiter;
mod observed;
mod over_http;
mod refused;
mod secrets;
mod support;
mod traits;
