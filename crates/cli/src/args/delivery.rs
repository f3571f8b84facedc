//! What `load` and `replay` may be told of the delivery.

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};
use leadsquared_sink::{MaxRejects, RateLimit};

use super::{AccountArgs, OutputFormat, address, duration};

#[derive(Debug, Args)]
pub(crate) struct DeliveryArgs {
    #[command(flatten)]
    pub(crate) account: AccountArgs,

    /// The account's limit: so many calls in so much time [default: 25/5s].
    #[arg(long, value_name = "CALLS/TIME", help_heading = "Pace")]
    pub(crate) rate_limit: Option<RateLimit>,

    /// How the limit is kept: balanced learns how long calls take; strict assumes nothing [default:
    /// balanced].
    #[arg(long, value_enum, help_heading = "Pace")]
    pub(crate) limiter: Option<LimiterArg>,

    /// Leave so many calls of the limit to others who use the account [default: 0].
    #[arg(long, value_name = "CALLS", help_heading = "Pace")]
    pub(crate) reserve: Option<u32>,

    /// Stop before more than so many calls are made in 24 hours, earlier runs included.
    #[arg(long, value_name = "CALLS", help_heading = "Pace")]
    pub(crate) daily_calls: Option<NonZeroU64>,

    /// The most calls in flight at once; by default as many as the limit has calls.
    #[arg(long, value_name = "N", help_heading = "Pace")]
    pub(crate) concurrency: Option<NonZeroUsize>,

    /// How many processes share the account's limit through a Redis: see the environment below.
    #[arg(long, value_name = "N", help_heading = "Pace")]
    pub(crate) processes: Option<NonZeroU32>,

    /// Don't hold the leads against the account's fields before the first one is sent.
    #[arg(
        long,
        env = "LEADSQUARED_NO_PREFLIGHT",
        hide_env = true,
        value_parser = FalseyValueParser::new(),
        help_heading = "When things go wrong"
    )]
    pub(crate) no_preflight: bool,

    /// How long one call may take.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration, help_heading = "When things go wrong")]
    pub(crate) timeout: Duration,

    /// How often a call that fails in a way that passes is tried.
    #[arg(
        long,
        value_name = "N",
        default_value = "10",
        help_heading = "When things go wrong"
    )]
    pub(crate) attempts: NonZeroU32,

    /// What to do with a call whose answer never came.
    #[arg(
        long,
        value_enum,
        default_value = "retry",
        help_heading = "When things go wrong"
    )]
    pub(crate) ambiguous: AmbiguousArg,

    /// Stop when more than so many rows, or so many in a hundred, are rejected: 100 or 5%.
    #[arg(long, value_name = "N|P%", help_heading = "When things go wrong")]
    pub(crate) max_rejects: Option<MaxRejects>,

    /// How many calls may go into finding the rows at fault in calls that are refused whole.
    #[arg(
        long,
        value_name = "CALLS",
        default_value = "1000",
        help_heading = "When things go wrong"
    )]
    pub(crate) split_budget: u64,

    /// NDJSON file for what became of each row.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) results: Option<PathBuf>,

    /// NDJSON file for the rows that did not get in, with the reason and the lead's fields.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) rejects: Option<PathBuf>,

    /// HTML page about the run: its books, its pace, why rows are not in; one file, made at the end.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) report: Option<PathBuf>,

    /// Serve metrics for Prometheus at this address, such as 127.0.0.1:9187, while it runs.
    #[arg(long, value_name = "ADDRESS", value_parser = address, help_heading = "Output")]
    pub(crate) metrics: Option<SocketAddr>,

    /// How to print the summary.
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    pub(crate) format: OutputFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LimiterArg {
    /// A window after each answer, less what a round trip is known to take at least.
    Balanced,
    /// A window after each answer.
    Strict,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum AmbiguousArg {
    /// Send it again; its rows that are then duplicates count as created earlier.
    Retry,
    /// Leave its rows unconfirmed, for a person to look at.
    Hold,
}
