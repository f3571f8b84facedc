//! Processes die at any step, and others begin again, in other orders.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use leadsquared_sink::{MemoryClaims, Outcome};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::death::Death;
use super::server::{BAD, POISON, Server, Stored, Unique};
use super::world::{CALLS, Ended, LEADS, Lead, process};

/// Few addresses, so that many rows share one; some written in another way, and with something else
/// beside them. The server takes some rows about a lead and not others.
fn leads() -> impl Strategy<Value = Vec<Lead>> {
    let email = |number: u8| match number / 6 {
        0 => format!("lead-{number}@example.com"),
        1 => format!("Lead-{}@Example.com", number - 6),
        _ => format!("lead-{}@example.com ", number - 12),
    };
    let number = prop_oneof![
        9 => (0..6_u8).prop_map(Some),
        4 => (6..18_u8).prop_map(Some),
        1 => Just(None)
    ];
    let kind = prop_oneof![8 => Just(None), 1 => Just(Some(BAD))];
    let note = prop_oneof![2 => Just(None), 3 => (0..4_u8).prop_map(Some)];
    let row = (number, kind, note).prop_map(move |(number, kind, note)| Lead {
        email: number.map(email),
        kind,
        note: note.map(|note| format!("note {note}")),
    });
    let poison = (0..6_u8).prop_map(move |number| Lead {
        email: Some(email(number)),
        kind: Some(POISON),
        note: None,
    });
    let poison = prop::collection::vec(poison, 0..=2);
    (prop::collection::vec(row, 1..40), poison).prop_map(|(mut rows, poison)| {
        rows.extend(poison);
        rows
    })
}

/// How often each lead is among the rows, of those that the server takes.
fn wanted(leads: &[Lead]) -> BTreeMap<Stored, usize> {
    let mut wanted = BTreeMap::new();
    let taken = leads.iter().filter(|lead| lead.kind.is_none());
    for lead in taken {
        if let Some(email) = lead.email.clone() {
            let stored = (email, lead.note.clone().unwrap_or_default());
            *wanted.entry(stored).or_default() += 1;
        }
    }
    wanted
}

/// How many of them share their unique value with one that holds something else.
fn not_alone(leads: &[Lead]) -> usize {
    let is_other = |one: &Lead, other: &Lead| {
        one.email == other.email && (one.kind, &one.note) != (other.kind, &other.note)
    };
    let with_other = leads
        .iter()
        .filter(|one| leads.iter().any(|other| is_other(one, other)));
    with_other.count()
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
    unique: Unique,
}

fn before() -> impl Strategy<Value = Before> {
    let deaths = prop::collection::vec((1..90_usize, any::<u64>()), 0..6);
    let unique = prop_oneof![
        Just(Unique::Nothing),
        Just(Unique::Email),
        Just(Unique::ExactEmail),
        Just(Unique::Note),
        Just(Unique::All),
    ];
    (deaths, unique).prop_map(|(deaths, unique)| Before { deaths, unique })
}

impl Before {
    /// Runs the processes that die, and gives what they leave.
    fn run(&self, leads: &[Lead]) -> (Arc<Server>, MemoryClaims) {
        let server = Server::new(self.unique);
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
        leads in leads(),
        before in before(),
        seed: u64,
    ) {
        let (server, claims) = before.run(&leads);
        let ended = last(&server, &claims, &leads, seed);

        let wanted = wanted(&leads);
        let there = server.leads();
        let good: usize = wanted.values().sum();
        let is_in = ended.of(Outcome::Created) + ended.of(Outcome::CreatedEarlier);
        // What was on its way when a process died, or when an answer was lost, is all that is sent again.
        let in_doubt = before.deaths.len() * CALLS * LEADS + server.unanswered();
        prop_assert!(there.keys().all(|lead| wanted.contains_key(lead)), "{there:?}, not {wanted:?}");
        if before.unique == Unique::Nothing {
            prop_assert_eq!(is_in, good);
            for (lead, count) in &wanted {
                prop_assert!(there.get(lead) >= Some(count), "{lead:?}: {there:?}, not {wanted:?}");
            }
            let created: usize = there.values().sum();
            prop_assert!(created <= good + in_doubt, "{created} of {good}");
        } else {
            // One lead for each value that may be there once: with `All`, each lead as it was read.
            let each = |lead: &Stored| before.unique.of(lead).unwrap();
            let one_each: BTreeSet<Stored> = wanted.keys().map(each).collect();
            prop_assert!(there.values().all(|&count| count == 1));
            prop_assert_eq!(there.len(), one_each.len());
            let is_there: BTreeSet<Stored> = there.keys().map(each).collect();
            prop_assert_eq!(is_there, one_each);
            prop_assert_eq!(is_in + ended.of(Outcome::Duplicate), good);
            let most = there.len() + in_doubt + not_alone(&leads);
            prop_assert!(is_in >= there.len() && is_in <= most, "{is_in} of {}", there.len());
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
}
