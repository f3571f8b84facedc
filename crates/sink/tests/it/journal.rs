//! What the sink tells a journal, and what it does with what the journal recalls.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use leadsquared_core::Row;
use leadsquared_sink::{
    Ambiguous, Answer, CallId, Conclusion, DailyBudget, Error, Intent, Journal, JournalError,
    Meaning, Outcome, Recall, SettledRow, SinkConfig, StopReason, Transport, TransportError,
};

use crate::support::{InMemory, Reply, deliver, hurried, phones};

/// A journal in memory.
#[derive(Default)]
struct Diary {
    recalls: HashMap<u64, Recall>,
    /// The intent after which nothing more can be written.
    last: Option<usize>,
    /// How long the writing of each intent takes, the first ones first.
    slow: Mutex<Vec<Duration>>,
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    intents: Vec<Vec<u64>>,
    conclusions: BTreeMap<u64, Meaning>,
    rows: BTreeMap<u64, (Outcome, bool)>,
    flushed: bool,
}

impl Diary {
    fn recalling(recalls: impl IntoIterator<Item = (u64, Recall)>) -> Arc<Self> {
        Arc::new(Self {
            recalls: recalls.into_iter().collect(),
            ..Self::default()
        })
    }

    fn settle(&self, rows: Vec<SettledRow>) {
        let mut pages = self.pages.lock().unwrap();
        pages.flushed = false;
        for row in rows {
            let end = (row.outcome, row.is_final);
            let before = pages.rows.insert(row.row.number, end);
            assert_eq!(before, None, "{} is settled twice", row.row);
        }
    }

    fn ends(&self, outcome: Outcome, is_final: bool) -> usize {
        let pages = self.pages.lock().unwrap();
        pages
            .rows
            .values()
            .filter(|end| **end == (outcome, is_final))
            .count()
    }

    fn meanings(&self) -> Vec<Meaning> {
        self.pages
            .lock()
            .unwrap()
            .conclusions
            .values()
            .copied()
            .collect()
    }
}

#[async_trait]
impl Journal for Diary {
    fn recall(&self, row: &Row) -> Recall {
        let known = self.recalls.get(&row.number);
        known.copied().unwrap_or(Recall::New)
    }

    async fn intend(&self, intent: Intent) -> Result<CallId, JournalError> {
        let wait = self.slow.lock().unwrap().pop();
        tokio::time::sleep(wait.unwrap_or_default()).await;
        let mut pages = self.pages.lock().unwrap();
        if self.last == Some(pages.intents.len()) {
            return Err(JournalError::new("diary: no room; make some"));
        }
        let rows = intent.rows.iter().map(|row| row.number);
        pages.intents.push(rows.collect());
        Ok(CallId(pages.intents.len() as u64 - 1))
    }

    async fn conclude(
        &self,
        call: CallId,
        conclusion: Conclusion,
        rows: Vec<SettledRow>,
    ) -> Result<(), JournalError> {
        let meaning = conclusion.meaning;
        let before = self
            .pages
            .lock()
            .unwrap()
            .conclusions
            .insert(call.0, meaning);
        assert_eq!(before, None, "a call is concluded twice");
        self.settle(rows);
        Ok(())
    }

    async fn settle(&self, rows: Vec<SettledRow>) -> Result<(), JournalError> {
        Diary::settle(self, rows);
        Ok(())
    }

    async fn flush(&self) -> Result<(), JournalError> {
        self.pages.lock().unwrap().flushed = true;
        Ok(())
    }
}

/// A transport that checks that each call was written down before it was sent.
struct Checked {
    inner: Arc<InMemory>,
    diary: Arc<Diary>,
}

#[async_trait]
impl Transport for Checked {
    async fn post(&self, body: Bytes) -> Result<Answer, TransportError> {
        let leads: Vec<serde_json::Value> = serde_json::from_slice(&body).unwrap();
        let phones = leads.iter().map(|lead| lead[0]["Value"].as_str().unwrap());
        let rows: Vec<u64> = phones
            .map(|phone| phone.parse::<u64>().unwrap() + 1)
            .collect();
        let written = self.diary.pages.lock().unwrap().intents.contains(&rows);
        assert!(written, "{rows:?} are sent without an intent");
        self.inner.post(body).await
    }
}

fn checked(diary: &Arc<Diary>, script: Vec<Reply>) -> leadsquared_sink::SinkConfigBuilder {
    let transport = Checked {
        inner: InMemory::new(script, Reply::Create),
        diary: Arc::clone(diary),
    };
    hurried(SinkConfig::over(Arc::new(transport)))
        .with_journal(Arc::clone(diary) as Arc<dyn Journal>)
}

const REFUSED: Reply = Reply::Answer(500, r#"{"Status":"Error","ExceptionType":"MXException"}"#);
const THROTTLED: Reply = Reply::Answer(429, "");

#[tokio::test(start_paused = true)]
async fn every_attempt_is_written_before_it_is_sent_and_concluded_once() {
    let diary = Diary::recalling([]);
    let script = vec![
        Reply::Create,
        THROTTLED,
        Reply::Answer(503, ""),
        Reply::Lose,
        Reply::Refuse,
        REFUSED,
    ];
    let delivered = deliver(checked(&diary, script), vec![phones(0..500)]).await;
    assert_eq!(delivered.count(Outcome::Created), 500);
    assert_eq!(diary.ends(Outcome::Created, true), 500);
    let meanings = diary.meanings();
    assert_eq!(meanings.len() as u64, delivered.summary.calls);
    for meaning in [
        Meaning::Throttled,
        Meaning::Failed,
        Meaning::Lost,
        Meaning::NeverSent,
        Meaning::Refused,
    ] {
        let of = meanings.iter().filter(|known| **known == meaning).count();
        assert_eq!(of, 1, "{meaning:?} of {meanings:?}");
    }
    assert!(diary.pages.lock().unwrap().flushed);
}

#[tokio::test(start_paused = true)]
async fn rows_that_are_settled_are_left_out_and_out_of_the_books() {
    let settled = (11..=120).chain([130, 140]);
    let diary = Diary::recalling(settled.map(|row| (row, Recall::Settled)));
    let seen = Arc::new(crate::support::Memory::default());
    let config = checked(&diary, Vec::new())
        .with_observer(Arc::clone(&seen) as Arc<dyn leadsquared_sink::Observer>);
    let mut sink = leadsquared_sink::LeadSink::start(config.build().unwrap()).unwrap();
    leadsquared_sink::Sink::write(&mut sink, phones(0..200))
        .await
        .unwrap();
    sink.close().await.unwrap();
    let summary = sink.summary();
    assert!(summary.balances());
    assert_eq!((summary.read, summary.created), (88, 88));
    let sent: Vec<u64> = seen.rows().iter().map(|seen| seen.row).collect();
    let left = (1..=200).filter(|row| !(11..=120).contains(row) && ![130, 140].contains(row));
    assert_eq!(sent, left.collect::<Vec<u64>>());
}

#[tokio::test(start_paused = true)]
async fn a_row_in_doubt_that_is_a_duplicate_was_created_earlier() {
    const TWO_DUPLICATES: &str = r#"[
        {"RowNumber":1,"LeadCreated":false,"ErrorMessage":"Duplicate Phone"},
        {"RowNumber":2,"LeadCreated":false,"ErrorMessage":"Duplicate Phone"},
        {"RowNumber":3,"LeadId":"3","LeadCreated":true}]"#;
    let diary = Diary::recalling([(2, Recall::InDoubt), (3, Recall::InDoubt)]);
    let script = vec![Reply::Answer(200, TWO_DUPLICATES)];
    let delivered = deliver(checked(&diary, script), vec![phones(0..3)]).await;
    assert_eq!(
        delivered.seen.outcomes(),
        [
            Outcome::Duplicate,
            Outcome::CreatedEarlier,
            Outcome::Created
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn rows_in_doubt_are_held_if_that_is_the_policy() {
    let diary = Diary::recalling((21..=40).map(|row| (row, Recall::InDoubt)));
    let config = checked(&diary, Vec::new()).with_ambiguous(Ambiguous::Hold);
    let delivered = deliver(config, vec![phones(0..60)]).await;
    assert_eq!(delivered.count(Outcome::Unconfirmed), 20);
    assert_eq!(delivered.count(Outcome::Created), 40);
    assert_eq!(diary.ends(Outcome::Unconfirmed, true), 20);
    let intents = diary.pages.lock().unwrap().intents.clone();
    assert!(intents.iter().flatten().all(|row| !(21..=40).contains(row)));
}

#[tokio::test(start_paused = true)]
async fn what_a_stop_leaves_is_not_final() {
    let diary = Diary::recalling([]);
    let script = vec![Reply::Create, Reply::Lose, Reply::Answer(401, "wrong")];
    let config = checked(&diary, script).with_concurrency(1.try_into().unwrap());
    let delivered = deliver(config, vec![phones(0..200)]).await;
    assert!(delivered.result.is_err());
    assert_eq!(diary.ends(Outcome::Created, true), 50);
    // The lost call was sent again, and met the 401.
    assert_eq!(diary.ends(Outcome::Unconfirmed, false), 50);
    assert_eq!(diary.ends(Outcome::NotSent, false), 100);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_that_cant_be_written_down() {
    let diary = Arc::new(Diary {
        last: Some(2),
        ..Diary::default()
    });
    let delivered = deliver(checked(&diary, Vec::new()), vec![phones(0..500)]).await;
    let Err(Error::Stopped(StopReason::Journal(error))) = &delivered.result else {
        panic!("{:?}", delivered.result)
    };
    assert_eq!(error.to_string(), "diary: no room; make some");
    assert_eq!(delivered.summary.calls, 2);
    assert_eq!(delivered.count(Outcome::Created), 100);
    assert_eq!(delivered.count(Outcome::NotSent), 400);
}

#[tokio::test(start_paused = true)]
async fn a_daily_budget_stops_the_run_before_it_is_passed() {
    let diary = Diary::recalling([]);
    let hour = Duration::from_hours(1);
    let budget = DailyBudget::new(10).with_made([(hour, 4)]);
    let config = checked(&diary, Vec::new()).with_daily_budget(budget.clone());
    let delivered = deliver(config, vec![phones(0..1_000)]).await;
    assert_eq!(
        delivered.result,
        Err(Error::Stopped(StopReason::DailyBudget { calls: 10 }))
    );
    assert_eq!(delivered.summary.calls, 6);
    assert_eq!(budget.left(), 0);
    assert_eq!(delivered.count(Outcome::Created), 300);
    assert_eq!(diary.ends(Outcome::NotSent, false), 700);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_intent_came_late_waits_for_another_slot() {
    let diary = Arc::new(Diary {
        slow: Mutex::new(vec![Duration::from_secs(3); 2]),
        ..Diary::default()
    });
    let delivered = deliver(checked(&diary, Vec::new()), vec![phones(0..50)]).await;
    assert_eq!(delivered.count(Outcome::Created), 50);
    assert_eq!(delivered.summary.calls, 1);
    let late = [Meaning::NeverSent, Meaning::NeverSent, Meaning::Rows];
    assert_eq!(diary.meanings(), late);
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_is_always_late_is_given_up() {
    let diary = Arc::new(Diary {
        slow: Mutex::new(vec![Duration::from_secs(3); 50]),
        ..Diary::default()
    });
    let delivered = deliver(checked(&diary, Vec::new()), vec![phones(0..50)]).await;
    let Err(Error::Stopped(StopReason::Journal(error))) = &delivered.result else {
        panic!("{:?}", delivered.result)
    };
    assert!(
        error.to_string().contains("takes longer than 2 s"),
        "{error}"
    );
    assert_eq!(delivered.summary.calls, 0);
    assert_eq!(delivered.count(Outcome::NotSent), 50);
}

#[tokio::test(start_paused = true)]
async fn what_the_server_failed_at_is_not_in_doubt() {
    let diary = Diary::recalling([]);
    let script = vec![Reply::Answer(503, "busy"); 4];
    let config = checked(&diary, script).with_ambiguous(Ambiguous::Hold);
    let delivered = deliver(config, vec![phones(0..50)]).await;
    assert!(delivered.result.is_err());
    assert_eq!(diary.ends(Outcome::NotSent, false), 50);
}

#[tokio::test(start_paused = true)]
async fn what_was_lost_stays_in_doubt_when_everything_is_refused() {
    let diary = Diary::recalling((1..=50).map(|row| (row, Recall::InDoubt)));
    let config = checked(&diary, vec![REFUSED; 4]);
    let delivered = deliver(config, vec![phones(0..100)]).await;
    let Err(Error::Stopped(StopReason::AllRefused { .. })) = &delivered.result else {
        panic!("{:?}", delivered.result)
    };
    assert_eq!(delivered.summary.calls, 4);
    assert_eq!(diary.ends(Outcome::Unconfirmed, false), 50);
    assert_eq!(diary.ends(Outcome::NotSent, false), 50);
}
