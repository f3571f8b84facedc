//! Deliveries that are run again from their first row, by other processes and in other orders.

use std::collections::HashMap;

use leadsquared_emulator::Emulator;
use leadsquared_sink::Outcome;

use super::process;
use super::support::{IN_FLIGHT, claims, deliver, emails, emulator};
use crate::redis_server::redis_or_skip;
use crate::support::{Account, MS};

const ROWS: usize = 400;
/// Two in ten rows are one lead's.
const LEADS: usize = ROWS / 10 * 9;

/// How often each lead was sent.
fn sent(emulator: &Emulator) -> HashMap<String, usize> {
    let mut sent = HashMap::new();
    for call in emulator.calls() {
        let body = call.body.unwrap();
        let body = std::str::from_utf8(&body).unwrap().to_owned();
        for email in body.split('"').filter(|word| word.contains('@')) {
            *sent.entry(email.to_owned()).or_default() += 1;
        }
    }
    sent
}

#[tokio::test(flavor = "multi_thread")]
async fn what_killed_processes_delivered_is_found_and_not_sent_again() {
    let redis = redis_or_skip!();
    let emulator = emulator(30 * MS).await;
    let account = Account::of(&emulator);
    for (seed, calls) in [(1, 15), (2, 40)] {
        let mut process = process::start(&redis.url(), &account, ROWS, seed);
        emulator.wait_for_calls(calls).await;
        process.kill().await.unwrap();
    }
    let claims = claims(&redis.url()).await;
    let delivered = deliver(&account, &claims, &emails(ROWS, 3)).await;
    println!("{delivered:?}");

    assert_eq!(delivered.result, Ok(()));
    assert!(delivered.summary.balances());
    assert_eq!(
        delivered.summary.read + delivered.found.total(),
        ROWS as u64
    );
    assert_eq!(delivered.left, 0);
    // The emulator has each lead once.
    assert_eq!(emulator.lead_count(), LEADS);
    let sent = sent(&emulator);
    assert_eq!(sent.len(), LEADS);
    // What was on its way when a process was killed was sent again, and nothing else.
    let twice = sent.values().sum::<usize>() - ROWS;
    println!("{twice} sent again");
    assert!(twice <= 2 * IN_FLIGHT, "{twice}");
    // At least the calls before the last that were on their way had come to their end.
    let found = usize::try_from(delivered.found.total()).unwrap();
    assert!(found + 2 * IN_FLIGHT >= 40 * 5, "{found}");
    let is_in = delivered.of(Outcome::Created) + delivered.of(Outcome::CreatedEarlier);
    let duplicates = delivered.of(Outcome::Duplicate);
    assert_eq!(is_in + duplicates, ROWS as u64);
    assert!(is_in >= LEADS as u64, "{is_in}");

    // All of it is found by whoever comes after that.
    let calls = emulator.call_count();
    let again = deliver(&account, &claims, &emails(ROWS, 4)).await;
    assert_eq!(again.found.total(), ROWS as u64);
    assert_eq!(again.of(Outcome::CreatedEarlier), is_in);
    assert_eq!(again.of(Outcome::Duplicate), duplicates);
    assert_eq!(emulator.call_count(), calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_is_taken_over_stops_and_the_other_one_ends_it() {
    let redis = redis_or_skip!();
    let emulator = emulator(30 * MS).await;
    let account = Account::of(&emulator);
    let store = claims(&redis.url()).await;
    let first = tokio::spawn({
        let (account, store) = (account.clone(), store.clone());
        async move { deliver(&account, &store, &emails(ROWS, 1)).await }
    });
    emulator.wait_for_calls(20).await;
    let second = deliver(&account, &store, &emails(ROWS, 2)).await;
    let first = first.await.unwrap();
    let error = first.result.unwrap_err();
    assert!(error.contains("another process took over"), "{error}");
    assert!(first.summary.balances());
    assert_eq!(second.result, Ok(()));
    assert!(second.found.total() > 0);
    assert_eq!(second.summary.read + second.found.total(), ROWS as u64);
    assert_eq!(emulator.lead_count(), LEADS);
    let twice = sent(&emulator).values().sum::<usize>() - ROWS;
    assert!(twice <= IN_FLIGHT, "{twice}");
}
