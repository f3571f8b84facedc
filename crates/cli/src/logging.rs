//! Logging on standard error, for whoever asks for it.

use std::io;

use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

use crate::args::TerminalArgs;
use crate::paint::Paint;
use crate::talk;

/// Starts logging as `LEADSQUARED_LOG` says; else `-v` or `--quiet`; else `RUST_LOG`. The default is
/// `warn`.
///
/// Only this project's own crates are heard: what libraries log may show an address with keys.
pub(crate) fn start(args: TerminalArgs) {
    let by_option = match (args.quiet, args.verbose) {
        (true, _) => Some("error"),
        (false, 0) => None,
        (false, 1) => Some("info"),
        (false, 2) => Some("debug"),
        (false, _) => Some("trace"),
    };
    let filter = EnvFilter::try_from_env("LEADSQUARED_LOG").unwrap_or_else(|_| match by_option {
        Some(level) => EnvFilter::new(level),
        None => EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn")),
    });
    let own = filter_fn(|metadata| metadata.target().starts_with("leadsquared"));
    let layer = fmt::layer()
        .with_writer(AboveTheBar)
        .with_ansi(Paint::stderr().is_on())
        .log_internal_errors(false)
        .with_filter(filter)
        .with_filter(own);
    // Somebody who runs the command inside a program may have set one up already.
    let _ = registry().with(layer).try_init();
}

/// Writes lines where they don't spoil the progress bar.
struct AboveTheBar;

/// One line, which is written when it is whole.
#[derive(Default)]
struct Line(Vec<u8>);

impl<'a> MakeWriter<'a> for AboveTheBar {
    type Writer = Line;

    fn make_writer(&'a self) -> Self::Writer {
        Line::default()
    }
}

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        talk::write(&String::from_utf8_lossy(&self.0));
    }
}
