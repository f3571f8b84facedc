//! What `init` may be told.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::FormatArgs;

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The export to map: of several files, the first one's columns count.
    #[arg(value_name = "INPUT", required_unless_present = "schema")]
    pub(crate) input: Option<OsString>,

    /// Where to write it; - for standard output [default: mapping.toml, and - for --schema].
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Write over a file that is there.
    #[arg(long)]
    pub(crate) force: bool,

    #[command(flatten)]
    pub(crate) format: FormatArgs,

    /// Write the JSON schema of mapping files, for an editor to complete and check them by.
    #[arg(long, conflicts_with_all = ["input", "input_format", "delimiter"])]
    pub(crate) schema: bool,
}
