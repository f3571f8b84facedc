//! What may be typed. What it means is for [`settings`](crate::settings).

mod account;
mod delivery;
mod emulate;
mod fields;
mod format;
mod init;
mod ledger;
mod manual;
mod terminal;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use leadsquared_sink::RateLimit;

use crate::paint::HELP;

pub(crate) use account::{AccountArgs, AccountsArgs, ProfileArgs};
pub(crate) use delivery::{AmbiguousArg, DeliveryArgs, LimiterArg};
pub(crate) use emulate::EmulateArgs;
pub(crate) use fields::{AgainstArgs, FieldsArgs};
pub(crate) use format::FormatArgs;
pub(crate) use init::InitArgs;
pub(crate) use ledger::{LEDGER, ReplayArgs, ResultsArgs, ResultsFormat, RunsArgs};
pub(crate) use manual::{CompletionsArgs, ManArgs};
pub(crate) use terminal::{TerminalArgs, color};

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
  LEADSQUARED_ACCOUNT     an account of the config file instead, if --account doesn't say
  LEADSQUARED_CONFIG      the config file, if --config doesn't say
  LEADSQUARED_REDIS_URL   the Redis through which --processes share the limit
  LEADSQUARED_LOG         what to log on standard error, such as debug (or RUST_LOG)
  AWS_*, GOOGLE_*, AZURE_*  keys, regions and endpoints of the stores that inputs are in
  LEADSQUARED_NO_PREFLIGHT
                          anything but 0 or false: the same as --no-preflight

Ctrl-C stops after the calls in flight, and the books are printed; a second one leaves at once. Either
way the same load goes on with --resume.

Exit codes:
  0  every row is in
  1  the run failed: bad input, wrong keys, a server that is down, a signal
  2  the command was not used as it must be
  3  the run finished, and some rows are not in";

const COMPLETIONS_HELP: &str = "\
Where the script goes:
  bash        ~/.local/share/bash-completion/completions/leadsquared
  zsh         a folder of $fpath, as _leadsquared
  fish        ~/.config/fish/completions/leadsquared.fish
  powershell  the file that $PROFILE names
  elvish      ~/.config/elvish/lib/leadsquared.elv, and `use leadsquared` in rc.elv";

const FIELDS_HELP: &str = "\
Environment:
  LEADSQUARED_HOST        the account's API host, if --host doesn't say
  LEADSQUARED_ACCESS_KEY  the account's access key
  LEADSQUARED_SECRET_KEY  the account's secret key
  LEADSQUARED_ACCOUNT     an account of the config file instead, if --account doesn't say
  LEADSQUARED_CONFIG      the config file, if --config doesn't say";

/// Creates LeadSquared leads in bulk from Parquet, NDJSON, CSV and Arrow exports.
#[derive(Debug, Parser)]
#[command(
    name = "leadsquared",
    bin_name = "leadsquared",
    version,
    max_term_width = 100,
    styles = HELP,
    after_help = EXIT_CODES
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) terminal: TerminalArgs,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a mapping file for an export, with a guess for each column that has a usual name.
    Init(InitArgs),
    /// Load leads into an account: calls of 50, inside the rate limit, one outcome for each row.
    #[command(after_help = LOAD_HELP)]
    Load(LoadArgs),
    /// Send the rows of a run that were rejected, unconfirmed or not sent again, after a fix.
    #[command(after_help = LOAD_HELP)]
    Replay(ReplayArgs),
    /// List the runs that the ledger remembers.
    Runs(RunsArgs),
    /// Export what became of each row of a run: file and row, outcome, lead id.
    Results(ResultsArgs),
    /// List the accounts of the config file, and where the keys of each come from.
    Accounts(AccountsArgs),
    /// Show what a load would do, and send nothing: no host and no keys are needed, but for --online.
    #[command(after_help = EXIT_CODES)]
    Check(CheckArgs),
    /// List the account's lead fields: names, types, lengths, and which are mandatory or unique.
    #[command(after_help = FIELDS_HELP)]
    Fields(FieldsArgs),
    /// Run the bulk-create endpoint on this machine, to try things out against.
    Emulate(EmulateArgs),
    /// Print the script that completes the command in a shell.
    #[command(after_help = COMPLETIONS_HELP)]
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for each command.
    Man(ManArgs),
}

/// What to read, and what its columns become.
#[derive(Debug, Args)]
pub(crate) struct InputArgs {
    /// Parquet, NDJSON, CSV, TSV or Arrow files, folders of them, glob patterns, or - for standard input;
    /// objects in stores as s3://, gs://, az:// or abfss:// URLs; https:// URLs.
    #[arg(value_name = "INPUT", required = true)]
    pub(crate) inputs: Vec<OsString>,

    /// TOML file that says which column becomes which attribute.
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
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
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch on the command line"
)]
pub(crate) struct LoadArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// Load into an emulator that lives as long as the load.
    #[arg(long, conflicts_with_all = ["host", "account"])]
    pub(crate) emulator: bool,

    /// Give that emulator the fields in this file, which `fields --save` wrote, and let it hold the
    /// leads against them.
    #[arg(long, value_name = "FILE", requires = "emulator")]
    pub(crate) fields: Option<PathBuf>,

    /// Send nothing: the same as check.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// The file that remembers runs, so that they can go on; leadsquared.db by default, but none for
    /// an emulator.
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,

    /// Remember nothing: the load can't be resumed.
    #[arg(long, conflicts_with_all = ["ledger", "resume", "restart"])]
    pub(crate) no_ledger: bool,

    /// Go on with the unfinished run of these inputs, if there is one.
    #[arg(long, conflicts_with = "restart")]
    pub(crate) resume: bool,

    /// Start over, though there is an unfinished run of these inputs.
    #[arg(long)]
    pub(crate) restart: bool,

    #[command(flatten)]
    pub(crate) delivery: DeliveryArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    #[command(flatten)]
    pub(crate) against: AgainstArgs,

    /// The account's limit: so many calls in so much time [default: 25/5s].
    #[arg(long, value_name = "CALLS/TIME")]
    pub(crate) rate_limit: Option<RateLimit>,

    /// How to print what was found.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: OutputFormat,
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| "write a number and a unit, such as 30s, 500ms or 2m".to_owned())
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "write an IP address and a port, such as 127.0.0.1:8787".to_owned())
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
