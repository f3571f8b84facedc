//! What may be typed. What it means is for [`settings`](crate::settings).

use std::ffi::OsString;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use leadsquared_emulator::{Algorithm, DuplicateAnswer, DuplicateInCall, ThrottleShape};
use leadsquared_sink::{Auth, RateLimit};

const EXIT_CODES: &str = "\
Exit codes:
  0  every row is in (check: could be sent)
  1  the run failed: bad input, wrong keys, a server that is down, a signal
  2  the command was not used as it must be
  3  the run finished, and some rows are not in (check: would be rejected)";

const LOAD_HELP: &str = "\
Environment:
  LEADSQUARED_HOST        the account's API host, if --host doesn't say
  LEADSQUARED_ACCESS_KEY  the account's access key
  LEADSQUARED_SECRET_KEY  the account's secret key
  LEADSQUARED_LOG         what to log on standard error, such as debug (or RUST_LOG)

Ctrl-C stops after the calls in flight, and the books are printed; a second one leaves at once.

Exit codes:
  0  every row is in
  1  the run failed: bad input, wrong keys, a server that is down, a signal
  2  the command was not used as it must be
  3  the run finished, and some rows are not in";

/// Creates LeadSquared leads in bulk from Parquet and NDJSON exports.
#[derive(Debug, Parser)]
#[command(
    name = "leadsquared",
    bin_name = "leadsquared",
    version,
    max_term_width = 100,
    after_help = EXIT_CODES
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Load leads into an account: calls of 50, inside the rate limit, one outcome for each row.
    #[command(after_help = LOAD_HELP)]
    Load(LoadArgs),
    /// Show what a load would do, and send nothing: no host and no keys are needed.
    #[command(after_help = EXIT_CODES)]
    Check(CheckArgs),
    /// Run the bulk-create endpoint on this machine, to try things out against.
    Emulate(EmulateArgs),
}

/// What to read, and what its columns become.
#[derive(Debug, Args)]
pub(crate) struct InputArgs {
    /// Parquet or NDJSON files, glob patterns, or - for standard input.
    #[arg(value_name = "INPUT", required = true)]
    pub(crate) inputs: Vec<OsString>,

    /// TOML file that says which column becomes which attribute.
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: Option<PathBuf>,

    /// The inputs' format, instead of telling it from name and content.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) input_format: Option<InputFormat>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum InputFormat {
    Parquet,
    Ndjson,
}

/// How to print what came out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people.
    Text,
    /// One JSON object, for programs.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct LoadArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// Load into an emulator that lives as long as the load.
    #[arg(long, conflicts_with = "host")]
    pub(crate) emulator: bool,

    /// The account's API host, such as api-in21.leadsquared.com.
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,

    /// The account's limit: so many calls in so much time.
    #[arg(long, value_name = "CALLS/TIME", default_value_t)]
    pub(crate) rate_limit: RateLimit,

    /// The most calls in flight at once; by default as many as the limit has calls.
    #[arg(long, value_name = "N")]
    pub(crate) concurrency: Option<NonZeroUsize>,

    /// How the keys travel: query or header.
    #[arg(long, value_name = "WAY", default_value_t)]
    pub(crate) auth: Auth,

    /// How long one call may take.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub(crate) timeout: Duration,

    /// How often a call that fails in a way that passes is tried.
    #[arg(long, value_name = "N", default_value = "10")]
    pub(crate) attempts: NonZeroU32,

    /// What to do with a call whose answer never came.
    #[arg(long, value_enum, default_value = "retry")]
    pub(crate) ambiguous: AmbiguousArg,

    /// NDJSON file for what became of each row.
    #[arg(long, value_name = "FILE")]
    pub(crate) results: Option<PathBuf>,

    /// NDJSON file for the rows that did not get in, with the reason and the lead's fields.
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,

    /// Send nothing: the same as check.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// How to print the summary.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: OutputFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum AmbiguousArg {
    /// Send it again; its rows that are then duplicates count as created earlier.
    Retry,
    /// Leave its rows unconfirmed, for a person to look at.
    Hold,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// The account's limit: so many calls in so much time.
    #[arg(long, value_name = "CALLS/TIME", default_value_t)]
    pub(crate) rate_limit: RateLimit,

    /// How to print what was found.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: OutputFormat,
}

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch on the command line"
)]
pub(crate) struct EmulateArgs {
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    pub(crate) listen: SocketAddr,

    /// The account's limit: so many calls in so much time.
    #[arg(long, value_name = "CALLS/TIME", default_value_t)]
    pub(crate) rate_limit: RateLimit,

    /// Have no limit at all.
    #[arg(long, conflicts_with = "rate_limit")]
    pub(crate) no_rate_limit: bool,

    /// How calls are counted: sliding-window, fixed-window or token-bucket.
    #[arg(long, value_name = "NAME", default_value_t)]
    pub(crate) algorithm: Algorithm,

    /// The status of a throttled call: 429, 403 or 200.
    #[arg(long, value_name = "STATUS", default_value_t)]
    pub(crate) throttle_shape: ThrottleShape,

    /// Tell a throttled call in Retry-After when to come back.
    #[arg(long)]
    pub(crate) retry_after: bool,

    /// Count throttled calls against the limit too.
    #[arg(long)]
    pub(crate) refused_count: bool,

    /// The access key it takes; the secret key is always "secret-key".
    #[arg(long, value_name = "KEY", default_value = "access-key")]
    pub(crate) access_key: String,

    /// A unique field of the account, again for each; by default those of a new account.
    #[arg(long = "unique-field", value_name = "FIELD")]
    pub(crate) unique_fields: Vec<String>,

    /// How a duplicate is told: row, row-with-lead-id or whole-call.
    #[arg(long, value_name = "WAY", default_value_t)]
    pub(crate) duplicate_answer: DuplicateAnswer,

    /// What becomes of two leads of one call with the same unique value: refuse or create.
    #[arg(long, value_name = "RULE", default_value_t)]
    pub(crate) duplicate_in_call: DuplicateInCall,

    /// Fail the row of a lead whose e-mail address or phone number doesn't look like one.
    #[arg(long)]
    pub(crate) check_formats: bool,

    /// How long the server works at each call.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    pub(crate) latency: Duration,

    /// Up to this much is added to a call's way there, the work at it, and its way back.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    pub(crate) jitter: Duration,
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| "write a number and a unit, such as 30s, 500ms or 2m".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_emulator_and_a_host_exclude_each_other() {
        let parse =
            |args: &[&str]| Cli::try_parse_from([&["leadsquared", "load", "x"], args].concat());
        assert!(parse(&["--emulator"]).is_ok());
        assert!(parse(&["--host", "api.leadsquared.com"]).is_ok());
        assert!(parse(&["--emulator", "--host", "api.leadsquared.com"]).is_err());
    }

    #[test]
    fn times_have_a_unit() {
        assert_eq!(duration("1500ms"), Ok(Duration::from_millis(1500)));
        assert!(duration("30").is_err());
    }
}
