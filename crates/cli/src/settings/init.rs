//! What `init` is to write.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::Result;
use leadsquared_adapter::{Input, ReadOptions};

use super::reading::{guarded, in_format};
use crate::args::{FormatArgs, InitArgs};
use crate::words::shell_word;

/// What the mapping is called where nobody says.
const MAPPING: &str = "mapping.toml";
/// Standard input or output, as an argument.
const STANDARD: &str = "-";

/// What `init` is to write.
pub(crate) enum InitSettings {
    /// The JSON schema of mapping files.
    Schema { output: InitOutput },
    /// A mapping for this input.
    Mapping {
        input: Input,
        options: Box<ReadOptions>,
        output: InitOutput,
        /// The command to go on with.
        next: String,
    },
}

/// Where `init` is to write.
pub(crate) struct InitOutput {
    /// None for standard output.
    pub(crate) path: Option<PathBuf>,
    /// Whether it may write over a file that is there.
    pub(crate) force: bool,
}

impl InitSettings {
    pub(crate) fn new(args: InitArgs) -> Result<Self> {
        let Some(typed) = args.input else {
            let output = args.output.unwrap_or_else(|| STANDARD.into());
            return Ok(Self::Schema {
                output: InitOutput::new(output, args.force),
            });
        };
        let output = args.output.unwrap_or_else(|| MAPPING.into());
        let output = InitOutput::new(output, args.force);
        let inputs = Input::resolve([&typed])?;
        if let Some(path) = &output.path {
            guarded(&inputs).check("--output", path)?;
        }
        let next = next(&typed, args.format, output.path.as_deref());
        let Some(input) = inputs.into_iter().next() else {
            anyhow::bail!("{} names no input", typed.display());
        };
        Ok(Self::Mapping {
            input,
            options: Box::new(in_format(ReadOptions::new(), args.format)),
            output,
            next,
        })
    }
}

impl InitOutput {
    fn new(path: PathBuf, force: bool) -> Self {
        Self {
            path: Some(path).filter(|path| path.as_os_str() != STANDARD),
            force,
        }
    }
}

/// The `check` of all that was given, as it is typed in a shell.
fn next(input: &OsStr, format: FormatArgs, mapping: Option<&Path>) -> String {
    let input = input.to_string_lossy();
    // Standard input is read by now, and the query of a web address may be a signature.
    let is_signed = input.contains("://") && input.contains('?');
    let input = match &*input {
        _ if is_signed => "INPUT".into(),
        STANDARD => "INPUT".into(),
        input => shell_word(input),
    };
    let mapping = mapping.unwrap_or(Path::new(MAPPING)).to_string_lossy();
    let options = format.options();
    let options = options
        .iter()
        .map(String::as_str)
        .chain(["--mapping", &*mapping]);
    let mut next = format!("leadsquared check {input}");
    for option in options {
        next.push(' ');
        next.push_str(&shell_word(option));
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_to_be_shown_has_to_be_typed_again() {
        let next = |input: &str| next(OsStr::new(input), FormatArgs::default(), None);
        let placeholder = "leadsquared check INPUT --mapping mapping.toml";
        assert_eq!(next("-"), placeholder);
        assert_eq!(next("https://a.example/b.csv?sig=s3cr3t"), placeholder);
        assert_eq!(
            next("https://a.example/b.csv"),
            "leadsquared check https://a.example/b.csv --mapping mapping.toml"
        );
        assert_eq!(
            next("s3://bucket/day=*/"),
            "leadsquared check 's3://bucket/day=*/' --mapping mapping.toml"
        );
    }
}
