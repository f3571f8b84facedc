//! What may be said of the account's fields.

use std::path::PathBuf;

use clap::Args;
use leadsquared_sink::RateLimit;

use super::{AccountArgs, OutputFormat};

#[derive(Debug, Args)]
pub(crate) struct FieldsArgs {
    #[command(flatten)]
    pub(crate) account: AccountArgs,

    /// The account's limit: so many calls in so much time [default: 25/5s].
    #[arg(long, value_name = "CALLS/TIME")]
    pub(crate) rate_limit: Option<RateLimit>,

    /// Save them as JSON, for check --fields and emulate --fields.
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,

    /// How to print them.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: OutputFormat,
}

/// What a check holds the leads against.
#[derive(Debug, Default, Args)]
pub(crate) struct AgainstArgs {
    /// Ask the account for its fields, and hold the leads against them.
    #[arg(long, conflicts_with = "fields", help_heading = "Account")]
    pub(crate) online: bool,

    /// Hold the leads against the fields in this file, which `fields --save` wrote.
    #[arg(long, value_name = "FILE", help_heading = "Account")]
    pub(crate) fields: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) account: AccountArgs,
}
