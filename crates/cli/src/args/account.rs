//! Which account a command works with.

use std::path::PathBuf;

use clap::Args;
use leadsquared_sink::Auth;

use super::OutputFormat;

/// Which account of the config file.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ProfileArgs {
    /// The account of the config file to work with.
    #[arg(long, value_name = "NAME", help_heading = "Account")]
    pub(crate) account: Option<String>,

    /// The config file, instead of the one in the user's config folder.
    #[arg(long, value_name = "FILE", help_heading = "Account")]
    pub(crate) config: Option<PathBuf>,
}

/// Which account, and how it is reached; for every command that makes calls.
#[derive(Debug, Default, Args)]
pub(crate) struct AccountArgs {
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,

    /// The account's API host, such as api-in21.leadsquared.com.
    #[arg(long, value_name = "HOST", help_heading = "Account")]
    pub(crate) host: Option<String>,

    /// How the keys travel: query or header [default: query].
    #[arg(long, value_name = "WAY", help_heading = "Account")]
    pub(crate) auth: Option<Auth>,
}

#[derive(Debug, Args)]
pub(crate) struct AccountsArgs {
    /// The config file, instead of the one in the user's config folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// How to print them.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: OutputFormat,
}
