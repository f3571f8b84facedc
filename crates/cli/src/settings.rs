//! What was typed, turned into settings that can work; whatever can't is found here.

use std::env;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use leadsquared_adapter::{Format, Input, ReadOptions};
use leadsquared_sink::{Ambiguous, Auth, Credentials, Endpoint, RateLimit, RetryPolicy};

use crate::args::{AmbiguousArg, CheckArgs, InputArgs, InputFormat, LoadArgs, OutputFormat};
use crate::command::UsageError;
use crate::mapping_file::MappingFile;
use crate::outputs::same_file;

const HOST: &str = "LEADSQUARED_HOST";
const ACCESS_KEY: &str = "LEADSQUARED_ACCESS_KEY";
const SECRET_KEY: &str = "LEADSQUARED_SECRET_KEY";

/// What to read, and what its columns become.
pub(crate) struct Reading {
    pub(crate) inputs: Vec<Input>,
    pub(crate) options: ReadOptions,
    pub(crate) mapping: MappingFile,
}

/// A load.
pub(crate) struct LoadSettings {
    pub(crate) reading: Reading,
    pub(crate) target: Target,
    pub(crate) rate_limit: RateLimit,
    pub(crate) concurrency: Option<NonZeroUsize>,
    pub(crate) auth: Auth,
    pub(crate) timeout: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) ambiguous: Ambiguous,
    pub(crate) results: Option<PathBuf>,
    pub(crate) rejects: Option<PathBuf>,
    pub(crate) format: OutputFormat,
}

/// Where the leads go.
pub(crate) enum Target {
    /// An emulator in this process.
    Emulator,
    /// An account.
    Account {
        host: String,
        credentials: Credentials,
    },
}

/// A check.
pub(crate) struct CheckSettings {
    pub(crate) reading: Reading,
    pub(crate) rate_limit: RateLimit,
    pub(crate) format: OutputFormat,
}

impl LoadSettings {
    pub(crate) fn new(args: LoadArgs) -> Result<Self> {
        let target = if args.emulator {
            Target::Emulator
        } else {
            Target::account(args.host)?
        };
        if args.timeout.is_zero() {
            return Err(usage(
                "--timeout 0s would leave no call time to be answered",
            ));
        }
        let reading = Reading::new(args.input)?;
        check_outputs(
            &reading.inputs,
            args.results.as_deref(),
            args.rejects.as_deref(),
        )?;
        Ok(Self {
            reading,
            target,
            rate_limit: args.rate_limit,
            concurrency: args.concurrency,
            auth: args.auth,
            timeout: args.timeout,
            retry: RetryPolicy::default().with_attempts(args.attempts.get()),
            ambiguous: match args.ambiguous {
                AmbiguousArg::Retry => Ambiguous::Retry,
                AmbiguousArg::Hold => Ambiguous::Hold,
            },
            results: args.results,
            rejects: args.rejects,
            format: args.format,
        })
    }
}

impl CheckSettings {
    pub(crate) fn new(args: CheckArgs) -> Result<Self> {
        Ok(Self {
            reading: Reading::new(args.input)?,
            rate_limit: args.rate_limit,
            format: args.format,
        })
    }

    /// `load --dry-run` is a check.
    pub(crate) fn of_dry_run(args: LoadArgs) -> Result<Self> {
        Self::new(CheckArgs {
            input: args.input,
            rate_limit: args.rate_limit,
            format: args.format,
        })
    }
}

impl Reading {
    fn new(args: InputArgs) -> Result<Self> {
        let mapping = match &args.mapping {
            Some(path) => MappingFile::read(path)?,
            None => MappingFile::default(),
        };
        let mut options = ReadOptions::new().with_mapping(mapping.mapping().clone());
        if let Some(format) = args.input_format {
            options = options.with_format(match format {
                InputFormat::Parquet => Format::Parquet,
                InputFormat::Ndjson => Format::Ndjson,
            });
        }
        Ok(Self {
            inputs: Input::resolve(args.inputs)?,
            options,
            mapping,
        })
    }
}

impl Target {
    /// The account that the option and the environment name.
    fn account(host: Option<String>) -> Result<Self> {
        let host = host.map_or_else(|| variable(HOST), |host| Ok(Some(host)))?;
        let access_key = variable(ACCESS_KEY)?;
        let secret_key = variable(SECRET_KEY)?;
        let missing: Vec<&str> = [
            (HOST, host.is_none()),
            (ACCESS_KEY, access_key.is_none()),
            (SECRET_KEY, secret_key.is_none()),
        ]
        .into_iter()
        .filter_map(|(name, is_missing)| is_missing.then_some(name))
        .collect();
        let (Some(host), Some(access_key), Some(secret_key)) = (host, access_key, secret_key)
        else {
            let keys = "the keys are in the account's settings under API and Webhooks";
            let try_it = "to try it without an account, load with --emulator";
            return Err(usage(format!(
                "the environment lacks {}; {keys}; {try_it}",
                missing.join(", ")
            )));
        };
        host.parse::<Endpoint>()
            .map_err(|error| usage(error.to_string()))?;
        Ok(Self::Account {
            host,
            credentials: Credentials::new(access_key, secret_key),
        })
    }
}

/// The variable's value; nothing but blanks is no value.
fn variable(name: &str) -> Result<Option<String>> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.trim().is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        // The error itself would show the value.
        Err(env::VarError::NotUnicode(_)) => Err(usage(format!("{name} is not UTF-8 text"))),
    }
}

/// Checks that no file would be written over that is read, or written twice.
fn check_outputs(inputs: &[Input], results: Option<&Path>, rejects: Option<&Path>) -> Result<()> {
    for (option, path) in [("--results", results), ("--rejects", rejects)] {
        let Some(path) = path else { continue };
        let input = inputs.iter().filter_map(Input::path);
        if input.into_iter().any(|input| same_file(input, path)) {
            return Err(usage(format!(
                "{option} {} is one of the inputs, and would be written over; name another file",
                path.display()
            )));
        }
    }
    match (results, rejects) {
        (Some(results), Some(rejects)) if same_file(results, rejects) => Err(usage(format!(
            "--results and --rejects are the same file, {}; name two",
            results.display()
        ))),
        _ => Ok(()),
    }
}

fn usage(message: impl Into<String>) -> anyhow::Error {
    UsageError(message.into()).into()
}
