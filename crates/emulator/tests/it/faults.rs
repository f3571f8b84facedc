//! Each fault, as a caller meets it, and whether the leads are there afterwards.

use std::io::ErrorKind;
use std::time::Duration;

use leadsquared_emulator::{Chaos, Emulator, Fault, ThrottleShape};
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, advance};

use crate::client::{
    Answer, call, call_with_wrong_keys, connect_and_send, leads, post, raw, statuses,
};

const EMAILS: [&str; 3] = ["a@example.com", "b@example.com", "c@example.com"];

/// Sends three leads to an emulator that plays this fault.
async fn meet(fault: Fault) -> (Emulator, Answer) {
    let emulator = Emulator::start().await.unwrap();
    emulator.script(fault);
    let answer = post(&emulator, leads(&EMAILS)).await;
    assert_eq!(emulator.faults_left(), 0);
    let call = &emulator.calls()[0];
    assert!(call.faulty);
    assert_eq!((call.status, call.leads), (Some(answer.status), Some(3)));
    assert_eq!(call.created, emulator.lead_count());
    (emulator, answer)
}

fn row_numbers(answer: &Answer) -> Vec<u64> {
    let Value::Array(rows) = answer.json() else {
        panic!("no rows: {}", answer.text);
    };
    rows.iter()
        .map(|row| row["RowNumber"].as_u64().expect("a number"))
        .collect()
}

#[tokio::test]
async fn a_status_from_a_gateway_is_html_and_stores_nothing() {
    for status in [500, 502, 503, 504, 403] {
        let (emulator, answer) = meet(Fault::status(status)).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("content-type"), Some("text/html"));
        assert!(answer.text.starts_with("<html>") && !answer.text.contains("MX"));
        assert_eq!(emulator.lead_count(), 0);
    }
}

#[tokio::test]
async fn a_status_of_the_api_has_the_envelope() {
    for status in [400, 401, 404, 405] {
        let (_, answer) = meet(Fault::status(status)).await;
        assert_eq!(answer.status, status);
        assert!(answer.exception().0.starts_with("MX"));
    }
}

#[tokio::test]
async fn a_number_that_is_no_final_status_is_500() {
    for status in [0, 100, 199, 600, u16::MAX] {
        let (_, answer) = meet(Fault::status(status)).await;
        assert_eq!(answer.status, 500);
    }
}

#[tokio::test]
async fn an_exception_is_in_an_envelope() {
    let (emulator, answer) = meet(Fault::exception(500, "MXXSSException", "no scripts")).await;
    assert_eq!(answer.status, 500);
    assert_eq!(
        answer.exception(),
        ("MXXSSException".to_owned(), "no scripts".to_owned())
    );
    assert_eq!(emulator.lead_count(), 0);
}

#[tokio::test]
async fn stored_and_unstored_turn_the_fault_round() {
    let (emulator, answer) = meet(Fault::status(502).stored()).await;
    assert_eq!((answer.status, emulator.lead_count()), (502, 3));
    let (emulator, answer) = meet(Fault::short_rows(1).unstored()).await;
    assert_eq!(row_numbers(&answer), [1, 2]);
    assert_eq!(emulator.lead_count(), 0);
}

#[tokio::test]
async fn what_would_not_be_stored_is_not_stored_by_a_fault() {
    let emulator = Emulator::start().await.unwrap();
    emulator.script(Fault::status(502).stored());
    post(&emulator, "[[], 5]").await;
    assert_eq!(
        (emulator.lead_count(), statuses(&emulator)),
        (0, vec![Some(502)])
    );
}

#[tokio::test]
async fn headers_are_added_and_impossible_ones_left_out() {
    let fault = Fault::status(503)
        .retry_after(Duration::from_millis(1001))
        .header("x-odd", "a\nb")
        .header("x odd", "a")
        .header("content-type", "text/x");
    let (_, answer) = meet(fault).await;
    assert_eq!(answer.header("retry-after"), Some("2"));
    assert_eq!(answer.header("content-type"), Some("text/x"));
    assert_eq!(answer.header("x-odd"), None);
}

#[tokio::test]
async fn a_redirect_names_another_place() {
    let (emulator, answer) = meet(Fault::redirect("http://elsewhere.example/")).await;
    assert_eq!(answer.status, 307);
    assert_eq!(answer.header("location"), Some("http://elsewhere.example/"));
    assert_eq!(emulator.lead_count(), 0);
}

#[tokio::test]
async fn a_scripted_throttle_comes_in_each_shape() {
    let shapes = [
        (ThrottleShape::Status429, 429),
        (ThrottleShape::Status403, 403),
        (ThrottleShape::Status200, 200),
    ];
    for (shape, status) in shapes {
        let (emulator, answer) = meet(Fault::throttle(shape)).await;
        assert_eq!(answer.status, status);
        assert_eq!(
            answer.exception().1,
            "API calls exceeded the limit of 25 in 5 second(s)"
        );
        assert!(emulator.calls()[0].throttled);
        assert_eq!(emulator.lead_count(), 0);

        let window = Duration::from_millis(1500);
        let (_, answer) = meet(Fault::throttle_naming(shape, 3, window)).await;
        assert_eq!(answer.status, status);
        assert_eq!(
            answer.exception().1,
            "API calls exceeded the limit of 3 in 1.5 second(s)"
        );
    }
}

#[tokio::test]
async fn html_and_garbage_are_200_after_storing() {
    let (emulator, answer) = meet(Fault::html()).await;
    assert_eq!((answer.status, emulator.lead_count()), (200, 3));
    assert_eq!(answer.header("content-type"), Some("text/html"));

    let (emulator, answer) = meet(Fault::garbage()).await;
    assert_eq!((answer.status, emulator.lead_count()), (200, 3));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(serde_json::from_str::<Value>(&answer.text).is_err());
}

#[tokio::test]
async fn an_answer_of_ones_own() {
    let (emulator, answer) = meet(Fault::answer(202, "text/plain", "later")).await;
    assert_eq!((answer.status, answer.text.as_str()), (202, "later"));
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    assert_eq!(emulator.lead_count(), 0);
}

#[tokio::test]
async fn rows_go_missing_or_come_in_another_order_or_too_often() {
    let cases: [(Fault, &[u64]); 6] = [
        (Fault::short_rows(1), &[1, 2]),
        (Fault::short_rows(9), &[]),
        (Fault::reordered_rows(), &[3, 2, 1]),
        (Fault::repeated_row(), &[1, 2, 2]),
        (Fault::extra_row(), &[1, 2, 3, 4]),
        (Fault::rows_without_id(), &[1, 2, 3]),
    ];
    for (fault, numbers) in cases {
        let (emulator, answer) = meet(fault.clone()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(row_numbers(&answer), numbers, "{fault:?}");
        assert_eq!(emulator.lead_count(), 3);
    }
}

#[tokio::test]
async fn a_single_row_comes_twice() {
    let emulator = Emulator::start().await.unwrap();
    emulator.script(Fault::repeated_row());
    let answer = post(&emulator, leads(&EMAILS[..1])).await;
    assert_eq!(row_numbers(&answer), [1, 1]);
}

#[tokio::test]
async fn rows_can_be_created_without_an_id() {
    let (_, answer) = meet(Fault::rows_without_id()).await;
    assert_eq!(
        answer.text,
        r#"[{"RowNumber":1,"LeadCreated":true},{"RowNumber":2,"LeadCreated":true},{"RowNumber":3,"LeadCreated":true}]"#,
    );
}

#[tokio::test]
async fn an_extra_row_has_an_id_that_nothing_has() {
    let (emulator, answer) = meet(Fault::extra_row()).await;
    let extra = answer.json()[3]["LeadId"].as_str().map(str::to_owned);
    assert!(extra.is_some_and(|id| emulator.leads().iter().all(|lead| lead.id != id)));
}

#[tokio::test]
async fn keys_can_be_repeated() {
    let (emulator, answer) = meet(Fault::repeated_keys()).await;
    assert_eq!(
        answer
            .text
            .matches(r#""LeadCreated":false,"LeadCreated":true"#)
            .count(),
        3
    );
    assert_eq!(emulator.lead_count(), 3);
}

#[tokio::test]
async fn an_answer_can_be_as_large_as_asked() {
    for bytes in [0, 1000, 64 * 1024 + 1, 3 << 20] {
        let (emulator, answer) = meet(Fault::oversized(bytes)).await;
        assert_eq!(answer.text.len(), bytes.max(answer.text.trim_end().len()));
        assert_eq!(row_numbers(&answer), [1, 2, 3]);
        assert_eq!(emulator.lead_count(), 3);
    }
}

/// The answer to a call of one lead, the first.
fn one_row(emulator: &Emulator) -> String {
    let id = &emulator.leads()[0].id;
    format!(r#"[{{"RowNumber":1,"LeadId":"{id}","LeadCreated":true}}]"#)
}

#[tokio::test]
async fn a_truncated_answer_is_half_of_what_was_promised() {
    let emulator = Emulator::start().await.unwrap();
    emulator.script(Fault::truncated());
    let answer = raw(&emulator).await.expect("an orderly end");
    let (head, body) = answer.split_once("\r\n\r\n").expect("headers");
    let whole = one_row(&emulator);
    assert!(head.starts_with("HTTP/1.1 200"));
    let promised = format!("content-length: {}", whole.len());
    assert!(
        head.lines()
            .any(|line| line.eq_ignore_ascii_case(&promised)),
        "{head}"
    );
    assert_eq!(body, &whole[..whole.len() / 2]);

    emulator.script(Fault::truncated());
    let response = call(&emulator, leads(&EMAILS)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.text().await.is_err());
}

#[tokio::test]
async fn a_stalled_answer_stops_in_the_middle_and_the_connection_stays() {
    let emulator = Emulator::start().await.unwrap();
    emulator.script(Fault::stalled());
    let mut connection = connect_and_send(&emulator).await;
    let mut seen = Vec::new();
    emulator.wait_for_calls(1).await;
    let whole = one_row(&emulator);
    let half = &whole[..whole.len() / 2];
    while !String::from_utf8_lossy(&seen).ends_with(&format!("\r\n\r\n{half}")) {
        assert_ne!(connection.read_buf(&mut seen).await.unwrap(), 0);
    }
    tokio::time::pause();
    let rest = tokio::time::timeout(Duration::from_hours(24), connection.read_buf(&mut seen));
    assert!(rest.await.is_err(), "neither a byte nor an end");
    assert_eq!(emulator.lead_count(), 1);
}

#[tokio::test]
async fn a_reset_is_a_reset_and_a_close_a_close() {
    let emulator = Emulator::start().await.unwrap();
    emulator.script_all([Fault::reset(), Fault::close()]);
    assert_eq!(
        raw(&emulator).await.unwrap_err().kind(),
        ErrorKind::ConnectionReset
    );
    assert_eq!(raw(&emulator).await.unwrap(), "");
    assert_eq!(emulator.lead_count(), 0);
    assert_eq!(statuses(&emulator), [None, None]);

    emulator.script(Fault::reset().stored());
    assert_eq!(
        raw(&emulator).await.unwrap_err().kind(),
        ErrorKind::ConnectionReset
    );
    assert_eq!(emulator.lead_count(), 1);

    emulator.script(Fault::close().stored());
    assert!(call(&emulator, leads(&EMAILS)).send().await.is_err());
    assert_eq!(emulator.lead_count(), 4);
}

#[tokio::test]
async fn a_reset_leaves_other_connections_alone() {
    let emulator = Emulator::start().await.unwrap();
    emulator.script_all([Fault::delay(Duration::from_mins(1)), Fault::reset()]);
    let slow = tokio::spawn(call(&emulator, leads(&EMAILS)).send());
    emulator.wait_for_calls(1).await;
    assert!(raw(&emulator).await.is_err());
    tokio::time::pause();
    advance(Duration::from_mins(1)).await;
    assert_eq!(slow.await.unwrap().unwrap().status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_before_the_answer_and_after_storing() {
    const DAY: Duration = Duration::from_hours(24);
    let emulator = Emulator::start().await.unwrap();
    emulator.script_all([Fault::delay(DAY), Fault::status(503).after(DAY).after(DAY)]);
    let start = Instant::now();
    let late = tokio::spawn(call(&emulator, leads(&EMAILS)).send());
    emulator.wait_for_calls(1).await;
    assert_eq!(
        (emulator.lead_count(), start.elapsed()),
        (3, Duration::ZERO)
    );
    assert_eq!(late.await.unwrap().unwrap().status(), 200);
    assert_eq!(start.elapsed(), DAY);

    assert_eq!(post(&emulator, leads(&EMAILS)).await.status, 503);
    assert_eq!(start.elapsed(), 3 * DAY);
}

#[tokio::test]
async fn a_hang_stores_and_never_answers() {
    let emulator = Emulator::start().await.unwrap();
    emulator.script(Fault::hang());
    let mut connection = connect_and_send(&emulator).await;
    emulator.wait_for_calls(1).await;
    tokio::time::pause();
    let year = Duration::from_hours(365 * 24);
    let answer = tokio::time::timeout(year, connection.read_u8()).await;
    assert!(answer.is_err(), "neither a byte nor an end");
    assert_eq!(
        (emulator.lead_count(), statuses(&emulator)),
        (1, vec![None])
    );
}

#[tokio::test]
async fn a_script_is_played_in_order_and_then_over() {
    let emulator = Emulator::start().await.unwrap();
    emulator.script_all([Fault::status(502), Fault::status(504)]);
    emulator.script(Fault::status(503));
    for _ in 0..4 {
        post(&emulator, leads(&EMAILS)).await;
    }
    assert_eq!(
        statuses(&emulator),
        [Some(502), Some(504), Some(503), Some(200)]
    );
    let faulty: Vec<_> = emulator.calls().iter().map(|call| call.faulty).collect();
    assert_eq!(faulty, [true, true, true, false]);
}

#[tokio::test]
async fn chaos_comes_after_the_script_and_can_be_ended() {
    let always = |status| Chaos {
        seed: 1,
        rules: vec![(1.0, Fault::status(status))],
    };
    let emulator = Emulator::builder()
        .chaos(always(503))
        .start()
        .await
        .unwrap();
    emulator.script(Fault::status(502));
    post(&emulator, leads(&EMAILS)).await;
    post(&emulator, leads(&EMAILS)).await;
    emulator.chaos(always(504));
    post(&emulator, leads(&EMAILS)).await;
    emulator.chaos(Chaos::default());
    post(&emulator, leads(&EMAILS)).await;
    assert_eq!(
        statuses(&emulator),
        [Some(502), Some(503), Some(504), Some(200)]
    );
}

#[tokio::test]
async fn wrong_keys_take_nothing_from_the_script() {
    let emulator = Emulator::start().await.unwrap();
    emulator.script(Fault::status(503));
    assert_eq!(call_with_wrong_keys(&emulator).await.status, 401);
    assert_eq!(emulator.faults_left(), 1);
}
