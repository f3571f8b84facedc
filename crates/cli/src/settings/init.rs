//! What `init` is to write.

use std::path::PathBuf;

use anyhow::Result;
use leadsquared_adapter::{Input, ReadOptions};

use super::reading::format;
use crate::args::InitArgs;

/// What `init` is to write.
pub(crate) enum InitSettings {
    /// The JSON schema of mapping files.
    Schema,
    /// A mapping for this input.
    Mapping {
        input: Input,
        options: Box<ReadOptions>,
        /// None for standard output.
        output: Option<PathBuf>,
        force: bool,
    },
}

impl InitSettings {
    pub(crate) fn new(args: InitArgs) -> Result<Self> {
        // Of several files, one stands for all.
        let input = Input::resolve(args.input)?.into_iter().next();
        let Some(input) = input else {
            return Ok(Self::Schema);
        };
        let mut options = ReadOptions::new();
        if let Some(asked) = args.input_format {
            options = options.with_format(format(asked));
        }
        Ok(Self::Mapping {
            input,
            options: Box::new(options),
            output: Some(args.output).filter(|path| path.as_os_str() != "-"),
            force: args.force,
        })
    }
}
