//! A real process that delivers: this test binary, started again, to be killed.

use std::process::Stdio;

use tokio::process::{Child, Command};

use super::support::{claims, deliver, emails};
use crate::support::Account;

const TEST: &str = "claims::process::what_a_process_does";
const VARIABLES: [&str; 6] = [
    "LEADSQUARED_TEST_CLAIMS_REDIS",
    "LEADSQUARED_TEST_HOST",
    "LEADSQUARED_TEST_ACCESS_KEY",
    "LEADSQUARED_TEST_SECRET_KEY",
    "LEADSQUARED_TEST_SEED",
    "LEADSQUARED_TEST_LEADS",
];

/// Starts one, for so many rows in the order of the seed; killed if it is dropped.
pub(crate) fn start(redis: &str, account: &Account, rows: usize, seed: u64) -> Child {
    let values = [
        redis,
        &account.url,
        &account.access_key,
        &account.secret_key,
        &seed.to_string(),
        &rows.to_string(),
    ];
    Command::new(std::env::current_exe().unwrap())
        .args([TEST, "--exact"])
        .envs(VARIABLES.into_iter().zip(values))
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// No test but what the process does; without the variables it does nothing.
#[tokio::test]
async fn what_a_process_does() {
    let values = VARIABLES.map(|name| std::env::var(name).ok());
    let [
        Some(redis),
        Some(url),
        Some(access_key),
        Some(secret_key),
        Some(seed),
        Some(rows),
    ] = values
    else {
        return;
    };
    let account = Account {
        url,
        access_key,
        secret_key,
    };
    let claims = claims(&redis).await;
    let rows = emails(rows.parse().unwrap(), seed.parse().unwrap());
    deliver(&account, &claims, &rows).await;
}
