//! The contract of sinks, and what the extension makes of it.

use arrow::array::RecordBatch;
use futures::{SinkExt as _, StreamExt, stream};
use leadsquared_core::{Mapping, Origin, SourceBatch, UnreadableRow};
use leadsquared_sink::{
    ConfigError, Credentials, DrainError, Error, LeadSink, Outcome, Sink, SinkConfig, SinkExt,
};

use crate::support::{InMemory, Memory, Reply, phones};

fn start() -> LeadSink {
    LeadSink::start(
        SinkConfig::over(InMemory::new([], Reply::Create))
            .build()
            .unwrap(),
    )
    .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_pipeline_can_hold_any_sink() {
    let mut sink: Box<dyn Sink<RecordBatch, Error = Error>> = Box::new(start());
    sink.write(phones(0..3)).await.unwrap();
    sink.flush().await.unwrap();
    let batches = stream::iter([phones(3..5), phones(5..6)]);
    assert_eq!(sink.drain(batches).await.unwrap(), 2);
    sink.close().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_forwarded_into_it() {
    let mut forwarded = SinkExt::<RecordBatch>::into_futures_sink(start());
    let mut batches = stream::iter([phones(0..40), phones(40..80)]).map(Ok);
    forwarded.send_all(&mut batches).await.unwrap();
    forwarded.close().await.unwrap();
    let summary = forwarded.get_ref().unwrap().summary();
    assert_eq!((summary.created, summary.calls), (80, 2));
    assert!(forwarded.send(phones(0..1)).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_fails_is_told_from_a_sink_that_does_and_what_came_before_is_delivered() {
    let mut sink = start();
    let broken = stream::iter([Ok(phones(0..3)), Err(std::io::Error::other("torn"))]);
    let error = sink.try_drain(broken).await.unwrap_err();
    assert!(matches!(error, DrainError::Source(_)));
    assert_eq!(sink.summary().created, 3);
}

#[tokio::test(start_paused = true)]
async fn rows_of_a_file_keep_their_names_and_unreadable_ones_are_rejected() {
    let seen = std::sync::Arc::new(Memory::default());
    let config = SinkConfig::over(InMemory::new([], Reply::Create)).with_observer(seen.clone());
    let mut sink = LeadSink::start(config.build().unwrap()).unwrap();
    let mut source = SourceBatch::new(
        phones(0..2),
        Origin::with_row_numbers("a.ndjson", vec![1, 3]),
    );
    source.unreadable.push(UnreadableRow {
        number: 2,
        reason: "torn".into(),
        raw: "{".into(),
    });
    sink.write(source).await.unwrap();
    sink.close().await.unwrap();
    assert_eq!(
        seen.outcomes(),
        [Outcome::Created, Outcome::Rejected, Outcome::Created]
    );
    assert!(sink.summary().balances());
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_makes_no_leads_is_an_error_and_in_the_books() {
    let seen = std::sync::Arc::new(Memory::default());
    let config = SinkConfig::over(InMemory::new([], Reply::Create))
        .with_mapping(Mapping::new().drop_column("gone"))
        .with_observer(seen.clone());
    let mut sink = LeadSink::start(config.build().unwrap()).unwrap();
    let error = sink.write(phones(0..2)).await.unwrap_err();
    assert!(matches!(&error, Error::Schema { .. }));
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("\"gone\""), "{cause}");
    sink.close().await.unwrap();
    let summary = sink.summary();
    assert_eq!((summary.read, summary.not_sent), (2, 2));
    assert_eq!(seen.outcomes(), [Outcome::NotSent; 2]);
}

#[test]
fn settings_that_make_no_sink_are_refused() {
    let keys = || Credentials::new("access", "secret");
    let refused = |config: leadsquared_sink::SinkConfigBuilder| config.build().err().unwrap();
    assert!(matches!(
        refused(SinkConfig::new("http://example.com", keys())),
        ConfigError::Endpoint(_)
    ));
    let empty = SinkConfig::new("example.com", Credentials::new("", "secret"));
    assert_eq!(refused(empty), ConfigError::NoKeys);
    let zero = SinkConfig::new("example.com", keys()).with_timeout(std::time::Duration::ZERO);
    assert_eq!(refused(zero), ConfigError::ZeroTimeout);
    let outside = SinkConfig::new("example.com", keys()).build().unwrap();
    assert_eq!(LeadSink::start(outside).err(), Some(ConfigError::NoRuntime));
}
