//! What may be said of the ledger and the runs in it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use leadsquared_sink::Outcome;

use super::{DeliveryArgs, FormatArgs, OutputFormat, ProfileArgs};

/// Where runs are kept unless another file is named.
pub(crate) const LEDGER: &str = "leadsquared.db";

#[derive(Debug, Args)]
pub(crate) struct LedgerArgs {
    /// The file that remembers runs [default: leadsquared.db].
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RunsArgs {
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,

    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,

    /// How to print them.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: OutputFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ResultsArgs {
    /// The run's number, as `runs` lists it.
    #[arg(value_name = "RUN", value_parser = run)]
    pub(crate) run: u64,

    /// Only rows with this outcome, again for each.
    #[arg(long, value_name = "OUTCOME")]
    pub(crate) outcome: Vec<Outcome>,

    /// How to write them.
    #[arg(long, value_enum, default_value = "ndjson")]
    pub(crate) format: ResultsFormat,

    /// The file to write, instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) profile: ProfileArgs,

    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ResultsFormat {
    Ndjson,
    Parquet,
    Csv,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The run's number, as `runs` lists it.
    #[arg(value_name = "RUN", value_parser = run)]
    pub(crate) run: u64,

    /// TOML file that says which column becomes which attribute, instead of the run's own.
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) input_format: FormatArgs,

    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,

    #[command(flatten)]
    pub(crate) delivery: DeliveryArgs,
}

fn run(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| "write the run's number, as `leadsquared runs` lists it".to_owned())
}
