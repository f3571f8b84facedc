//! What `init` is to write.

use std::path::PathBuf;

use anyhow::Result;
use leadsquared_adapter::{Input, ReadOptions};

use super::reading::in_format;
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
        let input = Input::resolve(args.input)?.into_iter().next();
        let Some(input) = input else {
            return Ok(Self::Schema);
        };
        Ok(Self::Mapping {
            input,
            options: Box::new(in_format(ReadOptions::new(), args.format)),
            output: Some(args.output).filter(|path| path.as_os_str() != "-"),
            force: args.force,
        })
    }
}
