//! Requests to stores, by the HTTP client that the rest of the workspace has.

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use http_body_util::BodyExt as _;
use object_store::client::{
    ClientConfigKey, ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind,
    HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};
use reqwest::{Body, Client, Request, Response, Url, redirect, retry};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a server may send nothing.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How much is read of an answer that says no: a store's code and message come first, and the store's
/// client keeps all that there is.
const LONGEST_NO: usize = 64 * 1024;

/// Makes clients that follow no redirect, since one would carry a signed address elsewhere.
///
/// Plain http only where the store's options allow it, and no proxy to this machine itself.
#[derive(Debug, Default)]
pub(super) struct Connector {
    pub(super) is_local: bool,
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let allows_http = options.get_config_value(&ClientConfigKey::AllowHttp);
        let mut client = Client::builder()
            .user_agent(concat!("leadsquared/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(retry::never())
            .https_only(allows_http.is_none_or(|allows| allows != "true"))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT);
        if self.is_local {
            client = client.no_proxy();
        }
        let client = client
            .build()
            .map_err(|error| object_store::Error::Generic {
                store: "HTTP",
                source: Box::new(error.without_url()),
            })?;
        Ok(HttpClient::new(Service(client)))
    }
}

#[derive(Debug)]
struct Service(Client);

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let url: Url = parts
            .uri
            .to_string()
            .parse()
            .map_err(|error| HttpError::new(HttpErrorKind::Unknown, io::Error::other(error)))?;
        let mut request = Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        if !body.is_empty() {
            *request.body_mut() = Some(Body::wrap(body));
        }
        let mut response = self.0.execute(request).await.map_err(told)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = if status.is_success() {
            HttpResponseBody::new(Body::from(response).map_err(told))
        } else {
            start(&mut response).await?.into()
        };
        let mut response = HttpResponse::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

/// The first bytes of a body; the connection is closed if there are more.
async fn start(response: &mut Response) -> Result<Vec<u8>, HttpError> {
    let mut start = Vec::new();
    while start.len() < LONGEST_NO
        && let Some(piece) = response.chunk().await.map_err(told)?
    {
        let room = LONGEST_NO - start.len();
        start.extend_from_slice(&piece[..piece.len().min(room)]);
    }
    Ok(start)
}

/// What an error of the client is for a store, which decides by it what to try again.
fn told(error: reqwest::Error) -> HttpError {
    let kind = if error.is_timeout() {
        HttpErrorKind::Timeout
    } else if error.is_connect() {
        HttpErrorKind::Connect
    } else if error.is_decode() {
        HttpErrorKind::Decode
    } else if error.is_builder() {
        HttpErrorKind::Unknown
    } else {
        // It broke on the way; whatever is asked for here can be asked for twice.
        HttpErrorKind::Interrupted
    };
    // The address may be a signed one.
    HttpError::new(kind, error.without_url())
}
