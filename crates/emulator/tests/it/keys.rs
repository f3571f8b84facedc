//! Who may call.

use leadsquared_emulator::{Emulator, KeyPlace};

use crate::client::{Answer, PATH, http, leads, send};

const ACCESS: &str = "u$r & +%41";
const SECRET: &str = "s3cr€t=?#";

async fn emulator() -> Emulator {
    Emulator::builder()
        .keys(ACCESS, SECRET)
        .start()
        .await
        .unwrap()
}

/// A call with this query and these headers, sent to `emulator`.
async fn post(emulator: &Emulator, query: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = http()
        .post(format!("{}{PATH}{query}", emulator.url()))
        .header("content-type", "application/json")
        .body(leads(&["king@example.com"]));
    for (name, value) in headers {
        request = request.header(*name, value.as_bytes());
    }
    send(request).await
}

/// The right keys, percent-encoded.
const QUERY: &str = "?accessKey=u%24r%20%26%20%2B%2541&secretKey=s3cr%E2%82%ACt%3D%3F%23";
const HEADERS: [(&str, &str); 2] = [("x-LSQ-AccessKey", ACCESS), ("x-LSQ-SecretKey", SECRET)];

#[tokio::test]
async fn keys_in_the_query_are_percent_decoded() {
    let emulator = emulator().await;
    assert_eq!(post(&emulator, QUERY, &[]).await.status, 200);
    assert_eq!(emulator.calls()[0].keys, KeyPlace::Query);
}

#[tokio::test]
async fn keys_in_the_headers_are_taken() {
    let emulator = emulator().await;
    assert_eq!(post(&emulator, "", &HEADERS).await.status, 200);
    assert_eq!(emulator.calls()[0].keys, KeyPlace::Headers);
}

#[tokio::test]
async fn the_query_wins() {
    let emulator = emulator().await;
    let wrong = [("x-LSQ-AccessKey", "x"), ("x-LSQ-SecretKey", "y")];
    assert_eq!(post(&emulator, QUERY, &wrong).await.status, 200);
    assert_eq!(
        post(&emulator, "?accessKey=x&secretKey=y", &HEADERS)
            .await
            .status,
        401
    );
    assert_eq!(emulator.calls()[1].keys, KeyPlace::Query);
}

type Headers = &'static [(&'static str, &'static str)];

#[tokio::test]
async fn wrong_and_missing_keys_get_401() {
    let emulator = emulator().await;
    let half_query = "?accessKey=u%24r%20%26%20%2B%2541";
    let cases: [(&str, Headers, KeyPlace); 8] = [
        ("", &[], KeyPlace::Missing),
        (half_query, &[], KeyPlace::Missing),
        ("", &HEADERS[..1], KeyPlace::Missing),
        ("", &HEADERS[1..], KeyPlace::Missing),
        (half_query, &HEADERS[1..], KeyPlace::Missing),
        ("?accesskey=u&secretkey=s", &[], KeyPlace::Missing),
        (
            "",
            &[HEADERS[0], ("x-LSQ-SecretKey", "x")],
            KeyPlace::Headers,
        ),
        (
            "",
            &[("x-LSQ-AccessKey", "x"), HEADERS[1]],
            KeyPlace::Headers,
        ),
    ];
    for (query, headers, place) in cases {
        let answer = post(&emulator, query, headers).await;
        assert_eq!(answer.status, 401, "{query} {headers:?}");
        assert_eq!(answer.exception().0, "MXInvalidCredentialsException");
        assert_eq!(
            emulator.calls().last().unwrap().keys,
            place,
            "{query} {headers:?}"
        );
    }
    assert_eq!(emulator.lead_count(), 0);
}

#[tokio::test]
async fn no_debug_output_shows_a_key() {
    let builder = Emulator::builder().keys("the-access-key", "the-secret-key");
    let built = format!("{builder:?}");
    let emulator = builder.start().await.unwrap();
    let query = "?accessKey=the-access-key&secretKey=the-secret-key";
    assert_eq!(post(&emulator, query, &[]).await.status, 200);
    let seen = format!(
        "{built} {emulator:?} {:?} {:?}",
        emulator.calls(),
        emulator.leads()
    );
    assert!(seen.contains(PATH), "the call is there: {seen}");
    assert!(
        !seen.contains("the-secret-key") && !seen.contains("the-access-key"),
        "{seen}"
    );
}
