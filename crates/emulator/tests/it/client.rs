//! A client for the tests: plain reqwest, no retries, no redirects.

use std::sync::LazyLock;

use leadsquared_emulator::Emulator;
use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const PATH: &str = "/v2/LeadManagement.svc/Lead/Bulk/Create";

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> reqwest::Result<Self> {
        Ok(Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await?,
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect(&self.text)
    }

    /// The type and the message of an error envelope, which must have nothing else in it.
    pub(crate) fn exception(&self) -> (String, String) {
        let json = self.json();
        let text = |key: &str| json[key].as_str().expect(key).to_owned();
        assert_eq!(text("Status"), "Error");
        assert_eq!(json.as_object().expect("an envelope").len(), 3);
        (text("ExceptionType"), text("ExceptionMessage"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        Some(self.headers.get(name)?.to_str().expect("text"))
    }
}

/// One client for all tests, as to make one takes long.
pub(crate) fn http() -> &'static reqwest::Client {
    static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            // No idle connections: they belong to one test's runtime, and their timers would move
            // a paused clock.
            .pool_max_idle_per_host(0)
            .build()
            .expect("a client")
    });
    &CLIENT
}

/// A call with the right keys in the headers, ready to be sent.
pub(crate) fn call(emulator: &Emulator, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
    http()
        .post(format!("{}{PATH}", emulator.url()))
        .header("x-LSQ-AccessKey", emulator.access_key())
        .header("x-LSQ-SecretKey", emulator.secret_key())
        .header("content-type", "application/json")
        .body(body)
}

/// A call with wrong keys.
pub(crate) async fn call_with_wrong_keys(emulator: &Emulator) -> Answer {
    let url = format!("{}{PATH}?accessKey=wrong&secretKey=wrong", emulator.url());
    send(http().post(url).body("[]")).await
}

pub(crate) async fn send(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    Answer::read(response).await.expect("a whole answer")
}

pub(crate) async fn post(emulator: &Emulator, body: impl Into<reqwest::Body>) -> Answer {
    send(call(emulator, body)).await
}

/// A body of one lead for each e-mail address.
pub(crate) fn leads(emails: &[&str]) -> String {
    let lead = |email| serde_json::json!([{"Attribute": "EmailAddress", "Value": email}]);
    Value::Array(emails.iter().map(lead).collect()).to_string()
}

/// The statuses of all calls so far.
pub(crate) fn statuses(emulator: &Emulator) -> Vec<Option<u16>> {
    let calls = emulator.calls();
    calls.into_iter().map(|call| call.status).collect()
}

/// Sends a call of one lead over a bare connection; what came back until the connection ended.
pub(crate) async fn raw(emulator: &Emulator) -> std::io::Result<String> {
    let mut connection = connect_and_send(emulator).await;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await?;
    Ok(String::from_utf8(answer).expect("text"))
}

/// The connection on which a call of one lead was just sent.
pub(crate) async fn connect_and_send(emulator: &Emulator) -> TcpStream {
    let body = leads(&["king@example.com"]);
    let request = format!(
        "POST {PATH}?accessKey={}&secretKey={} HTTP/1.1\r\nHost: {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        emulator.access_key(),
        emulator.secret_key(),
        emulator.addr(),
        body.len(),
    );
    let mut connection = TcpStream::connect(emulator.addr()).await.expect("a port");
    connection
        .write_all(request.as_bytes())
        .await
        .expect("sent");
    connection
}
