//! A client for the tests: plain reqwest, no retries, no redirects.

use leadsquared_emulator::Emulator;
use reqwest::header::HeaderMap;
use serde_json::Value;

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

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        Some(self.headers.get(name)?.to_str().expect("text"))
    }
}

pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client")
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

pub(crate) async fn send(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    Answer::read(response).await.expect("a whole answer")
}

pub(crate) async fn post(emulator: &Emulator, body: impl Into<reqwest::Body>) -> Answer {
    send(call(emulator, body)).await
}
