//! The sink over a transport in memory: what every call costs, whatever the network.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use async_trait::async_trait;
use bytes::Bytes;
use leadsquared_sink::{Answer, Sink, SinkConfig, Transport, TransportError};

use crate::counting::{Counts, start};
use crate::support::{Bodies, LEADS, PAYLOADS, Watched, deliver, leads, leads_with, sink};

/// Smaller than any payload here, and larger than what reading an answer takes in one piece.
const LARGE: usize = 16 * 1024;
/// The calls that are measured: before them everything grows to its size.
const MEASURED: Range<usize> = 100..500;
/// More than that, so that the batch's end is not in them.
const CALLS: usize = 600;

/// A server that answers full calls with what was made ahead.
struct Server {
    answer: Bytes,
}

impl Server {
    /// Creates every lead.
    fn creating() -> Self {
        let mut answer = String::new();
        for number in 1..=LEADS {
            let before = if number == 1 { '[' } else { ',' };
            write!(
                answer,
                r#"{before}{{"RowNumber":{number},"LeadId":"{number:036}","LeadCreated":true}}"#
            )
            .unwrap();
        }
        answer.push(']');
        Self {
            answer: answer.into(),
        }
    }

    /// Says nothing of any lead: the answer is one that costs little to read.
    fn saying_nothing() -> Self {
        Self {
            answer: Bytes::from_static(b"[]"),
        }
    }
}

#[async_trait]
impl Transport for Server {
    async fn post(&self, _body: Bytes) -> Result<Answer, TransportError> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(Answer {
            status: 200,
            retry_after: None,
            body: self.answer.clone(),
        })
    }
}

/// Full calls of leads with a note of `note` bytes.
fn calls(calls: usize, note: usize) -> RecordBatch {
    leads(0..u32::try_from(calls).unwrap() * LEADS, note)
}

async fn run(server: Server, note: usize, bodies: Bodies) -> Arc<Watched<Server>> {
    let batch = calls(CALLS, note);
    let transport = Watched::new(server, bodies, CALLS);
    start(LARGE);
    let summary = deliver(SinkConfig::over(transport.clone()), batch).await;
    assert_eq!((summary.calls, summary.not_sent), (CALLS as u64, 0));
    transport
}

/// Checks that a call allocates the same for leads of any size; how many bytes that is.
async fn a_call(server: fn() -> Server) -> i64 {
    let [of_20_kib, of_100_kib] = [400, 2_000].map(|note| async move {
        let transport = run(server(), note, Bodies::LetGo).await;
        transport.between(&MEASURED)
    });
    let (of_20_kib, of_100_kib) = (of_20_kib.await, of_100_kib.await);
    assert_eq!((of_20_kib.large, of_100_kib.large), (0, 0));
    assert_eq!(of_20_kib, of_100_kib);
    of_20_kib.bytes / i64::try_from(MEASURED.len()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_call_makes_no_memory_for_its_leads_however_large_they_are() {
    let bytes = a_call(Server::saying_nothing).await;
    // The ends of fifty rows, with their codes and reasons, and their unique values.
    assert!(bytes <= 28 * 1024, "{bytes}");
}

#[tokio::test(start_paused = true)]
async fn a_long_text_now_and_then_makes_no_new_memory_for_the_calls_around_it() {
    for long in [4_000, 10_000, 20_000] {
        let note = |number| if number % 200 == 7 { long } else { 600 };
        let calls = u32::try_from(CALLS).unwrap();
        let batch = leads_with(0..calls * LEADS, note);
        let transport = Watched::new(Server::saying_nothing(), Bodies::LetGo, CALLS);
        start(LARGE);
        deliver(SinkConfig::over(transport.clone()), batch).await;
        let Counts { large, .. } = transport.between(&MEASURED);
        assert_eq!(large, 0, "{long}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_call_costs_is_the_reading_of_its_answer() {
    let bytes = a_call(Server::creating).await;
    assert!(bytes <= 64 * 1024, "{bytes}");
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_keeps_the_bodies_makes_every_call_new_memory() {
    let transport = run(Server::creating(), 400, Bodies::Kept).await;
    let Counts { large, .. } = transport.between(&MEASURED);
    assert!(large >= i64::try_from(MEASURED.len()).unwrap(), "{large}");
}

#[tokio::test(start_paused = true)]
async fn no_more_payloads_exist_than_are_queued_on_their_way_and_being_filled() {
    let transport = run(Server::creating(), 400, Bodies::LetGo).await;
    let most = transport.large_alive().into_iter().max();
    // One large piece of memory is the encoder's own, as long as it has a batch.
    assert_eq!(most, i64::try_from(PAYLOADS + 1).ok());
}

#[tokio::test(start_paused = true)]
async fn the_memory_of_giant_leads_is_let_go_when_ordinary_ones_follow() {
    const GIANT: usize = 1024 * 1024;
    // Two of five calls have a giant lead, and all five go out at once.
    let note = |number| {
        if matches!(number, 10 | 60) {
            GIANT
        } else {
            400
        }
    };
    let with_giants = leads_with(0..5 * LEADS, note);
    let (one_call, many_calls) = (calls(1, 400), calls(20, 400));
    let transport = Watched::new(Server::saying_nothing(), Bodies::LetGo, 100);
    let until_all_is_idle = || tokio::time::sleep(Duration::from_mins(1));
    start(GIANT);
    let mut sink = sink(SinkConfig::over(transport.clone()));
    sink.write(many_calls).await.unwrap();
    until_all_is_idle().await;
    sink.write(with_giants.clone()).await.unwrap();
    until_all_is_idle().await;
    // One call at a time, which needs little of the memory there is; but all of it gets its turn.
    for _ in 0..2 * PAYLOADS {
        sink.write(one_call.clone()).await.unwrap();
        until_all_is_idle().await;
    }
    sink.close().await.unwrap();
    drop(with_giants);

    let alive = transport.large_alive();
    assert_eq!(alive.iter().max(), Some(&2), "{alive:?}");
    assert_eq!(alive.last(), Some(&0), "{alive:?}");
}
