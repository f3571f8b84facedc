//! How every command talks.

use std::ffi::OsString;

use clap::{ArgAction, Args, ColorChoice, ValueEnum as _};

#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Terminal")]
pub(crate) struct TerminalArgs {
    /// Say nothing but errors: no progress, no notices, no summary but as JSON.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Log what is done on standard error; twice: each call too.
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    /// When to use colours; auto: on a terminal, unless `NO_COLOR` is set.
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        global = true,
        default_value = "auto"
    )]
    pub(crate) color: ColorChoice,
}

/// What `--color` says, before the arguments are parsed: their errors and the help have colours too.
pub(crate) fn color(args: &[OsString]) -> Option<ColorChoice> {
    let mut args = args.iter().map_while(|arg| match arg.to_str() {
        Some("--") => None,
        text => Some(text.unwrap_or_default()),
    });
    let mut color = None;
    while let Some(arg) = args.next() {
        let value = match arg.split_once('=') {
            Some(("--color", value)) => Some(value),
            _ if arg == "--color" => args.next(),
            _ => None,
        };
        if let Some(known) = value.and_then(|value| ColorChoice::from_str(value, false).ok()) {
            color = Some(known);
        }
    }
    color
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_known_before_the_rest() {
        let color = |args: &[&str]| {
            let args: Vec<OsString> = args.iter().map(Into::into).collect();
            color(&args)
        };
        assert_eq!(
            color(&["x", "load", "--color", "never"]),
            Some(ColorChoice::Never)
        );
        assert_eq!(
            color(&["x", "--color=always", "load"]),
            Some(ColorChoice::Always)
        );
        assert_eq!(color(&["x", "--color", "blue", "load"]), None);
        assert_eq!(color(&["x", "load", "--", "--color=always"]), None);
        assert_eq!(color(&["x", "--color"]), None);
    }
}
