//! The answer to a call: the usual one, or what a fault makes of it.

use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream, StreamExt};
use uuid::Uuid;

use crate::envelope::Refusal;
use crate::fault::{AfterHalf, Fault, Reply, RowFault};
use crate::field::LeadField;
use crate::limit::Quota;
use crate::store::Row;
use crate::throttle::throttled;

/// What was asked for, or a refusal of the whole call.
pub(crate) type Outcome = Result<Content, Refusal>;

/// What is in a 200.
pub(crate) enum Content {
    /// Leads that were sent, row by row.
    Rows(Vec<Row>),
    /// The account's fields.
    Fields(Vec<LeadField>),
}

/// The answer when nothing goes wrong.
pub(crate) fn usual(outcome: Outcome) -> Response {
    match outcome {
        Ok(Content::Rows(rows)) => Json(rows).into_response(),
        Ok(Content::Fields(fields)) => Json(fields).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// The answer when `fault` happens. `quota` is what a throttle names.
pub(crate) async fn faulty(fault: Fault, outcome: Outcome, quota: Quota) -> Response {
    let mut response = match fault.reply {
        Reply::Usual => usual(outcome),
        Reply::Status(status) => page_for(final_status(status)),
        Reply::Exception {
            status,
            exception,
            message,
        } => Refusal::new(final_status(status), exception, message).into_response(),
        Reply::Page {
            status,
            content_type,
            body,
        } => page(final_status(status), &content_type, body),
        Reply::Throttle { shape, naming } => {
            let (calls, window) = naming.unwrap_or((quota.calls, quota.window));
            throttled(shape, calls, window, None)
        }
        Reply::Cut(cut) => {
            // The mark is for the front, which holds the connection; this answer is never sent.
            let mut response = StatusCode::OK.into_response();
            response.extensions_mut().insert(cut);
            response
        }
        Reply::Rows(fault) => usual(outcome.map(|content| match content {
            Content::Rows(rows) => Content::Rows(distort(rows, fault)),
            Content::Fields(fields) => Content::Fields(fields),
        })),
        Reply::Half { then } => half(usual(outcome), then).await,
        Reply::Oversized(bytes) => oversized(usual(outcome), bytes).await,
        Reply::RepeatedKeys => repeated_keys(usual(outcome)).await,
    };
    for (name, value) in &fault.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn final_status(status: u16) -> StatusCode {
    match status {
        200..600 => StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn page_for(status: StatusCode) -> Response {
    match status {
        StatusCode::BAD_REQUEST => Refusal::bad_request("Bad request").into_response(),
        StatusCode::UNAUTHORIZED => Refusal::unauthorized().into_response(),
        StatusCode::NOT_FOUND => Refusal::not_found().into_response(),
        StatusCode::METHOD_NOT_ALLOWED => Refusal::method_not_allowed().into_response(),
        _ => page(
            status,
            "text/html",
            format!("<html><body><h1>{status}</h1></body></html>"),
        ),
    }
}

fn page(status: StatusCode, content_type: &str, body: String) -> Response {
    let mut response = (status, body).into_response();
    if let Ok(value) = HeaderValue::try_from(content_type) {
        response.headers_mut().insert(CONTENT_TYPE, value);
    }
    response
}

fn distort(mut rows: Vec<Row>, fault: RowFault) -> Vec<Row> {
    match fault {
        RowFault::Short(missing) => rows.truncate(rows.len().saturating_sub(missing)),
        RowFault::Reordered => rows.reverse(),
        RowFault::Repeated => match rows.as_mut_slice() {
            [.., before, last] => last.number = before.number,
            _ => rows.extend_from_within(..),
        },
        RowFault::Extra => rows.push(Row::created(rows.len() + 1, Uuid::new_v4().to_string())),
        RowFault::WithoutId => {
            for row in &mut rows {
                row.lead_id = None;
            }
        }
    }
    rows
}

/// The same answer with its body replaced, `Content-Length` set by hand.
async fn rewritten<S, F>(response: Response, rewrite: F) -> Response
where
    F: FnOnce(Bytes) -> (usize, S),
    S: Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
{
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let (length, body) = rewrite(body);
    parts
        .headers
        .insert(CONTENT_LENGTH, HeaderValue::from(length));
    Response::from_parts(parts, Body::from_stream(body))
}

async fn half(response: Response, then: AfterHalf) -> Response {
    rewritten(response, |body| {
        let first = body.slice(..body.len() / 2);
        let rest = stream::once(async move {
            match then {
                // The first half is on its way before the error ends the connection.
                AfterHalf::Close => tokio::task::yield_now().await,
                AfterHalf::Silence => std::future::pending().await,
            }
            Err(std::io::Error::other("the answer ends here, as scripted"))
        });
        (body.len(), stream::iter([Ok(first)]).chain(rest))
    })
    .await
}

async fn oversized(response: Response, bytes: usize) -> Response {
    const BLANKS: Bytes = Bytes::from_static(&[b' '; 64 * 1024]);
    rewritten(response, |body| {
        let length = body.len().max(bytes);
        let blanks = length - body.len();
        let whole = std::iter::repeat_n(BLANKS, blanks / BLANKS.len());
        let rest = BLANKS.slice(..blanks % BLANKS.len());
        let chunks = std::iter::once(body).chain(whole).chain([rest]);
        (length, stream::iter(chunks.map(Ok)))
    })
    .await
}

async fn repeated_keys(response: Response) -> Response {
    rewritten(response, |body| {
        let text = String::from_utf8_lossy(&body);
        let text = text.replace("\"LeadCreated\":", "\"LeadCreated\":false,\"LeadCreated\":");
        (text.len(), stream::iter([Ok(Bytes::from(text))]))
    })
    .await
}
