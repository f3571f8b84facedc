//! Where the leads go.

use std::env;

use anyhow::Result;
use leadsquared_sink::{Credentials, Endpoint, EndpointError};

use super::usage;

pub(super) const HOST: &str = "LEADSQUARED_HOST";
pub(super) const ACCESS_KEY: &str = "LEADSQUARED_ACCESS_KEY";
pub(super) const SECRET_KEY: &str = "LEADSQUARED_SECRET_KEY";

/// Where the leads go.
pub(crate) enum Target {
    /// An emulator in this process.
    Emulator,
    /// An account.
    Account {
        host: String,
        credentials: Credentials,
        /// Tells the accounts of one host apart.
        mark: String,
    },
}

impl Target {
    /// What the ledger calls the account.
    pub(crate) fn account_name(&self) -> String {
        match self {
            Self::Emulator => "emulator".to_owned(),
            Self::Account { host, mark, .. } => format!("{host} {mark}"),
        }
    }

    /// The account's name in a key of Redis.
    pub(crate) fn key_name(&self) -> String {
        let fits = |c: char| c.is_alphanumeric() || ".-_@".contains(c);
        self.account_name()
            .chars()
            .map(|c| if fits(c) { c } else { '_' })
            .collect()
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
        Self::account(&host, &access_key, &secret_key)
    }

    /// The account at this host that has these keys.
    pub(super) fn account(host: &str, access_key: &str, secret_key: &str) -> Result<Self> {
        let endpoint: Endpoint = host
            .trim()
            .parse()
            .map_err(|error: EndpointError| usage(error.to_string()))?;
        Ok(Self::Account {
            // One spelling, so that one account has one name.
            host: endpoint.to_string(),
            mark: mark(access_key),
            credentials: Credentials::new(access_key, secret_key),
        })
    }
}

/// Four bytes of a digest of the access key: far too little to find the key by.
fn mark(access_key: &str) -> String {
    let digest = blake3::derive_key("leadsquared 2026 account mark", access_key.as_bytes());
    let mark = digest.iter().take(4).map(|byte| format!("{byte:02x}"));
    mark.collect()
}

/// The variable's value; nothing but blanks is no value.
pub(crate) fn variable(name: &str) -> Result<Option<String>> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.trim().is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        // The error itself would show the value.
        Err(env::VarError::NotUnicode(_)) => Err(usage(format!("{name} is not UTF-8 text"))),
    }
}
