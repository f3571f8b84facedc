//! Which account a command works with, and what it says of how to.

use std::num::NonZeroU64;
use std::path::PathBuf;

use anyhow::Result;
use leadsquared_accounts::{Account, Config, KeysFrom};
use leadsquared_sink::{Auth, RateLimit, Strategy};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use super::target::{ACCESS_KEY, HOST, SECRET_KEY, Target, variable};
use crate::args::{AccountArgs, LEDGER, LimiterArg, ProfileArgs};
use crate::talk::Talk;

const ACCOUNT: &str = "LEADSQUARED_ACCOUNT";

/// The account that a command works with, as far as it can be known without its keys.
///
/// An account that is named, by `--account` or `LEADSQUARED_ACCOUNT`, is used wholly: the environment's
/// host and keys are not. The config file's default account is used only where the environment has no
/// account, so that what was just exported, such as an emulator's address, is never passed by.
///
/// What an option says goes before what the account says, and that before the defaults.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    /// None: the environment's.
    account: Option<Account>,
    host: Option<String>,
    auth: Option<Auth>,
    /// The options that chose it.
    profile: ProfileArgs,
}

impl Chosen {
    /// The account that the options and the environment choose.
    pub(crate) fn new(args: AccountArgs) -> Result<Self> {
        Ok(Self {
            host: args.host,
            auth: args.auth,
            ..Self::of(&args.profile)?
        })
    }

    /// The same for a command that makes no calls.
    pub(crate) fn of(args: &ProfileArgs) -> Result<Self> {
        let named = match &args.account {
            Some(name) => Some(name.clone()),
            None => variable(ACCOUNT)?,
        };
        let file = args.config.as_deref();
        let account = if let Some(name) = named {
            Some(Config::require(file)?.account(&name)?.clone())
        } else {
            let config = Config::find(file)?;
            match config.as_ref().and_then(Config::default_account) {
                // Before the default one goes an account of the environment, or a part of one.
                Some(account) if unused(account)?.is_empty() => Some(account.clone()),
                _ => None,
            }
        };
        Ok(Self {
            account,
            profile: args.clone(),
            ..Self::default()
        })
    }

    /// Where the leads go, with the keys: here a file is read, or a command run.
    pub(crate) fn target(&self) -> Result<Target> {
        let Some(account) = &self.account else {
            tracing::info!("the environment's account is used");
            return Target::of_environment(self.host.clone());
        };
        tell_of_unused(account)?;
        let host = self.host.as_deref().unwrap_or(account.host());
        tracing::info!(account = account.name(), keys = %account.keys_from(), "an account of the config file is used");
        // They may be what a program prints, and that takes its time.
        let keys = block_in_place(|| Handle::current().block_on(account.keys()))?;
        Target::account(host, keys)
    }

    /// The options that name the account again, in another command.
    pub(crate) fn options(&self) -> Vec<String> {
        let config = self.profile.config.as_ref();
        let options = [
            ("--account", self.profile.account.clone()),
            (
                "--config",
                config.map(|path| path.to_string_lossy().into_owned()),
            ),
            ("--host", self.host.clone()),
            ("--auth", self.auth.map(|auth| auth.to_string())),
        ];
        options
            .into_iter()
            .filter_map(|(option, value)| Some([option.to_owned(), value?]))
            .flatten()
            .collect()
    }

    pub(crate) fn auth(&self) -> Auth {
        self.auth
            .or_else(|| self.account.as_ref()?.auth())
            .unwrap_or_default()
    }

    pub(crate) fn rate_limit(&self, given: Option<RateLimit>) -> RateLimit {
        given
            .or_else(|| self.account.as_ref()?.rate_limit())
            .unwrap_or_default()
    }

    pub(crate) fn reserve(&self, given: Option<u32>) -> u32 {
        given
            .or_else(|| self.account.as_ref()?.reserve())
            .unwrap_or_default()
    }

    pub(crate) fn daily_calls(&self, given: Option<NonZeroU64>) -> Option<NonZeroU64> {
        given.or_else(|| self.account.as_ref()?.daily_calls())
    }

    pub(crate) fn limiter(&self, given: Option<LimiterArg>) -> Strategy {
        given
            .map(|given| match given {
                LimiterArg::Balanced => Strategy::Balanced,
                LimiterArg::Strict => Strategy::Strict,
            })
            .or_else(|| self.account.as_ref()?.limiter())
            .unwrap_or_default()
    }

    pub(crate) fn mapping(&self, given: Option<PathBuf>) -> Option<PathBuf> {
        given.or_else(|| self.account.as_ref()?.mapping().map(Into::into))
    }

    pub(crate) fn ledger(&self, given: Option<PathBuf>) -> PathBuf {
        given
            .or_else(|| self.account.as_ref()?.ledger().map(Into::into))
            .unwrap_or_else(|| PathBuf::from(LEDGER))
    }
}

/// The variables of an account that are set, but for those that `account` names as its own.
fn unused(account: &Account) -> Result<Vec<&'static str>> {
    let mut unused = Vec::new();
    for name in [HOST, ACCESS_KEY, SECRET_KEY] {
        let is_own = matches!(
            account.keys_from(),
            KeysFrom::Environment { access_key, secret_key } if access_key == name || secret_key == name
        );
        if !is_own && variable(name)?.is_some() {
            unused.push(name);
        }
    }
    Ok(unused)
}

/// Says which variables a named account leaves unused, if they are set.
fn tell_of_unused(account: &Account) -> Result<()> {
    let unused = unused(account)?;
    if !unused.is_empty() {
        let (name, unused) = (account.name(), unused.join(", "));
        Talk::default().say(format_args!(
            "account \"{name}\" is used; {unused} of the environment is not"
        ));
    }
    Ok(())
}
