//! Standard error: what the command says while it works, and how it says that it failed.

use std::fmt::{Display, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use indicatif::ProgressBar;

use crate::paint::{Paint, write_stderr};

/// Whether only errors are said.
static QUIET: AtomicBool = AtomicBool::new(false);
/// The progress bar, above which everything is said.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Says nothing but errors from here on, or everything.
pub(crate) fn set_quiet(quiet: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
}

/// Whether only errors are said.
pub(crate) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Has everything said above `bar` from here on; none: there is no bar any more.
pub(crate) fn above(bar: Option<ProgressBar>) {
    *BAR.lock().unwrap_or_else(PoisonError::into_inner) = bar;
}

/// Writes to standard error, above the progress bar if there is one.
pub(crate) fn write(text: &str) {
    let bar = BAR.lock().unwrap_or_else(PoisonError::into_inner).clone();
    // Where standard error is closed, nobody listens.
    let print = || drop(write_stderr(text));
    match bar {
        Some(bar) => bar.suspend(print),
        None => print(),
    }
}

/// Says things on standard error, unless the command is to be quiet.
#[derive(Clone, Default)]
pub(crate) struct Talk(());

impl Talk {
    /// Says one line.
    #[expect(clippy::unused_self, reason = "whoever may talk is given one")]
    pub(crate) fn say(&self, line: impl Display) {
        if !is_quiet() {
            insist(line);
        }
    }
}

/// Says one line, even if the command is to be quiet.
pub(crate) fn insist(line: impl Display) {
    write(&format!("leadsquared: {line}\n"));
}

/// Says why a run failed: the error, then its causes, a line each.
pub(crate) fn print_error(error: &anyhow::Error) {
    let paint = Paint::stderr();
    let mut text = String::new();
    for (depth, level) in error.chain().enumerate() {
        let _ = if depth == 0 {
            writeln!(text, "leadsquared: {} {level}", paint.error("error:"))
        } else {
            writeln!(text, "  {} {level}", paint.error("caused by:"))
        };
    }
    write(&text);
}
