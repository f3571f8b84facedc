//! The accounts that an executor delivers into.
//!
//! Keys are looked up here and stay in this process.

use std::num::{NonZeroU32, NonZeroU64};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use leadsquared_accounts::{Config, Identity, Keys, variable};
use leadsquared_datafusion::{Account, Accounts};
use leadsquared_redis::{ClaimsOptions, RedisClaims, RedisLimiter, RedisOptions};
use leadsquared_sink::{Auth, DailyBudget, SinkConfig, SlotLimiter, SlotOptions};
use secrecy::{ExposeSecret as _, SecretString};

use crate::args::ExecutorArgs;
use crate::exit::usage;

const REDIS_URL: &str = "LEADSQUARED_REDIS_URL";
const HOST: &str = "LEADSQUARED_HOST";
const ACCESS_KEY: &str = "LEADSQUARED_ACCESS_KEY";
const SECRET_KEY: &str = "LEADSQUARED_SECRET_KEY";
/// What statements call the account of the environment.
const ENVIRONMENT: &str = "environment";

/// An account, with its keys.
struct Resolved {
    name: String,
    host: String,
    keys: Keys,
    identity: Identity,
    auth: Auth,
    slots: SlotOptions,
    daily_calls: Option<NonZeroU64>,
}

/// What executors share.
struct Redis {
    /// It may have a password in it.
    url: SecretString,
    processes: NonZeroU32,
}

/// The accounts that the arguments, the config file and the environment name.
pub(crate) async fn accounts(args: &ExecutorArgs) -> Result<Accounts> {
    let redis = redis(args)?;
    if redis.is_none() {
        tracing::warn!(
            "alone: limits and claims are not shared; no other process may use these accounts"
        );
    }
    let mut accounts = Accounts::new();
    for resolved in resolve(args).await? {
        let name = resolved.name.clone();
        let account = open(resolved, redis.as_ref())
            .await
            .with_context(|| format!("account \"{name}\" can't be used"))?;
        tracing::info!("account \"{name}\" is served");
        accounts = accounts.with(name, account);
    }
    Ok(accounts)
}

fn redis(args: &ExecutorArgs) -> Result<Option<Redis>> {
    let Some(processes) = args.processes else {
        if args.alone {
            return Ok(None);
        }
        return Err(usage(format!(
            "executors share limits and what was delivered through a Redis: give its address in {REDIS_URL}, and \
             --processes N; a single executor, whose accounts nobody else uses, can be --alone"
        )));
    };
    let url = variable(REDIS_URL)?.ok_or_else(|| {
        usage(format!(
            "--processes {processes} needs the address of a Redis in {REDIS_URL}, such as \
             redis://127.0.0.1:6379; --alone works without one, for a single executor"
        ))
    })?;
    Ok(Some(Redis {
        url: url.into(),
        processes,
    }))
}

/// The accounts with their keys: here files are read, and commands run.
async fn resolve(args: &ExecutorArgs) -> Result<Vec<Resolved>> {
    let config = Config::find(args.config.as_deref())?;
    let mut resolved = Vec::new();
    if args.accounts.is_empty() || args.accounts.iter().any(|name| name == ENVIRONMENT) {
        resolved.extend(of_environment()?);
    }
    let named: Vec<&str> = match &config {
        Some(config) if args.accounts.is_empty() => config.names().collect(),
        _ => args.accounts.iter().map(String::as_str).collect(),
    };
    for name in named {
        if resolved.iter().any(|known: &Resolved| known.name == name) {
            continue;
        }
        let config = match &config {
            Some(config) => config,
            None => &Config::require(args.config.as_deref())?,
        };
        let account = config.account(name)?;
        let keys = account.keys().await?;
        resolved.push(Resolved {
            name: name.to_owned(),
            host: account.host().to_owned(),
            identity: keys.identity(account.endpoint()),
            keys,
            auth: account.auth().unwrap_or_default(),
            slots: account.slots(),
            daily_calls: account.daily_calls(),
        });
    }
    if resolved.is_empty() {
        return Err(usage(format!(
            "there is no account to deliver into; set {HOST}, {ACCESS_KEY} and {SECRET_KEY}, or name a \
             config file with --config"
        )));
    }
    Ok(resolved)
}

/// The account of the environment, if there is one.
fn of_environment() -> Result<Option<Resolved>> {
    let (Some(host), Some(access_key), Some(secret_key)) = (
        variable(HOST)?,
        variable(ACCESS_KEY)?,
        variable(SECRET_KEY)?,
    ) else {
        return Ok(None);
    };
    let endpoint = host.trim().parse().map_err(|error| {
        let error: leadsquared_sink::EndpointError = error;
        usage(format!("{HOST}: {error}"))
    })?;
    let keys = Keys::new(access_key, secret_key);
    Ok(Some(Resolved {
        name: ENVIRONMENT.to_owned(),
        host,
        identity: keys.identity(&endpoint),
        keys,
        auth: Auth::default(),
        slots: SlotOptions::default(),
        daily_calls: None,
    }))
}

/// The account with its limiter, and with claims if there is a Redis to keep them in.
async fn open(account: Resolved, redis: Option<&Redis>) -> Result<Account> {
    let mut config =
        SinkConfig::new(account.host, account.keys.credentials()).with_auth(account.auth);
    if let Some(calls) = account.daily_calls {
        config = config.with_daily_budget(DailyBudget::new(calls.get()));
    }
    let Some(redis) = redis else {
        let limiter = SlotLimiter::with_options(account.slots);
        return Ok(Account::new(
            config.with_limiter(Arc::new(limiter)).build()?,
        ));
    };
    let url = redis.url.expose_secret();
    let name = account.identity.key_name();
    let options = RedisOptions::new(url, name.as_str(), redis.processes).with_slots(account.slots);
    let limiter = RedisLimiter::connect(options).await.with_context(|| {
        format!("the limit can't be shared; see that Redis runs and {REDIS_URL} names it")
    })?;
    let claims = RedisClaims::connect(ClaimsOptions::new(url))
        .await
        .with_context(|| {
            format!("claims can't be kept; see that Redis runs and {REDIS_URL} names it")
        })?;
    let config = config.with_limiter(Arc::new(limiter)).build()?;
    Ok(Account::new(config).with_claims(Arc::new(claims)))
}
