//! Colours, where they are wanted: on a terminal, unless `NO_COLOR`, `TERM` or `--color` says otherwise.

use std::fmt::{self, Display};
use std::io::{self, Write as _};

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use clap::builder::Styles;
use clap::builder::styling::{AnsiColor, Style};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const COMMAND: Style = Style::new().bold();

/// The colours of help and of errors in how the command is used.
pub(crate) const HELP: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default())
    .error(ERROR)
    .valid(GOOD)
    .invalid(DOUBTFUL);

/// Paints text for one stream, or leaves it as it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Paint {
    is_on: bool,
}

/// A text with its colour, if it has one.
pub(crate) struct Painted<T> {
    text: T,
    style: Option<Style>,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.style {
            Some(style) => write!(f, "{style}{}{style:#}", self.text),
            None => self.text.fmt(f),
        }
    }
}

impl Paint {
    /// For standard output.
    pub(crate) fn stdout() -> Self {
        Self::of(&io::stdout())
    }

    /// For standard error.
    pub(crate) fn stderr() -> Self {
        Self::of(&io::stderr())
    }

    fn of<S: RawStream>(stream: &S) -> Self {
        Self {
            is_on: AutoStream::choice(stream) != ColorChoice::Never,
        }
    }

    pub(crate) fn is_on(self) -> bool {
        self.is_on
    }

    /// What is as it should be.
    pub(crate) fn good<T: Display>(self, text: T) -> Painted<T> {
        self.with(GOOD, text)
    }

    /// What is not.
    pub(crate) fn bad<T: Display>(self, text: T) -> Painted<T> {
        self.with(BAD, text)
    }

    /// What a person must look at.
    pub(crate) fn doubtful<T: Display>(self, text: T) -> Painted<T> {
        self.with(DOUBTFUL, text)
    }

    /// The word that an error begins with.
    pub(crate) fn error<T: Display>(self, text: T) -> Painted<T> {
        self.with(ERROR, text)
    }

    /// What is neither.
    #[expect(clippy::unused_self, reason = "the same call as for a colour")]
    pub(crate) fn plain<T: Display>(self, text: T) -> Painted<T> {
        Painted { text, style: None }
    }

    /// A command to type.
    pub(crate) fn command<T: Display>(self, text: T) -> Painted<T> {
        self.with(COMMAND, text)
    }

    fn with<T: Display>(self, style: Style, text: T) -> Painted<T> {
        Painted {
            text,
            style: self.is_on.then_some(style),
        }
    }
}

/// Decides on colours for the whole process, as `--color` says.
pub(crate) fn choose(color: clap::ColorChoice) {
    match color {
        clap::ColorChoice::Auto => ColorChoice::Auto,
        clap::ColorChoice::Always => ColorChoice::Always,
        clap::ColorChoice::Never => ColorChoice::Never,
    }
    .write_global();
}

/// Writes text that was painted for standard output. Without colours it is written as it is.
pub(crate) fn write_stdout(text: &str) -> io::Result<()> {
    let out = io::stdout().lock();
    write(out, Paint::stdout(), text)
}

/// Writes text that was painted for standard error.
pub(crate) fn write_stderr(text: &str) -> io::Result<()> {
    let out = io::stderr().lock();
    write(out, Paint::stderr(), text)
}

fn write<S: RawStream + anstream::stream::AsLockedWrite>(
    mut out: S,
    paint: Paint,
    text: &str,
) -> io::Result<()> {
    if paint.is_on {
        // Where the console doesn't know the codes, it is told in its own way.
        let mut out = AutoStream::always(out);
        out.write_all(text.as_bytes())?;
        out.flush()
    } else {
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}
