//! Processes die at any step, and others begin again, in other orders.

use std::collections::BTreeMap;
use std::sync::Arc;

use leadsquared_sink::{MemoryClaims, Outcome};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::death::Death;
use super::server::{BAD, POISON, Server};
use super::world::{CALLS, Ended, LEADS, Lead, process};

/// Few addresses, so that many rows share one; some written in another way. If they are mixed, the
/// server takes some rows about a lead and not others.
fn leads(mixed: bool) -> impl Strategy<Value = Vec<Lead>> {
    let email = move |number: u8, kind: Option<&str>| match kind {
        Some(BAD | POISON) if !mixed => format!("other-{number}@example.com"),
        _ if number >= 12 => format!(" LEAD-{}@Example.com", number - 12),
        _ => format!("lead-{number}@example.com"),
    };
    let number = prop_oneof![
        9 => (0..12_u8).prop_map(Some),
        2 => (12..24_u8).prop_map(Some),
        1 => Just(None)
    ];
    let kind = prop_oneof![6 => Just(None), 2 => Just(Some("good")), 1 => Just(Some(BAD))];
    let row = (number, kind).prop_map(move |(number, kind)| Lead {
        email: number.map(|number| email(number, kind)),
        kind,
    });
    let poison = (0..12_u8).prop_map(move |number| Lead {
        email: Some(email(number, Some(POISON))),
        kind: Some(POISON),
    });
    let poison = prop::collection::vec(poison, 0..=2);
    (prop::collection::vec(row, 1..40), poison).prop_map(|(mut rows, poison)| {
        rows.extend(poison);
        rows
    })
}

/// How often each address is among the rows that the server takes.
fn wanted(leads: &[Lead]) -> BTreeMap<String, usize> {
    let mut wanted = BTreeMap::new();
    let taken = leads
        .iter()
        .filter(|lead| ![Some(BAD), Some(POISON)].contains(&lead.kind));
    for email in taken.filter_map(|lead| lead.email.as_deref()) {
        *wanted.entry(email.trim().to_lowercase()).or_default() += 1;
    }
    wanted
}

fn shuffled(leads: &[Lead], seed: u64) -> Vec<Lead> {
    let mut leads = leads.to_vec();
    leads.shuffle(&mut StdRng::seed_from_u64(seed));
    leads
}

/// Whoever did not die has an end for each row, and one only.
fn check_books(ended: &Ended, rows: usize) {
    assert!(ended.summary.balances(), "{ended:?}");
    assert_eq!(ended.left, 0, "{ended:?}");
    let seen: Vec<u64> = ended.seen.iter().map(|seen| seen.row).collect();
    if ended.result.is_ok() {
        assert_eq!(seen, (1..=rows as u64).collect::<Vec<_>>());
        assert_eq!(
            ended.summary.read + ended.found.total(),
            rows as u64,
            "{ended:?}"
        );
    }
    for outcome in Outcome::ALL {
        let reports = ended.seen.iter().filter(|seen| seen.outcome == outcome);
        assert_eq!(reports.count(), ended.of(outcome), "{outcome}: {ended:?}");
    }
}

/// What happens before the last process.
#[derive(Clone, Debug)]
struct Before {
    /// At which step each process dies, and the seed of its order and of the faults on its way.
    deaths: Vec<(usize, u64)>,
    rejects_duplicates: bool,
}

fn before() -> impl Strategy<Value = Before> {
    let deaths = prop::collection::vec((1..90_usize, any::<u64>()), 0..6);
    (deaths, any::<bool>()).prop_map(|(deaths, rejects_duplicates)| Before {
        deaths,
        rejects_duplicates,
    })
}

impl Before {
    /// Runs the processes that die, and gives what they leave.
    fn run(&self, leads: &[Lead]) -> (Arc<Server>, MemoryClaims) {
        let server = Server::new(self.rejects_duplicates);
        let claims = MemoryClaims::default();
        for (steps, seed) in &self.deaths {
            let rows = shuffled(leads, *seed);
            let death = Death::at(*steps);
            if let Some(ended) = process(&server, &claims, &death, Some(*seed), &rows) {
                check_books(&ended, rows.len());
            }
        }
        (server, claims)
    }
}

/// A process that doesn't die.
fn last(server: &Arc<Server>, claims: &MemoryClaims, leads: &[Lead], seed: u64) -> Ended {
    let rows = shuffled(leads, seed);
    let ended = process(server, claims, &Death::never(), None, &rows).unwrap();
    assert_eq!(ended.result, Ok(()));
    check_books(&ended, rows.len());
    ended
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn wherever_processes_die_the_last_one_ends_with_every_lead_and_with_the_right_books(
        leads in leads(false),
        before in before(),
        seed: u64,
    ) {
        let (server, claims) = before.run(&leads);
        let ended = last(&server, &claims, &leads, seed);

        let wanted = wanted(&leads);
        let there = server.leads();
        prop_assert!(there.keys().eq(wanted.keys()), "{there:?}, not {wanted:?}");
        let good: usize = wanted.values().sum();
        let is_in = ended.of(Outcome::Created) + ended.of(Outcome::CreatedEarlier);
        // What was on its way when a process died, or when an answer was lost, is all that is sent again.
        let in_doubt = before.deaths.len() * CALLS * LEADS + server.unanswered();
        if before.rejects_duplicates {
            prop_assert!(there.values().all(|&count| count == 1));
            prop_assert_eq!(is_in + ended.of(Outcome::Duplicate), good);
            prop_assert!(is_in >= wanted.len() && is_in <= wanted.len() + in_doubt);
        } else {
            prop_assert_eq!(is_in, good);
            prop_assert!(wanted.iter().all(|(email, count)| there[email] >= *count));
            let created: usize = there.values().sum();
            prop_assert!(created <= good + in_doubt, "{created} of {good}");
        }
        // A row that is refused with its call while it is in doubt is nobody's to tell.
        let poison = leads.iter().filter(|lead| lead.kind == Some(POISON)).count();
        let unconfirmed = ended.of(Outcome::Unconfirmed);
        prop_assert!(unconfirmed <= poison);
        prop_assert_eq!(ended.of(Outcome::Rejected) + unconfirmed, leads.len() - good);
        let mut ids = ended.seen.iter().filter_map(|seen| seen.lead_id.as_ref());
        prop_assert!(ids.all(|id| server.has(id)));

        // Whoever comes after that finds it all, but for rows that the server refused with their calls
        // before it had taken any.
        let sent = server.sent();
        let again = last(&server, &claims, &leads, seed.wrapping_add(1));
        prop_assert_eq!(again.found(Outcome::CreatedEarlier), is_in as u64);
        prop_assert_eq!(again.of(Outcome::Duplicate), ended.of(Outcome::Duplicate));
        prop_assert!(server.leads() == there);
        let sent = server.sent() - sent;
        prop_assert!(poison > 0 || sent == 0, "{sent} sent");
    }

    #[test]
    fn no_lead_is_lost_where_rows_about_it_have_different_ends(
        leads in leads(true),
        before in before(),
        seed: u64,
    ) {
        let (server, claims) = before.run(&leads);
        last(&server, &claims, &leads, seed);
        let wanted = wanted(&leads);
        let there = server.leads();
        prop_assert!(there.keys().eq(wanted.keys()), "{there:?}, not {wanted:?}");
        if !before.rejects_duplicates {
            prop_assert!(wanted.iter().all(|(email, count)| there[email] >= *count));
        }
    }
}
