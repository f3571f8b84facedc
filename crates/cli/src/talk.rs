//! Standard error: what the command says while it works, and how it says that it failed.

use std::fmt::Display;
use std::io::{self, Write};

use indicatif::ProgressBar;

/// Says things on standard error, above the progress bar if there is one.
#[derive(Clone, Default)]
pub(crate) struct Talk {
    bar: Option<ProgressBar>,
}

impl Talk {
    /// Talks above `bar`.
    pub(crate) fn above(bar: ProgressBar) -> Self {
        Self { bar: Some(bar) }
    }

    /// Says one line.
    pub(crate) fn say(&self, line: impl Display) {
        match &self.bar {
            Some(bar) => bar.suspend(|| print(&line)),
            None => print(&line),
        }
    }
}

fn print(line: &dyn Display) {
    // Where standard error is closed, nobody listens.
    let _ = writeln!(io::stderr(), "leadsquared: {line}");
}

/// Says why a run failed: the error, then its causes, a line each.
pub(crate) fn print_error(error: &anyhow::Error) {
    for (depth, level) in error.chain().enumerate() {
        if depth == 0 {
            print(&format_args!("error: {level}"));
        } else {
            let _ = writeln!(io::stderr(), "  caused by: {level}");
        }
    }
}
