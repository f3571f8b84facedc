//! What is found, and how it is told.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use leadsquared_core::{Mapping, Origin, SourceBatch, UnreadableRow};
use leadsquared_sink::{
    ClaimJournal, Claims, Content, Error, Intent, Journal, LeadSink, MaxRejects, MemoryClaims,
    Observer, Outcome, RowReport, Sink as _, SinkConfig, StopReason,
};

use super::death::Death;
use super::server::{BAD, Server, Unique, Way};
use super::world::{Ended, Lead, batch, lead, process};
use crate::support::hurried;

fn leads() -> Vec<Lead> {
    let bad = Lead {
        kind: Some(BAD),
        ..lead("bad@example.com")
    };
    vec![
        lead("a@example.com"),
        bad,
        lead("b@example.com"),
        Lead::default(),
        lead("A@example.com"),
    ]
}

#[test]
fn what_was_delivered_is_told_as_what_it_became_then() {
    let server = Server::new(Unique::Email);
    let claims = MemoryClaims::default();
    let first = process(&server, &claims, &Death::never(), None, &leads()).unwrap();
    assert_eq!(first.found.total(), 0);
    let sent = server.sent();
    let again = process(&server, &claims, &Death::never(), None, &leads()).unwrap();
    assert_eq!(server.sent(), sent, "nothing is sent again");
    assert_eq!((again.summary.read, again.found.total()), (1, 4));
    assert_eq!(again.found(Outcome::CreatedEarlier), 2);
    assert_eq!(again.found(Outcome::Duplicate), 1);
    assert_eq!(again.found(Outcome::Rejected), 1);
    for (before, after) in first.seen.iter().zip(&again.seen) {
        if before.outcome == Outcome::Created {
            assert_eq!(after.outcome, Outcome::CreatedEarlier);
            assert!(after.lead_id.is_some());
            assert_eq!(after.lead_id, before.lead_id);
            assert_eq!(after.code.as_deref(), Some("delivered-before"));
            assert!(after.reason.is_some());
        } else {
            assert_eq!(after, before);
        }
    }
}

#[test]
fn a_rejection_of_one_row_is_not_that_of_another_about_the_same_lead() {
    let server = Server::new(Unique::Email);
    let claims = MemoryClaims::default();
    let bad = Lead {
        kind: Some(BAD),
        ..lead("a@example.com")
    };
    let rejected = process(
        &server,
        &claims,
        &Death::never(),
        None,
        std::slice::from_ref(&bad),
    );
    assert_eq!(rejected.unwrap().of(Outcome::Rejected), 1);
    // The order is another one: the good row comes first.
    let both = [lead("a@example.com"), bad];
    let ended = process(&server, &claims, &Death::never(), None, &both).unwrap();
    assert_eq!(ended.summary.created, 1);
    assert_eq!(ended.found(Outcome::Rejected), 1);
}

/// One row is delivered; then others are there too, before it.
fn met_after(unique: Unique, delivered: &Lead, others: &[Lead]) -> (Arc<Server>, Ended) {
    let server = Server::new(unique);
    let claims = MemoryClaims::default();
    let one = std::slice::from_ref(delivered);
    let ended = process(&server, &claims, &Death::never(), None, one).unwrap();
    assert_eq!(ended.of(Outcome::Created), 1);
    let all = [others, one].concat();
    let ended = process(&server, &claims, &Death::never(), None, &all).unwrap();
    (server, ended)
}

#[test]
fn a_row_whose_unique_value_is_another_ones_but_for_a_blank_or_for_case_is_delivered() {
    let others = [lead("a@example.com "), lead("A@example.com")];
    let (server, ended) = met_after(Unique::ExactEmail, &lead("a@example.com"), &others);
    assert_eq!(server.leads().len(), 3);
    assert_eq!(ended.summary.created, 2);
    assert_eq!(ended.found(Outcome::CreatedEarlier), 1);
}

#[test]
fn a_row_that_holds_something_else_than_the_delivered_one_is_delivered() {
    let delivered = lead("a@example.com").with_note("x");
    let other = lead("a@example.com").with_note("y");
    let (server, ended) = met_after(Unique::Note, &delivered, &[other]);
    assert_eq!(server.leads().len(), 2);
    assert_eq!(ended.summary.created, 1);
    assert_eq!(ended.found(Outcome::CreatedEarlier), 1);
}

#[test]
fn rows_that_are_read_with_something_else_in_them_are_created_earlier() {
    let server = Server::new(Unique::Email);
    let claims = MemoryClaims::default();
    let at = |time: &str| {
        let leads = (0..10).map(|row| lead(&format!("{row}@example.com")).with_note(time));
        leads.collect::<Vec<_>>()
    };
    // It dies with some that are delivered, and some on their way.
    let death = Death::at(14);
    assert!(process(&server, &claims, &death, None, &at("9:00")).is_none());
    let there = server.leads().len() as u64;
    assert!(0 < there && there < 10, "{there}");
    let ended = process(&server, &claims, &Death::never(), None, &at("9:01")).unwrap();
    assert_eq!(server.leads().len(), 10);
    assert_eq!(ended.summary.created_earlier, there);
    assert_eq!(ended.summary.created, 10 - there);
    assert_eq!(ended.found.total(), 0);
}

/// Delivers rows, of which this share may be rejected.
async fn deliver(claims: &MemoryClaims, most: MaxRejects, leads: &[Lead]) -> Result<(), Error> {
    let opening = claims.open("statement").await.unwrap();
    let journal = Arc::new(ClaimJournal::new(opening, Mapping::new(), Arc::new(())));
    let way = Way::new(&Server::new(Unique::Email), &Death::never(), None);
    let config = hurried(SinkConfig::over(way))
        .with_rate_limit("1000/1s".parse().unwrap())
        .with_max_rejects(most)
        .with_journal(Arc::clone(&journal) as _);
    let mut sink = LeadSink::start(config.build().unwrap()).unwrap();
    let source = SourceBatch::new(batch(leads), Origin::new("query", 1));
    let written = sink.write(journal.admit(source).await.unwrap()).await;
    written.and(sink.close().await)
}

#[tokio::test(start_paused = true)]
async fn the_share_of_rejects_is_one_of_all_rows_those_that_were_found_included() {
    let good = |row: usize| lead(&format!("{row}@example.com"));
    let bad = |row: usize| Lead {
        kind: Some(BAD),
        ..good(row)
    };
    let most = MaxRejects::Percent(5.0);
    let claims = MemoryClaims::default();
    let before: Vec<Lead> = (0..1_000).map(good).collect();
    assert_eq!(deliver(&claims, most, &before).await, Ok(()));
    let more = |bad_ones: usize| {
        let more = (1_000..1_100).map(|row| {
            if row - 1_000 < bad_ones {
                bad(row)
            } else {
                good(row)
            }
        });
        [before.clone(), more.collect()].concat()
    };
    assert_eq!(deliver(&claims, most, &more(10)).await, Ok(()));
    // The ten are found, and count with 46 others.
    let stopped = deliver(&claims, most, &more(56)).await;
    let Err(Error::Stopped(StopReason::TooManyRejects { rejected, .. })) = stopped else {
        panic!("{stopped:?}")
    };
    assert_eq!(rejected, 56);
}

/// Keeps what reports hold.
#[derive(Default)]
struct Contents(std::sync::Mutex<Vec<(u64, String)>>);

impl Observer for Contents {
    fn row(&self, report: &RowReport<'_>) {
        let Content::Lead(lead) = report.content else {
            return;
        };
        let lead = String::from_utf8(lead.to_vec()).unwrap();
        self.0.lock().unwrap().push((report.row.number, lead));
    }
}

#[tokio::test]
async fn what_is_left_of_a_batch_keeps_its_numbers_and_its_unreadable_rows() {
    let claims = MemoryClaims::default();
    let server = Server::new(Unique::Email);
    let one = [lead("b@example.com")];
    let delivered = std::thread::spawn({
        let claims = claims.clone();
        move || process(&server, &claims, &Death::never(), None, &one).unwrap()
    });
    assert_eq!(delivered.join().unwrap().summary.created, 1);

    let contents = Arc::new(Contents::default());
    let opening = claims.open("statement").await.unwrap();
    let journal = ClaimJournal::new(opening, Mapping::new(), Arc::clone(&contents) as _);
    let mut source = SourceBatch::new(batch(&leads()), Origin::new("query", 11));
    source.unreadable.push(UnreadableRow {
        number: 3,
        reason: "torn".to_owned(),
        raw: "{".to_owned(),
    });
    let left = journal.admit(source).await.unwrap();
    assert_eq!((left.batch.num_rows(), left.num_rows()), (4, 5));
    let numbers: Vec<u64> = (0..4).map(|index| left.origin.row(index).number).collect();
    assert_eq!(numbers, [11, 12, 14, 15]);
    assert_eq!(&**left.origin.source(), "query");
    let found = r#"[{"Attribute":"EmailAddress","Value":"b@example.com"}]"#;
    assert_eq!(
        *contents.0.lock().unwrap(),
        [(13, found.to_owned())],
        "it is told with what it holds"
    );
    // The one without an e-mail address is not on its way.
    assert_eq!(journal.rows_on_their_way(), 3);
}

async fn journal() -> ClaimJournal {
    let opening = MemoryClaims::default().open("statement").await.unwrap();
    ClaimJournal::new(opening, Mapping::new(), Arc::new(()))
}

#[tokio::test]
async fn a_row_that_was_not_admitted_is_not_sent() {
    let intent = Intent {
        rows: vec![Origin::new("query", 1).row(0)],
        at: std::time::SystemTime::now(),
        timeout: std::time::Duration::from_secs(1),
    };
    let error = journal().await.intend(intent).await.unwrap_err();
    assert!(
        error.to_string().contains("query, row 1 was not admitted"),
        "{error}"
    );
}

#[tokio::test]
async fn a_number_is_one_rows_while_that_is_on_its_way() {
    let journal = journal().await;
    let source = || SourceBatch::new(batch(&[lead("a@example.com")]), Origin::new("query", 1));
    journal.admit(source()).await.unwrap();
    let error = journal.admit(source()).await.unwrap_err();
    assert!(error.to_string().contains("admitted twice"), "{error}");
}

#[tokio::test]
async fn a_batch_that_is_not_admitted_leaves_nothing_in_the_books() {
    let claims = MemoryClaims::default();
    let one = [lead("b@example.com")];
    let delivered = std::thread::spawn({
        let claims = claims.clone();
        let server = Server::new(Unique::Email);
        move || process(&server, &claims, &Death::never(), None, &one).unwrap()
    });
    assert_eq!(delivered.join().unwrap().summary.created, 1);
    let contents = Arc::new(Contents::default());
    let opening = claims.open("statement").await.unwrap();
    let journal = ClaimJournal::new(opening, Mapping::new(), Arc::clone(&contents) as _);
    // The last two have one number.
    let leads = ["b@example.com", "c@example.com", "d@example.com"].map(lead);
    let origin = Origin::with_row_numbers(Arc::from("query"), vec![1, 2, 2]);
    let admitted = journal.admit(SourceBatch::new(batch(&leads), origin)).await;
    assert!(admitted.is_err());
    assert_eq!(journal.found().total(), 0);
    assert_eq!(journal.rows_on_their_way(), 0);
    assert!(contents.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_batch_that_doesnt_fit_the_mapping_is_left_to_the_sink() {
    let journal = journal().await;
    let city: ArrayRef = Arc::new(StringArray::from(vec!["Pune"]));
    let batch = RecordBatch::try_from_iter([("City", city)]).unwrap();
    let source = SourceBatch::new(batch, Origin::new("query", 1));
    let left = journal.admit(source).await.unwrap();
    assert_eq!(left.num_rows(), 1);
    assert_eq!(journal.rows_on_their_way(), 0);
}
