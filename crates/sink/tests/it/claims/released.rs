//! What is in doubt, and what is not.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use leadsquared_core::{LeadKey, Mapping, Origin, Row, SourceBatch};
use leadsquared_sink::{
    Arrival, ClaimEnd, ClaimJournal, ClaimKey, ClaimState, Claims, Conclusion, Intent, Journal,
    Meaning, MemoryClaims, OpenClaims, Outcome, Recall, SettledClaim, SettledRow,
};

use super::world::{batch, lead};

/// A journal of a new opening that has admitted one row; what is recalled of that.
async fn open(claims: &MemoryClaims) -> (ClaimJournal, Option<Recall>) {
    let opening = claims.open("statement").await.unwrap();
    let journal = ClaimJournal::new(opening, Mapping::new(), Arc::new(()));
    let source = SourceBatch::new(batch(&[lead("a@example.com")]), Origin::new("query", 1));
    let left = journal.admit(source).await.unwrap();
    let recall = (left.num_rows() == 1).then(|| journal.recall(&row()));
    (journal, recall)
}

fn row() -> Row {
    Origin::new("query", 1).row(0)
}

/// Attempts to send the row that end in these ways.
async fn attempts(journal: &ClaimJournal, meanings: &[Meaning]) {
    for meaning in meanings {
        let intent = Intent {
            rows: vec![row()],
            at: SystemTime::now(),
            timeout: Duration::from_secs(1),
        };
        let call = journal.intend(intent).await.unwrap();
        let conclusion = Conclusion {
            at: SystemTime::now(),
            status: None,
            meaning: *meaning,
        };
        journal
            .conclude(call, conclusion, Vec::new())
            .await
            .unwrap();
    }
}

fn end(outcome: Outcome, is_final: bool) -> SettledRow {
    SettledRow {
        row: row(),
        outcome,
        lead_id: None,
        code: None,
        reason: None,
        is_final,
    }
}

const NOTHING_CREATED: [Meaning; 5] = [
    Meaning::Throttled,
    Meaning::Unauthorized,
    Meaning::Refused,
    Meaning::Failed,
    Meaning::NeverSent,
];

#[tokio::test]
async fn an_attempt_that_created_nothing_leaves_no_doubt() {
    for meaning in NOTHING_CREATED {
        let claims = MemoryClaims::default();
        let (journal, _) = open(&claims).await;
        attempts(&journal, &[meaning]).await;
        assert_eq!(open(&claims).await.1, Some(Recall::New), "{meaning:?}");
    }
}

#[tokio::test]
async fn what_was_lost_stays_in_doubt_whatever_came_after() {
    for meaning in NOTHING_CREATED {
        let claims = MemoryClaims::default();
        let (journal, _) = open(&claims).await;
        attempts(&journal, &[Meaning::Lost, meaning]).await;
        assert_eq!(journal.recall(&row()), Recall::InDoubt);
        let (journal, recall) = open(&claims).await;
        assert_eq!(recall, Some(Recall::InDoubt), "{meaning:?}");
        // In the next opening too.
        attempts(&journal, &[meaning]).await;
        journal
            .settle(vec![end(Outcome::Unconfirmed, false)])
            .await
            .unwrap();
        assert_eq!(journal.rows_on_their_way(), 0);
        assert_eq!(open(&claims).await.1, Some(Recall::InDoubt), "{meaning:?}");
    }
}

#[tokio::test]
async fn an_intent_without_a_conclusion_is_in_doubt() {
    let claims = MemoryClaims::default();
    let (journal, _) = open(&claims).await;
    let intent = Intent {
        rows: vec![row()],
        at: SystemTime::now(),
        timeout: Duration::from_secs(1),
    };
    journal.intend(intent).await.unwrap();
    assert_eq!(open(&claims).await.1, Some(Recall::InDoubt));
    assert!(journal.flush().await.is_err(), "it was taken over");
}

#[tokio::test]
async fn what_is_rejected_before_any_call_is_not_kept() {
    let claims = MemoryClaims::default();
    let (journal, _) = open(&claims).await;
    journal
        .settle(vec![end(Outcome::Rejected, true)])
        .await
        .unwrap();
    assert_eq!(open(&claims).await.1, Some(Recall::New));
}

#[tokio::test]
async fn what_is_rejected_after_a_call_was_refused_is_kept() {
    let claims = MemoryClaims::default();
    let (journal, _) = open(&claims).await;
    attempts(&journal, &[Meaning::Refused]).await;
    journal
        .settle(vec![end(Outcome::Rejected, true)])
        .await
        .unwrap();
    assert_eq!(open(&claims).await.1, None, "it is found");
}

#[tokio::test]
async fn a_row_in_doubt_that_is_held_is_found_as_unconfirmed() {
    let claims = MemoryClaims::default();
    let (journal, _) = open(&claims).await;
    attempts(&journal, &[Meaning::Lost]).await;
    let (journal, _) = open(&claims).await;
    journal
        .settle(vec![end(Outcome::Unconfirmed, true)])
        .await
        .unwrap();
    let (journal, recall) = open(&claims).await;
    assert_eq!(recall, None);
    assert_eq!(journal.found().of(Outcome::Unconfirmed), 1);
}

/// Claims a row, and opens the delivery again: what is recalled of rows about its lead then.
async fn doubt(contents: &[u64]) -> Vec<ClaimState> {
    let claims = MemoryClaims::default();
    let arrival = |content: &u64| Arrival {
        lead: LeadKey::from_bytes([1; LeadKey::BYTES]),
        content: *content,
    };
    let opening = claims.open("statement").await.unwrap();
    let given = opening.recall(&[arrival(&1)]).await.unwrap();
    opening.claim(&[given[0].key]).await.unwrap();
    let opening = claims.open("statement").await.unwrap();
    let arrivals: Vec<Arrival> = contents.iter().map(arrival).collect();
    let recalled = opening.recall(&arrivals).await.unwrap();
    let states = recalled.into_iter().map(|recalled| recalled.state);
    states.collect()
}

#[tokio::test]
async fn a_claim_casts_doubt_on_others_until_its_own_row_arrives() {
    use ClaimState::{InDoubt, New};
    assert_eq!(doubt(&[2, 1, 2]).await, [InDoubt, InDoubt, New]);
    assert_eq!(doubt(&[1, 1]).await, [InDoubt, New]);
}

#[tokio::test]
async fn claims_that_no_row_has_and_ends_that_came_are_not_changed() {
    let claims = MemoryClaims::default();
    let lead = LeadKey::from_bytes([1; LeadKey::BYTES]);
    let key = |occurrence| ClaimKey { lead, occurrence };
    let opening = claims.open("statement").await.unwrap();
    let settle = |opening: Arc<dyn OpenClaims>, key| async move {
        let end = ClaimEnd {
            outcome: Outcome::Created,
            lead_id: None,
            code: None,
            reason: None,
        };
        opening.settle(vec![SettledClaim { key, end }]).await
    };
    let arrival = Arrival { lead, content: 1 };
    opening.recall(&[arrival, arrival]).await.unwrap();
    // One that isn't there leaves the other as it was.
    let errors = [
        opening.claim(&[key(0), key(2)]).await,
        opening.release(&[key(2)]).await,
        settle(Arc::clone(&opening), key(2)).await,
    ];
    for error in errors {
        let error = error.unwrap_err().to_string();
        assert!(error.contains("can't be changed so"), "{error}");
    }
    opening.claim(&[key(1)]).await.unwrap();
    settle(Arc::clone(&opening), key(1)).await.unwrap();
    assert!(opening.claim(&[key(1)]).await.is_err(), "it is settled");
    let again = claims.open("statement").await.unwrap();
    assert!(again.release(&[key(0)]).await.is_err(), "it is nobody's");
    let recalled = again.recall(&[arrival, arrival]).await.unwrap();
    assert!(matches!(recalled[0].state, ClaimState::Settled(_)));
    assert_eq!(recalled[1].state, ClaimState::New);
}
