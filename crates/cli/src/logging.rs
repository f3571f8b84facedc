//! Logging on standard error, for whoever asks for it.

use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

/// Starts logging as `LEADSQUARED_LOG`, or else `RUST_LOG`, says; the default is `warn`.
///
/// Only this project's own crates are heard: what libraries log may show an address with keys.
pub(crate) fn start() {
    let filter = EnvFilter::try_from_env("LEADSQUARED_LOG")
        .or_else(|_| EnvFilter::try_from_default_env())
        .unwrap_or_else(|_| EnvFilter::new("warn"));
    let own = filter_fn(|metadata| metadata.target().starts_with("leadsquared"));
    let layer = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .log_internal_errors(false)
        .with_filter(filter)
        .with_filter(own);
    // Somebody who runs the command inside a program may have set one up already.
    let _ = registry().with(layer).try_init();
}
