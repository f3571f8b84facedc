//! What was typed, turned into settings that can work; whatever can't is found here.

mod account;
mod delivery;
mod fields;
mod init;
mod reading;
mod target;

use std::path::PathBuf;

use anyhow::Result;
use leadsquared_sink::RateLimit;

use crate::args::{CheckArgs, FormatArgs, InputArgs, LoadArgs, OutputFormat, ReplayArgs};
use crate::command::UsageError;
use crate::preflight;

pub(crate) use account::Chosen;
pub(crate) use delivery::{DeliverySettings, SharedLimit};
pub(crate) use fields::{Against, Asked, FieldsSettings};
pub(crate) use init::{InitOutput, InitSettings};
pub(crate) use reading::Reading;
pub(crate) use target::Target;

/// A load.
pub(crate) struct LoadSettings {
    pub(crate) reading: Reading,
    pub(crate) delivery: DeliverySettings,
    pub(crate) ledger: Option<LedgerSettings>,
}

/// Where a load is remembered, and what becomes of an unfinished one.
pub(crate) struct LedgerSettings {
    pub(crate) path: PathBuf,
    pub(crate) unfinished: Unfinished,
    /// As it was given, to be found again by a replay.
    pub(crate) mapping: Option<PathBuf>,
    pub(crate) input_format: FormatArgs,
}

/// What to do when the inputs have an unfinished run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfinished {
    /// Say so, and do nothing.
    Ask,
    /// Go on with it.
    Resume,
    /// Start over.
    Restart,
}

/// A replay.
pub(crate) struct ReplaySettings {
    pub(crate) run: u64,
    pub(crate) ledger: PathBuf,
    pub(crate) mapping: Option<PathBuf>,
    pub(crate) input_format: FormatArgs,
    pub(crate) delivery: DeliverySettings,
}

/// A check.
pub(crate) struct CheckSettings {
    pub(crate) reading: Reading,
    pub(crate) against: Against,
    pub(crate) rate_limit: RateLimit,
    pub(crate) format: OutputFormat,
}

impl LoadSettings {
    pub(crate) fn new(mut args: LoadArgs) -> Result<Self> {
        let account = if args.emulator {
            None
        } else {
            Some(Chosen::new(std::mem::take(&mut args.delivery.account))?)
        };
        if let Some(account) = &account {
            args.input.mapping = account.mapping(args.input.mapping);
        }
        let mut delivery = DeliverySettings::new(args.delivery, account.as_ref())?;
        if let Some(fields) = &args.fields {
            delivery.emulated_fields = Some(preflight::emulated(fields)?);
        }
        let path = match (args.ledger, account) {
            // An emulator's leads are gone with it: there is nothing to go on with.
            (None, None) => None,
            (None, _) if args.no_ledger => None,
            (given, Some(account)) => Some(account.ledger(given)),
            (given, None) => given,
        };
        let ledger = path.map(|path| LedgerSettings {
            path,
            unfinished: match (args.resume, args.restart) {
                (true, _) => Unfinished::Resume,
                (_, true) => Unfinished::Restart,
                _ => Unfinished::Ask,
            },
            mapping: args.input.mapping.clone(),
            input_format: args.input.format,
        });
        let named = args.input.inputs.clone();
        let mut reading = Reading::new(args.input)?;
        if let Some(ledger) = &ledger {
            reading.leave_out_ledger(&ledger.path, &named);
        }
        let mut guarded = reading.guarded();
        if let Some(fields) = args.fields {
            guarded = guarded.with("the account's fields", fields);
        }
        if let Some(ledger) = &ledger {
            guarded = guarded.with_ledger(&ledger.path);
        }
        delivery.check_outputs(&guarded)?;
        Ok(Self {
            reading,
            delivery,
            ledger,
        })
    }
}

impl ReplaySettings {
    pub(crate) fn new(mut args: ReplayArgs) -> Result<Self> {
        let account = Chosen::new(std::mem::take(&mut args.delivery.account))?;
        Ok(Self {
            run: args.run,
            ledger: account.ledger(args.ledger.ledger),
            mapping: args.mapping,
            input_format: args.input_format,
            delivery: DeliverySettings::new(args.delivery, Some(&account))?,
        })
    }
}

impl CheckSettings {
    pub(crate) fn new(mut args: CheckArgs) -> Result<Self> {
        let account = std::mem::take(&mut args.against.account);
        let has_host = account.host.is_some();
        let account = Chosen::new(account)?;
        let against = Against::new(args.against, has_host, &account)?;
        Self::of(args.input, args.rate_limit, args.format, against, &account)
    }

    fn of(
        mut input: InputArgs,
        rate_limit: Option<RateLimit>,
        format: OutputFormat,
        against: Against,
        account: &Chosen,
    ) -> Result<Self> {
        input.mapping = account.mapping(input.mapping);
        let named = input.inputs.clone();
        let mut reading = Reading::new(input)?;
        reading.leave_out_ledger(&account.ledger(None), &named);
        Ok(Self {
            against,
            reading,
            rate_limit: account.rate_limit(rate_limit),
            format,
        })
    }

    /// `load --dry-run` is a check.
    pub(crate) fn of_dry_run(args: LoadArgs) -> Result<Self> {
        let profile = args.delivery.account.profile;
        let account = if args.emulator {
            Chosen::default()
        } else {
            Chosen::of(&profile)?
        };
        Self::of(
            args.input,
            args.delivery.rate_limit,
            args.delivery.format,
            args.fields.map_or(Against::Nothing, Against::File),
            &account,
        )
    }
}

fn usage(message: impl Into<String>) -> anyhow::Error {
    UsageError(message.into()).into()
}
