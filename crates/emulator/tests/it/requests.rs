//! Requests that are refused before any lead is looked at.

use std::time::Duration;

use leadsquared_emulator::Emulator;
use reqwest::Method;

use crate::client::{PATH, call, http, leads, post, send, statuses};

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn an_unknown_path_gets_404_whatever_the_keys() {
    let emulator = Emulator::start().await.unwrap();
    for path in [
        "/",
        "/v2/LeadManagement.svc/Lead/Bulk",
        "/v2/leadmanagement.svc/lead/bulk/create",
    ] {
        let answer = send(http().post(format!("{}{path}?secretKey=s", emulator.url()))).await;
        assert_eq!(answer.status, 404, "{path}");
        let (exception, message) = answer.exception();
        assert_eq!(exception, "MXNotFoundException");
        assert!(message.contains("could not be found"), "{message}");
        assert_eq!(emulator.calls().last().unwrap().path, path);
    }
}

#[tokio::test]
async fn another_method_gets_405_whatever_the_keys() {
    let emulator = Emulator::start().await.unwrap();
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let request = http().request(method.clone(), format!("{}{PATH}", emulator.url()));
        let answer = send(request).await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("POST"));
        assert_eq!(answer.exception().0, "MXMethodNotAllowedException");
        assert_eq!(emulator.calls().last().unwrap().method, method.as_str());
    }
}

#[tokio::test]
async fn the_content_type_must_be_json() {
    let emulator = Emulator::start().await.unwrap();
    let cases = [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON ;charset=utf-8", 200),
        ("text/json", 400),
        ("application/x-www-form-urlencoded", 400),
        ("application/jsonp", 400),
        ("", 400),
    ];
    for (at, (content_type, status)) in cases.into_iter().enumerate() {
        let email = format!("{at}@example.com");
        let request = http()
            .post(format!("{}{PATH}", emulator.url()))
            .header("x-LSQ-AccessKey", emulator.access_key())
            .header("x-LSQ-SecretKey", emulator.secret_key())
            .header("content-type", content_type)
            .body(leads(&[&email]));
        let answer = send(request).await;
        assert_eq!(answer.status, status, "{content_type}");
        if status == 400 {
            assert!(
                answer.exception().1.contains("content type"),
                "{}",
                answer.text
            );
        }
    }
    assert_eq!(emulator.lead_count(), 3);
}

#[tokio::test]
async fn a_missing_content_type_and_an_encoded_body_get_400() {
    let emulator = Emulator::start().await.unwrap();
    let mut without = call(&emulator, leads(&["a@example.com"])).build().unwrap();
    without.headers_mut().remove("content-type");
    assert_eq!(http().execute(without).await.unwrap().status(), 400);

    let gzip = call(&emulator, leads(&["a@example.com"])).header("content-encoding", "gzip");
    let answer = send(gzip).await;
    assert_eq!(answer.status, 400);
    assert!(answer.exception().1.contains("encoded"), "{}", answer.text);

    let plain = call(&emulator, leads(&["a@example.com"])).header("content-encoding", "identity");
    assert_eq!(send(plain).await.status, 200);
}

#[tokio::test]
async fn a_malformed_body_gets_400_that_says_where_and_creates_nothing() {
    let emulator = Emulator::builder().no_rate_limit().start().await.unwrap();
    let good = r#"[{"Attribute":"EmailAddress","Value":"a@example.com"}]"#;
    let cases: [(String, &str); 6] = [
        (String::new(), "not JSON"),
        ("[]".to_owned(), "no leads"),
        (format!("[{good}"), "not JSON"),
        (format!("[{good}, {{}}]"), "Lead 2"),
        (
            format!(r#"[{good}, {good}, [{{"Attribute":"Phone","Value":5}}]]"#),
            "Lead 3: attribute 1: Value must be a string",
        ),
        (format!("[{}]", vec![good; 51].join(",")), "51 leads"),
    ];
    for (body, message) in cases {
        let answer = post(&emulator, body.clone()).await;
        assert_eq!(answer.status, 400, "{body}");
        let (exception, text) = answer.exception();
        assert_eq!(exception, "MXInvalidRequestException");
        assert!(text.contains(message), "{text} / {message}");
    }
    let answer = post(
        &emulator,
        &b"[[{\"Attribute\":\"EmailAddress\",\"Value\":\"\xff\"}]]"[..],
    )
    .await;
    assert_eq!(answer.status, 400);
    assert_eq!(emulator.lead_count(), 0);
    assert!(emulator.calls().iter().all(|call| call.leads.is_none()));
}

#[tokio::test]
async fn a_body_above_the_limit_gets_413() {
    let body = leads(&["a@example.com"]);
    let emulator = Emulator::builder()
        .body_limit(body.len())
        .start()
        .await
        .unwrap();
    assert_eq!(post(&emulator, body.clone()).await.status, 200);
    assert_eq!(post(&emulator, format!("{body} ")).await.status, 413);
    let answer = post(&emulator, vec![b' '; 8 << 20]).await;
    assert_eq!(answer.status, 413);
    assert!(
        answer
            .exception()
            .1
            .contains(&format!("{} bytes", body.len())),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn keys_come_before_the_limit_and_the_limit_before_the_body() {
    let emulator = Emulator::builder()
        .rate_limit(1, HOUR)
        .start()
        .await
        .unwrap();
    send(http().post(format!("{}{PATH}", emulator.url()))).await;
    send(http().post(emulator.url())).await;
    post(&emulator, "not json").await;
    post(&emulator, "not json").await;
    assert_eq!(
        statuses(&emulator),
        [Some(401), Some(404), Some(400), Some(429)]
    );
}

#[tokio::test]
async fn bodies_are_recorded_on_request() {
    let body = leads(&["a@example.com"]);
    let emulator = Emulator::start().await.unwrap();
    post(&emulator, body.clone()).await;
    assert_eq!(emulator.calls()[0].body, None);

    let emulator = Emulator::builder()
        .record_bodies(true)
        .start()
        .await
        .unwrap();
    post(&emulator, body.clone()).await;
    assert_eq!(emulator.calls()[0].body.as_deref(), Some(body.as_bytes()));
}
