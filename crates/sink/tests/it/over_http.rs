//! Real HTTP, against the emulator.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, RecordBatch, StringArray, StructArray};
use arrow::datatypes::{DataType, Field};
use leadsquared_core::Mapping;
use leadsquared_emulator::{Emulator, Fault, KeyPlace, ThrottleShape};
use leadsquared_sink::{
    Ambiguous, Auth, Credentials, Error, Outcome, SinkConfig, SlotLimiter, StopReason,
};

use crate::support::{deliver, hurried, phones, to};

/// An emulator without a limit: these tests are not about it.
async fn emulator() -> Emulator {
    Emulator::builder().no_rate_limit().start().await.unwrap()
}

#[tokio::test]
async fn leads_arrive_field_by_field_with_the_ids_that_are_reported() {
    let emulator = emulator().await;
    let status: ArrayRef = Arc::new(StringArray::from(vec![Some("Pending"), None]));
    let kyc = StructArray::from(vec![(
        Arc::new(Field::new("Status", DataType::Utf8, true)),
        status,
    )]);
    let batch = RecordBatch::try_from_iter_with_nullable([
        (
            "email",
            Arc::new(StringArray::from(vec!["a@example.com", "b@example.com"])) as ArrayRef,
            true,
        ),
        (
            "FirstName",
            Arc::new(StringArray::from(vec![Some("अनन्या \"Annu\""), None])),
            true,
        ),
        ("mx_KYC", Arc::new(kyc), true),
    ])
    .unwrap();
    let mapping = Mapping::new()
        .rename("email", "EmailAddress")
        .constant("Source", "Webinar");
    let delivered = deliver(to(&emulator).with_mapping(mapping), vec![batch]).await;

    assert_eq!(delivered.seen.outcomes(), [Outcome::Created; 2]);
    let leads = emulator.leads();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        leads[0].fields,
        [
            pair("EmailAddress", "a@example.com"),
            pair("FirstName", "अनन्या \"Annu\""),
            pair("mx_KYC", ""),
            pair("Source", "Webinar"),
        ]
    );
    assert_eq!(leads[0].get_in("mx_KYC", "Status"), Some("Pending"));
    assert_eq!(
        leads[1].fields,
        [
            pair("EmailAddress", "b@example.com"),
            pair("Source", "Webinar")
        ]
    );
    for (lead, seen) in leads.iter().zip(delivered.seen.rows()) {
        assert_eq!(seen.lead_id.as_deref(), Some(lead.id.as_str()));
    }
}

#[tokio::test]
async fn keys_travel_by_query_or_by_header_whatever_characters_they_have() {
    for (auth, place) in [
        (Auth::Query, KeyPlace::Query),
        (Auth::Header, KeyPlace::Headers),
    ] {
        let (access, secret) = ("u$r&123=%", "s3cr+t #/?");
        let emulator = Emulator::builder()
            .no_rate_limit()
            .keys(access, secret)
            .start()
            .await
            .unwrap();
        let delivered = deliver(to(&emulator).with_auth(auth), vec![phones(0..1)]).await;
        assert_eq!(delivered.count(Outcome::Created), 1, "{auth}");
        assert_eq!(emulator.calls()[0].keys, place);
    }
}

#[tokio::test]
async fn wrong_keys_are_one_call_and_the_servers_own_message() {
    let emulator = emulator().await;
    let config = SinkConfig::new(
        emulator.url(),
        Credentials::new("wrong-access", "wrong-secret"),
    );
    let delivered = deliver(config, vec![phones(0..1_000)]).await;
    assert_eq!(emulator.call_count(), 1);
    assert_eq!(delivered.count(Outcome::NotSent), 1_000);
    let Err(Error::Stopped(StopReason::Unauthorized { status: 401, .. })) = delivered.result else {
        panic!("{:?}", delivered.result)
    };
}

#[tokio::test]
async fn every_fault_that_passes_ends_with_every_lead_stored_once() {
    // A limit that so few calls can't exceed: others must have, and what follows is sent one call a
    // second. So all faults are met side by side.
    let throttle = |shape| Fault::throttle_naming(shape, 2_000, Duration::from_secs(1));
    let faults = || {
        [
            Fault::status(500),
            Fault::status(502),
            Fault::status(503),
            Fault::status(504),
            Fault::reset(),
            Fault::close(),
            throttle(ThrottleShape::Status429),
            throttle(ThrottleShape::Status403),
            throttle(ThrottleShape::Status200),
        ]
    };
    let met = faults().map(|fault| async move {
        let emulator = emulator().await;
        emulator.script(fault.clone());
        let delivered = deliver(to(&emulator), vec![phones(0..120)]).await;
        assert_eq!(delivered.count(Outcome::Created), 120, "{fault:?}");
        assert_eq!(emulator.lead_count(), 120, "{fault:?}");
        assert_eq!(emulator.call_count(), 4, "{fault:?}");
    });
    futures::future::join_all(met).await;
}

#[tokio::test]
async fn an_answer_that_is_lost_after_storing_is_found_as_created_earlier() {
    for fault in [
        Fault::reset().stored(),
        Fault::html(),
        Fault::truncated(),
        Fault::garbage(),
    ] {
        let emulator = emulator().await;
        emulator.script(fault.clone());
        let delivered = deliver(to(&emulator), vec![phones(0..60)]).await;
        assert_eq!(delivered.count(Outcome::CreatedEarlier), 50, "{fault:?}");
        assert_eq!(delivered.count(Outcome::Created), 10, "{fault:?}");
        assert_eq!(emulator.lead_count(), 60, "{fault:?}");
    }
}

#[tokio::test]
async fn a_call_that_hangs_is_given_up_in_time() {
    let emulator = emulator().await;
    emulator.script(Fault::hang());
    let config = to(&emulator).with_timeout(Duration::from_millis(300));
    let delivered = deliver(config, vec![phones(0..1)]).await;
    assert_eq!(delivered.count(Outcome::CreatedEarlier), 1);

    emulator.script(Fault::hang().unstored());
    let config = to(&emulator)
        .with_timeout(Duration::from_millis(300))
        .with_ambiguous(Ambiguous::Hold);
    let delivered = deliver(config, vec![phones(1..2)]).await;
    assert_eq!(delivered.count(Outcome::Unconfirmed), 1);
    assert_eq!(emulator.lead_count(), 1);
}

#[tokio::test]
async fn odd_answers_are_never_success() {
    use Outcome::{Created, Unconfirmed};
    let cases = [
        (Fault::short_rows(1), vec![Created, Created, Unconfirmed]),
        (Fault::reordered_rows(), vec![Created; 3]),
        (Fault::repeated_row(), vec![]),
        (Fault::extra_row(), vec![]),
        (Fault::rows_without_id(), vec![Unconfirmed; 3]),
    ];
    for (fault, expected) in cases {
        let emulator = emulator().await;
        emulator.script(fault.clone());
        let delivered = deliver(to(&emulator), vec![phones(0..3)]).await;
        assert_eq!(
            emulator.call_count(),
            1,
            "{fault:?}: an answer by rows is final"
        );
        for (seen, lead) in delivered.seen.rows().iter().zip(emulator.leads()) {
            if seen.outcome == Created {
                assert_eq!(seen.lead_id.as_deref(), Some(lead.id.as_str()), "{fault:?}");
            }
        }
        if !expected.is_empty() {
            assert_eq!(delivered.seen.outcomes(), expected, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn duplicates_and_rejections_are_told_apart_and_the_good_rows_get_in() {
    let emulator = Emulator::builder()
        .no_rate_limit()
        .check_formats(true)
        .start()
        .await
        .unwrap();
    deliver(to(&emulator), vec![phones(1_000_000_000..1_000_000_001)]).await;
    let column: ArrayRef = Arc::new(StringArray::from(vec![
        Some("1000000000"),
        Some("9999999999"),
        Some("not a phone number"),
        Some(" "),
        None,
    ]));
    let batch = RecordBatch::try_from_iter([("Phone", column)]).unwrap();
    let delivered = deliver(to(&emulator), vec![batch]).await;
    let rows = delivered.seen.rows();
    let codes: Vec<Option<&str>> = rows.iter().map(|row| row.code.as_deref()).collect();
    assert_eq!(rows[0].outcome, Outcome::Duplicate, "{rows:?}");
    assert_eq!(rows[1].outcome, Outcome::Created, "{rows:?}");
    assert_eq!(rows[2].outcome, Outcome::Rejected, "{rows:?}");
    assert_eq!(rows[3].outcome, Outcome::Rejected, "{rows:?}");
    assert_eq!(
        codes[3..],
        [Some("no-unique-field"), Some("no-unique-field")]
    );
}

#[tokio::test]
async fn a_refused_call_shows_the_servers_words() {
    let emulator = Emulator::builder()
        .no_rate_limit()
        .known_attributes(["EmailAddress"])
        .start()
        .await
        .unwrap();
    let delivered = deliver(to(&emulator), vec![phones(0..2)]).await;
    let row = &delivered.seen.rows()[0];
    assert_eq!(row.outcome, Outcome::Rejected);
    assert_eq!(row.code.as_deref(), Some("MXUnknownAttributeException"));
    assert!(row.reason.as_deref().unwrap().contains("Phone"));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (emulator, elsewhere) = (emulator().await, emulator().await);
    emulator.script(Fault::redirect(elsewhere.url()));
    let delivered = deliver(to(&emulator), vec![phones(0..1)]).await;
    assert_eq!(elsewhere.call_count(), 0);
    assert_eq!(delivered.count(Outcome::NotSent), 1);
    assert!(delivered.result.is_err());
}

#[tokio::test]
async fn nobody_listening_is_told_with_the_host() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let config = hurried(SinkConfig::new(
        format!("http://{address}"),
        Credentials::new("access", "secret"),
    ));
    let delivered = deliver(config, vec![phones(0..1)]).await;
    assert_eq!(delivered.count(Outcome::NotSent), 1);
    let message = delivered.result.unwrap_err().to_string();
    assert!(message.contains("can't connect to 127.0.0.1"), "{message}");
}

#[tokio::test]
async fn the_accounts_own_limit_is_learned_and_everything_gets_in() {
    let emulator = Emulator::builder()
        .rate_limit(2, Duration::from_secs(1))
        .start()
        .await
        .unwrap();
    let config = to(&emulator).with_rate_limit("25/1s".parse().unwrap());
    let delivered = deliver(config, vec![phones(0..300)]).await;
    assert_eq!(delivered.count(Outcome::Created), 300);
    assert_eq!(delivered.summary.limit.to_string(), "2/1s");
    assert!(delivered.summary.throttled >= 1);
    assert_eq!(emulator.lead_count(), 300);
}

#[tokio::test]
async fn sinks_that_share_a_limiter_share_the_accounts_limit() {
    let window = Duration::from_millis(500);
    let emulator = Emulator::builder()
        .rate_limit(5, window)
        .start()
        .await
        .unwrap();
    let limiter = SlotLimiter::new("5/500ms".parse().unwrap());
    let config = || to(&emulator).with_limiter(Arc::new(limiter.clone()));
    let (one, two) = tokio::join!(
        deliver(config(), vec![phones(0..500)]),
        deliver(config(), vec![phones(500..1_000)]),
    );
    assert_eq!(
        one.count(Outcome::Created) + two.count(Outcome::Created),
        1_000
    );
    assert_eq!(one.summary.throttled + two.summary.throttled, 0);
    assert!(emulator.max_calls_in_window(window) <= 5);
}

#[tokio::test]
async fn concurrency_is_bounded() {
    let emulator = emulator().await;
    for _ in 0..20 {
        emulator.script(Fault::delay(Duration::from_millis(20)));
    }
    let config = to(&emulator).with_concurrency(NonZeroUsize::new(1).unwrap());
    let delivered = deliver(config, vec![phones(0..500)]).await;
    assert_eq!(delivered.count(Outcome::Created), 500);
    // One at a time: each call arrives after the one before it was answered.
    let calls = emulator.calls();
    assert!(
        calls
            .windows(2)
            .all(|pair| pair[1].at >= pair[0].at + Duration::from_millis(20))
    );
}

#[tokio::test]
async fn retry_after_on_a_throttle_keeps_every_call_back() {
    let emulator = emulator().await;
    let wait = Duration::from_secs(3);
    emulator.script_all([
        Fault::delay(Duration::ZERO),
        Fault::throttle(ThrottleShape::Status429).retry_after(wait),
    ]);
    let delivered = deliver(to(&emulator), vec![phones(0..2_000)]).await;
    assert_eq!(delivered.count(Outcome::Created), 2_000);
    let calls = emulator.calls();
    let throttled = calls.iter().find(|call| call.throttled).unwrap().at;
    // What was on its way already may still arrive.
    let quiet = throttled + Duration::from_millis(200)..throttled + wait;
    let inside = calls.iter().filter(|call| quiet.contains(&call.at)).count();
    assert_eq!(inside, 0);
    assert!(calls.iter().any(|call| call.at >= quiet.end));
}

#[tokio::test]
async fn of_rows_that_share_a_value_the_first_is_created_however_slow_its_call() {
    let emulator = emulator().await;
    // The first call opens the way for many at once; the second is slow.
    emulator.script_all([
        Fault::delay(Duration::ZERO),
        Fault::status(503).after(Duration::from_millis(300)),
    ]);
    let numbers = (0..100).chain(50..60).chain(100..400);
    let phones: ArrayRef = Arc::new(StringArray::from_iter_values(
        numbers.map(|number| number.to_string()),
    ));
    let batch = RecordBatch::try_from_iter([("Phone", phones)]).unwrap();
    let delivered = deliver(to(&emulator), vec![batch]).await;
    assert_eq!(delivered.count(Outcome::Duplicate), 10);
    let rows = delivered.seen.rows();
    let duplicates: Vec<u64> = rows
        .iter()
        .filter(|seen| seen.outcome == Outcome::Duplicate)
        .map(|seen| seen.row)
        .collect();
    assert_eq!(duplicates, (101..=110).collect::<Vec<_>>());
}
