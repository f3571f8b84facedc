//! How to deliver.

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use leadsquared_emulator::LeadField;
use leadsquared_sink::{Ambiguous, Auth, MaxRejects, RetryPolicy, SlotOptions};
use secrecy::SecretString;

use super::target::{Target, variable};
use super::{Chosen, usage};
use crate::args::{AmbiguousArg, DeliveryArgs, OutputFormat};
use crate::outputs::{Guarded, same_file};

const REDIS_URL: &str = "LEADSQUARED_REDIS_URL";

/// How to deliver.
pub(crate) struct DeliverySettings {
    pub(crate) target: Target,
    /// The options that name the account again; none if it is an emulator, which is gone then.
    pub(crate) account: Option<Vec<String>>,
    pub(crate) slots: SlotOptions,
    pub(crate) redis: Option<SharedLimit>,
    pub(crate) daily_calls: Option<u64>,
    pub(crate) concurrency: Option<NonZeroUsize>,
    pub(crate) auth: Auth,
    pub(crate) timeout: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) ambiguous: Ambiguous,
    pub(crate) max_rejects: Option<MaxRejects>,
    pub(crate) split_budget: u64,
    pub(crate) results: Option<PathBuf>,
    pub(crate) rejects: Option<PathBuf>,
    pub(crate) report: Option<PathBuf>,
    pub(crate) metrics: Option<SocketAddr>,
    pub(crate) format: OutputFormat,
    /// Whether leads are held against the account's fields before the first is sent.
    pub(crate) preflight: bool,
    /// The fields of an emulator that holds leads against them.
    pub(crate) emulated_fields: Option<Vec<LeadField>>,
}

/// A limit that several processes share through Redis.
pub(crate) struct SharedLimit {
    /// It may have a password in it.
    pub(crate) url: SecretString,
    pub(crate) processes: NonZeroU32,
}

impl DeliverySettings {
    /// Into this account; none: into an emulator.
    pub(super) fn new(args: DeliveryArgs, account: Option<&Chosen>) -> Result<Self> {
        let target = account.map_or(Ok(Target::Emulator), Chosen::target)?;
        let options = account.map(Chosen::options);
        let of_emulator = Chosen::default();
        let account = account.unwrap_or(&of_emulator);
        let rate_limit = account.rate_limit(args.rate_limit);
        let reserve = account.reserve(args.reserve);
        if args.timeout.is_zero() {
            return Err(usage(
                "--timeout 0s would leave no call time to be answered; give it some, such as 30s",
            ));
        }
        if reserve >= rate_limit.calls().get() {
            return Err(usage(format!(
                "--reserve {reserve} leaves no call of {rate_limit} for this load; reserve less"
            )));
        }
        let redis = match args.processes {
            None => None,
            Some(processes) => Some(SharedLimit {
                url: variable(REDIS_URL)?
                    .ok_or_else(|| {
                        usage(format!(
                            "--processes {processes} needs the address of a Redis in {REDIS_URL}, \
                             such as redis://127.0.0.1:6379"
                        ))
                    })?
                    .into(),
                processes,
            }),
        };
        Ok(Self {
            target,
            account: options,
            slots: SlotOptions::new(rate_limit)
                .with_strategy(account.limiter(args.limiter))
                .with_reserve(reserve),
            redis,
            daily_calls: account.daily_calls(args.daily_calls).map(Into::into),
            concurrency: args.concurrency,
            auth: account.auth(),
            timeout: args.timeout,
            retry: RetryPolicy::default().with_attempts(args.attempts.get()),
            ambiguous: match args.ambiguous {
                AmbiguousArg::Retry => Ambiguous::Retry,
                AmbiguousArg::Hold => Ambiguous::Hold,
            },
            max_rejects: args.max_rejects,
            split_budget: args.split_budget,
            results: args.results,
            rejects: args.rejects,
            report: args.report,
            metrics: args.metrics,
            format: args.format,
            preflight: !args.no_preflight,
            emulated_fields: None,
        })
    }

    /// Checks that no file would be written over that is read or kept, or written twice.
    pub(crate) fn check_outputs(&self, guarded: &Guarded) -> Result<()> {
        let outputs = [
            ("--results", &self.results),
            ("--rejects", &self.rejects),
            ("--report", &self.report),
        ];
        let given = outputs
            .iter()
            .filter_map(|(option, path)| Some((*option, path.as_deref()?)));
        for (place, (option, path)) in given.clone().enumerate() {
            guarded.check(option, path)?;
            let mut before = given.clone().take(place);
            if let Some((other, _)) = before.find(|(_, other)| same_file(other, path)) {
                return Err(usage(format!(
                    "{other} and {option} are the same file, {}; name two",
                    path.display()
                )));
            }
        }
        Ok(())
    }
}
