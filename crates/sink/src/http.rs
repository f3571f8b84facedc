//! Calls over HTTP.

use std::error::Error as _;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, redirect, retry};
use secrecy::{ExposeSecret, SecretString};

use crate::transport::{Answer, Transport, TransportError};
use crate::{Auth, ConfigError, Credentials, Endpoint};

/// The most that is read of an answer; an honest one of 50 rows has about 10 KiB.
const ANSWER_CAP: usize = 4 * 1024 * 1024;
/// The same for the account's fields, whose lists of options can be long.
const FIELDS_CAP: usize = 32 * 1024 * 1024;
/// How long the list of the account's fields may take: it is no use to anyone who waits longer.
pub(crate) const FIELDS_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may take, within the time that a call may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The real [`Transport`]: reqwest with rustls.
///
/// Follows no redirect, since one would carry the keys elsewhere. Uses the proxies that the
/// environment names, but none to this machine itself. Retries nothing by itself.
pub struct HttpTransport {
    client: Client,
    /// Both with the keys, if they travel by query: never shown.
    url: Url,
    fields_url: Url,
    host: String,
    timeout: Duration,
    redaction: Redaction,
}

impl HttpTransport {
    /// A transport to `endpoint`, whose calls take no longer than `timeout`.
    ///
    /// # Errors
    /// [`ConfigError`] if a key can't travel in a header, or TLS can't be set up.
    pub fn new(
        endpoint: &Endpoint,
        credentials: &Credentials,
        auth: Auth,
        timeout: Duration,
    ) -> Result<Self, ConfigError> {
        let (mut url, mut fields_url) = (endpoint.bulk_create(), endpoint.fields());
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        match auth {
            Auth::Query => {
                for url in [&mut url, &mut fields_url] {
                    url.query_pairs_mut()
                        .append_pair("accessKey", credentials.access_key())
                        .append_pair("secretKey", credentials.secret_key());
                }
            }
            Auth::Header => {
                headers.insert("x-lsq-accesskey", secret_header(credentials.access_key())?);
                headers.insert("x-lsq-secretkey", secret_header(credentials.secret_key())?);
            }
        }
        let mut client = Client::builder()
            .user_agent(concat!("leadsquared/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(retry::never())
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .timeout(timeout);
        if endpoint.is_loopback() {
            client = client.no_proxy();
        }
        Ok(Self {
            client: client.build().map_err(|error| ConfigError::Client {
                cause: causes(&error),
            })?,
            url,
            fields_url,
            host: endpoint.host().to_owned(),
            timeout,
            redaction: Redaction::new(credentials),
        })
    }

    /// Asks for the account's fields, once.
    pub(crate) async fn get_fields(&self) -> Result<Answer, TransportError> {
        let timeout = self.fields_timeout();
        let request = self.client.get(self.fields_url.clone()).timeout(timeout);
        self.answer(request, timeout, FIELDS_CAP).await
    }

    /// How long the call for the account's fields may take.
    pub(crate) fn fields_timeout(&self) -> Duration {
        self.timeout.min(FIELDS_TIMEOUT)
    }

    async fn answer(
        &self,
        request: RequestBuilder,
        timeout: Duration,
        cap: usize,
    ) -> Result<Answer, TransportError> {
        let response = request.send().await;
        let response = response.map_err(|error| self.error(error, timeout))?;
        Ok(Answer {
            status: response.status().as_u16(),
            retry_after: retry_after(response.headers()),
            body: self.read(response, timeout, cap).await?,
        })
    }

    /// What an error of the client means for the call.
    fn error(&self, error: reqwest::Error, timeout: Duration) -> TransportError {
        // The address has the keys in it: no message may show it.
        let error = error.without_url();
        let host = self.host.clone();
        if error.is_connect() {
            TransportError::Connect {
                host,
                cause: causes(&error),
            }
        } else if error.is_timeout() {
            TransportError::Timeout { host, timeout }
        } else {
            TransportError::Broken {
                host,
                cause: causes(&error),
            }
        }
    }

    async fn read(
        &self,
        mut response: Response,
        timeout: Duration,
        cap: usize,
    ) -> Result<Bytes, TransportError> {
        let status = response.status();
        let mut body = BytesMut::new();
        let error = |error| self.error(error, timeout);
        while let Some(chunk) = response.chunk().await.map_err(error)? {
            if body.len() + chunk.len() > cap {
                return Err(TransportError::AnswerTooLarge {
                    host: self.host.clone(),
                    cap,
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(self.redaction.apply(status, body.freeze()))
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn post(&self, body: Bytes) -> Result<Answer, TransportError> {
        let request = self.client.post(self.url.clone()).body(body);
        self.answer(request, self.timeout, ANSWER_CAP).await
    }
}

fn secret_header(key: &str) -> Result<HeaderValue, ConfigError> {
    let mut value = HeaderValue::from_str(key).map_err(|_| ConfigError::KeyNotAHeader)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Retry-After: seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

/// An error with what is behind it, which reqwest leaves to `source`.
fn causes(error: &reqwest::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_words = cause.to_string();
        if !words.contains(&cause_words) {
            words.push_str(": ");
            words.push_str(&cause_words);
        }
        source = cause.source();
    }
    words
}

/// Takes the keys out of what a server says, in case it repeats the address it was called by.
struct Redaction {
    /// Each key, as it is and as the query spells it.
    keys: [SecretString; 4],
}

impl Redaction {
    const MASK: &str = "[key]";
    /// A shorter key is not looked for: it would be found by chance, in a lead's id for one.
    const SHORTEST_IN_ROWS: usize = 8;
    const SHORTEST_IN_ERRORS: usize = 3;

    fn new(credentials: &Credentials) -> Self {
        let (access, secret) = (credentials.access_key(), credentials.secret_key());
        let keys = [
            secret.to_owned(),
            in_query(secret),
            access.to_owned(),
            in_query(access),
        ];
        Self {
            keys: keys.map(SecretString::from),
        }
    }

    fn apply(&self, status: StatusCode, body: Bytes) -> Bytes {
        let shortest = if status == StatusCode::OK {
            Self::SHORTEST_IN_ROWS
        } else {
            Self::SHORTEST_IN_ERRORS
        };
        let text = String::from_utf8_lossy(&body);
        let mut found = self
            .keys
            .iter()
            .map(ExposeSecret::expose_secret)
            .filter(|key| key.len() >= shortest && text.contains(key))
            .peekable();
        if found.peek().is_none() {
            return body;
        }
        found
            .fold(text.to_string(), |text, key| text.replace(key, Self::MASK))
            .into()
    }
}

/// A key as a query spells it.
fn in_query(key: &str) -> String {
    let spelled = Url::parse_with_params("http://localhost/", [("", key)]).ok();
    let spelled = spelled
        .as_ref()
        .and_then(Url::query)
        .and_then(|query| query.strip_prefix('='));
    spelled.unwrap_or(key).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_a_server_repeats_are_masked() {
        let redaction = Redaction::new(&Credentials::new("acc$ess", "s3+cret"));
        let said =
            "no access for accessKey=acc%24ess&secretKey=s3%2Bcret, that is acc$ess, s3+cret";
        let shown = redaction.apply(
            StatusCode::UNAUTHORIZED,
            Bytes::from_static(said.as_bytes()),
        );
        assert_eq!(
            shown,
            "no access for accessKey=[key]&secretKey=[key], that is [key], [key]"
        );
        let rows = Bytes::from_static(b"[{\"LeadId\":\"acc$ess\"}]");
        assert_eq!(redaction.apply(StatusCode::OK, rows.clone()), rows);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let parse = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(parse("7"), Some(Duration::from_secs(7)));
        assert_eq!(parse("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(parse("soon"), None);
    }
}
