//! Where the leads go.

use anyhow::Result;
use leadsquared_accounts::{Identity, Keys};
use leadsquared_sink::{Endpoint, EndpointError};

use super::usage;

pub(super) const HOST: &str = "LEADSQUARED_HOST";
pub(super) const ACCESS_KEY: &str = "LEADSQUARED_ACCESS_KEY";
pub(super) const SECRET_KEY: &str = "LEADSQUARED_SECRET_KEY";

/// Where the leads go.
pub(crate) enum Target {
    /// An emulator in this process.
    Emulator,
    /// An account.
    Account { identity: Identity, keys: Keys },
}

impl Target {
    /// What the ledger calls the account.
    pub(crate) fn account_name(&self) -> String {
        match self {
            Self::Emulator => "emulator".to_owned(),
            Self::Account { identity, .. } => identity.to_string(),
        }
    }

    /// The account's name in a key of Redis.
    pub(crate) fn key_name(&self) -> String {
        match self {
            Self::Emulator => "emulator".to_owned(),
            Self::Account { identity, .. } => identity.key_name(),
        }
    }

    /// The account that the option and the environment name.
    pub(super) fn of_environment(host: Option<String>) -> Result<Self> {
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
            let try_it = "an account of the config file is named with --account, and to try it without one, \
                          load with --emulator";
            return Err(usage(format!(
                "the environment lacks {}; {keys}; {try_it}",
                missing.join(", ")
            )));
        };
        Self::account(&host, Keys::new(access_key, secret_key))
    }

    /// The account at this host that has these keys.
    pub(super) fn account(host: &str, keys: Keys) -> Result<Self> {
        let endpoint: Endpoint = host
            .trim()
            .parse()
            .map_err(|error: EndpointError| usage(error.to_string()))?;
        Ok(Self::Account {
            identity: keys.identity(&endpoint),
            keys,
        })
    }
}

/// The variable's value; nothing but blanks is no value.
pub(super) fn variable(name: &str) -> Result<Option<String>> {
    leadsquared_accounts::variable(name).map_err(|error| usage(error.to_string()))
}
