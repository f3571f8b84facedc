//! Statements that run again under their name, with an account that remembers what it delivered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use leadsquared_datafusion::{Account, Accounts, LeadsError};
use leadsquared_emulator::Fault;
use leadsquared_sink::{
    Arrival, ClaimKey, Claims, JournalError, MemoryClaims, OpenClaims, Recalled, SettledClaim,
    StopReason,
};
use tokio::sync::Notify;

use super::deliver::{
    Kept, Place, assert_whole, created, emulator, how_many, insert, leads, measured, metric, ours,
    settings, table,
};

fn remembering(account: Account) -> Account {
    account.with_claims(Arc::new(MemoryClaims::default()))
}

/// How many phone numbers the emulator has.
fn distinct(place: &Place) -> usize {
    let leads = place.emulator.leads();
    let mut phones: Vec<_> = leads.iter().map(|lead| lead.get("Phone")).collect();
    phones.sort();
    phones.dedup();
    phones.len()
}

fn with_outcome<'a>(kept: &'a [Kept], outcome: &str) -> Vec<&'a Kept> {
    let kept = kept.iter();
    kept.filter(|kept| kept.outcome == outcome).collect()
}

#[tokio::test]
async fn a_statement_that_succeeded_and_runs_again_makes_no_call_and_says_the_same() {
    let place = Place::with(emulator(), remembering).await;
    place.name("nightly").await;
    let (count, plan) = measured(&place.session, &leads(320)).await;
    assert_eq!(count.unwrap(), 320);
    assert_eq!(metric(&plan, "delivered_before"), 0);
    assert_eq!(metric(&plan, "created"), 320);
    let (first, calls) = (place.kept().await, place.emulator.call_count());

    let (count, plan) = measured(&place.session, &leads(320)).await;
    assert_eq!(count.unwrap(), 320);
    assert_eq!(place.emulator.call_count(), calls);
    assert_eq!(metric(&plan, "read"), 320);
    assert_eq!(metric(&plan, "delivered_before"), 320);
    assert_eq!(metric(&plan, "created_earlier"), 320);
    assert_eq!(metric(&plan, "created"), 0);
    assert_eq!(metric(&plan, "calls_answered"), 0);

    let again = place.kept().await;
    assert_whole(&again, 320);
    for (first, again) in first.iter().zip(&again) {
        assert_eq!(again.outcome, "created_earlier");
        assert_eq!(again.code.as_deref(), Some("delivered-before"));
        assert_eq!((again.row, &again.lead_id), (first.row, &first.lead_id));
    }
}

#[tokio::test]
async fn without_claims_a_statement_that_runs_again_sends_all_of_it_again() {
    let place = Place::new().await;
    place.name("nightly").await;
    assert_eq!(place.insert(&leads(100)).await.unwrap(), 100);
    assert_eq!(place.insert(&leads(100)).await.unwrap(), 0);
    assert_eq!(how_many(&place.kept().await, "duplicate"), 100);
    assert_eq!(place.emulator.call_count(), 4);
}

#[tokio::test]
async fn a_statement_without_a_name_is_another_each_time() {
    let place = Place::with(emulator(), remembering).await;
    assert_eq!(place.insert(&leads(100)).await.unwrap(), 100);
    assert_eq!(place.insert(&leads(100)).await.unwrap(), 0);
    assert_eq!(how_many(&place.kept().await, "duplicate"), 100);
}

/// Runs the statement "nightly" of 1,000 rows again, of which some were delivered, and checks that the
/// others are sent, and nothing twice.
async fn assert_goes_on(place: &Place, before: &[Kept]) {
    let delivered = created(before);
    assert!(!delivered.is_empty() && delivered.len() < 1_000);
    let (count, plan) = measured(&place.session, &leads(1_000)).await;
    assert_eq!(count.unwrap(), 1_000);
    assert_eq!(place.emulator.lead_count(), 1_000);
    assert_eq!(distinct(place), 1_000);
    assert_eq!(metric(&plan, "delivered_before"), delivered.len());
    assert_eq!(metric(&plan, "created"), 1_000 - delivered.len());

    let kept = place.kept().await;
    assert_whole(&kept, 1_000);
    let mut found: Vec<_> = with_outcome(&kept, "created_earlier")
        .iter()
        .map(|kept| kept.lead_id.clone().unwrap())
        .collect();
    found.sort();
    assert_eq!(found, delivered);
    let mut all = [found, created(&kept)].concat();
    all.sort();
    assert_eq!(all, place.ids());
}

#[tokio::test]
async fn a_statement_that_stopped_goes_on_where_it_was() {
    let place = Place::with(emulator(), remembering).await;
    place.name("nightly").await;
    let well = Fault::delay(Duration::ZERO);
    place
        .emulator
        .script_all([well.clone(), well, Fault::status(401)]);
    let error = place.insert(&leads(1_000)).await.unwrap_err();
    assert!(matches!(
        ours(&error),
        LeadsError::Stopped {
            reason: StopReason::Unauthorized { .. },
            ..
        }
    ));
    let before = place.kept().await;
    assert_eq!(created(&before), place.ids());
    assert_goes_on(&place, &before).await;
}

#[tokio::test]
async fn a_statement_that_was_given_up_goes_on_where_it_was() {
    let place = Place::slow(remembering).await;
    place.name("nightly").await;
    let statement = place.start(&leads(1_000));
    place.emulator.wait_for_calls(3).await;
    statement.abort();
    let before = place.kept_in_the_end().await;
    assert_goes_on(&place, &before).await;
}

#[tokio::test]
async fn what_was_in_doubt_and_is_there_was_created_earlier() {
    let place = Place::with(emulator(), remembering).await;
    place.name("nightly").await;
    let retry = "OPTIONS ('ambiguous' 'retry')";
    table(&place.session, "careful", "main", retry).await;
    let statement = leads(100).replace("INTO leads", "INTO careful");
    // The second call is done, and its answers are lost until the statement gives up.
    place.emulator.script(Fault::delay(Duration::ZERO));
    place
        .emulator
        .script_all([Fault::truncated(), Fault::reset(), Fault::reset()]);
    let error = place.insert(&statement).await.unwrap_err();
    assert!(matches!(ours(&error), LeadsError::Stopped { .. }));
    assert_eq!(how_many(&place.kept().await, "unconfirmed"), 50);

    let (count, plan) = measured(&place.session, &statement).await;
    assert_eq!(count.unwrap(), 100);
    assert_eq!(metric(&plan, "delivered_before"), 50);
    assert_eq!(metric(&plan, "created_earlier"), 100);
    let kept = place.kept().await;
    assert_whole(&kept, 100);
    assert_eq!(how_many(&kept, "created_earlier"), 100);
    assert_eq!(place.emulator.lead_count(), 100);
}

#[tokio::test]
async fn an_attempt_that_was_overtaken_fails_and_every_lead_is_there_once() {
    let place = Place::slow(remembering).await;
    place.name("nightly").await;
    let overtaken = place.start(&leads(1_000));
    place.emulator.wait_for_calls(3).await;
    assert_eq!(place.insert(&leads(1_000)).await.unwrap(), 1_000);

    let error = overtaken.await.unwrap().unwrap_err();
    let text = error.to_string();
    match ours(&error) {
        LeadsError::Stopped {
            reason: StopReason::Journal(_),
            ..
        }
        | LeadsError::Claims { .. } => {}
        other => panic!("{other:?}"),
    }
    assert!(text.contains("nightly"), "{text}");
    assert!(text.contains("was opened again elsewhere"), "{text}");
    assert_eq!(place.emulator.lead_count(), 1_000);
    assert_eq!(distinct(&place), 1_000);
    // The outcomes are those of the attempt that ended well.
    let kept = place.kept().await;
    assert_whole(&kept, 1_000);
    let there = how_many(&kept, "created") + how_many(&kept, "created_earlier");
    assert_eq!(there, 1_000);
    assert!(place.files("draft").is_empty());
}

#[tokio::test]
async fn statements_of_two_accounts_are_two_though_their_names_run_together() {
    let claims: Arc<dyn Claims> = Arc::new(MemoryClaims::default());
    let (south, west) = (
        emulator().start().await.unwrap(),
        emulator().start().await.unwrap(),
    );
    let account = |emulator| {
        Account::new(settings(emulator).build().unwrap()).with_claims(Arc::clone(&claims))
    };
    let folder = tempfile::tempdir().unwrap();
    let outcomes = leadsquared_datafusion::OutcomesFolder::create(folder.path()).unwrap();
    let accounts = Accounts::new()
        .with("south", account(&south))
        .with("south.west", account(&west));
    let session = super::deliver::session(accounts, &outcomes);
    table(&session, "leads", "south", "").await;
    table(&session, "leads_west", "south.west", "").await;
    let west_leads = leads(100).replace("INTO leads", "INTO leads_west");

    for (name, statement) in [
        ("nightly", leads(100)),
        ("nightly", west_leads.clone()),
        (
            "west.weekly",
            leads(100).replace("9000000000", "8000000000"),
        ),
        ("weekly", west_leads.replace("9000000000", "8000000000")),
    ] {
        let set = format!("SET leadsquared.statement = '{name}'");
        super::deliver::run(&session, &set).await.unwrap();
        assert_eq!(insert(&session, &statement).await.unwrap(), 100, "{name}");
    }
    assert_eq!((south.lead_count(), west.lead_count()), (200, 200));
}

/// A store that is asked what it knows of a batch, and has its answer when it is told.
#[derive(Debug, Default)]
struct Waiting {
    inner: MemoryClaims,
    asked: Arc<Notify>,
    answer: Arc<Notify>,
    fails: Arc<AtomicBool>,
}

#[derive(Debug)]
struct WaitingOpening {
    inner: Arc<dyn OpenClaims>,
    asked: Arc<Notify>,
    answer: Arc<Notify>,
    fails: Arc<AtomicBool>,
}

#[async_trait]
impl Claims for Waiting {
    async fn open(&self, delivery: &str) -> Result<Arc<dyn OpenClaims>, JournalError> {
        Ok(Arc::new(WaitingOpening {
            inner: self.inner.open(delivery).await?,
            asked: Arc::clone(&self.asked),
            answer: Arc::clone(&self.answer),
            fails: Arc::clone(&self.fails),
        }))
    }
}

#[async_trait]
impl OpenClaims for WaitingOpening {
    async fn recall(&self, arrivals: &[Arrival]) -> Result<Vec<Recalled>, JournalError> {
        self.asked.notify_one();
        self.answer.notified().await;
        if self.fails.load(Ordering::Relaxed) {
            return Err(JournalError::new("the store is gone"));
        }
        self.inner.recall(arrivals).await
    }

    async fn claim(&self, claims: &[ClaimKey]) -> Result<(), JournalError> {
        self.inner.claim(claims).await
    }

    async fn release(&self, claims: &[ClaimKey]) -> Result<(), JournalError> {
        self.inner.release(claims).await
    }

    async fn settle(&self, claims: Vec<SettledClaim>) -> Result<(), JournalError> {
        self.inner.settle(claims).await
    }

    async fn flush(&self) -> Result<(), JournalError> {
        self.inner.flush().await
    }
}

#[tokio::test]
async fn a_batch_that_was_read_when_a_statement_is_given_up_has_its_outcomes() {
    // Which of two things that are there is seen first is chance, where nobody decides it.
    for _ in 0..16 {
        let claims = Waiting::default();
        let (asked, answer) = (Arc::clone(&claims.asked), Arc::clone(&claims.answer));
        let place = Place::with(emulator(), |account| account.with_claims(Arc::new(claims))).await;
        let statement = place.start(&leads(1_000));
        asked.notified().await;
        statement.abort();
        assert!(statement.await.unwrap_err().is_cancelled());
        answer.notify_one();
        let kept = place.kept_in_the_end().await;
        assert_whole(&kept, 100);
        assert_eq!(created(&kept), place.ids());
    }
}

#[tokio::test]
async fn a_store_of_claims_that_fails_ends_the_statement_and_its_metrics_balance() {
    let claims = Waiting::default();
    let (asked, answer) = (Arc::clone(&claims.asked), Arc::clone(&claims.answer));
    let fails = Arc::clone(&claims.fails);
    let place = Place::with(emulator(), |account| account.with_claims(Arc::new(claims))).await;
    let statement = leads(1_000);
    let storing = async {
        for _ in 0..3 {
            asked.notified().await;
            answer.notify_one();
        }
        asked.notified().await;
        fails.store(true, Ordering::Relaxed);
        answer.notify_one();
    };
    let ((failed, plan), ()) = tokio::join!(measured(&place.session, &statement), storing);

    let error = failed.unwrap_err();
    let LeadsError::Stopped { summary, .. } = ours(&error) else {
        panic!("{error:?}");
    };
    assert_eq!(summary.read, 300);
    let text = error.to_string();
    assert!(text.contains("the store is gone"), "{text}");
    let kept = place.kept().await;
    assert_whole(&kept, 300);
    assert_eq!(created(&kept), place.ids());
    assert_eq!(metric(&plan, "read"), 300);
}
