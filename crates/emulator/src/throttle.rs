//! What a call above the limit is told.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use axum::response::{IntoResponse, Response};

use crate::envelope::Refusal;
use crate::names::named;

/// The status under which a throttled call is told so. The body is the same in each: an error
/// envelope that names `MXAPIRateLimitExceededException` and the account's limit.
///
/// The contract says 429, the default; public clients have met the other two as well.
///
/// ```
/// use leadsquared_emulator::ThrottleShape;
///
/// assert_eq!("403".parse::<ThrottleShape>()?, ThrottleShape::Status403);
/// # Ok::<(), leadsquared_emulator::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ThrottleShape {
    /// 429 Too Many Requests, as the contract has it.
    #[default]
    Status429,
    /// 403 Forbidden: easily taken for wrong keys.
    Status403,
    /// 200 OK: easily taken for success.
    Status200,
}

named!(ThrottleShape, "throttle shape", {
    Status429 => "429",
    Status403 => "403",
    Status200 => "200",
});

impl ThrottleShape {
    fn status(self) -> StatusCode {
        match self {
            Self::Status429 => StatusCode::TOO_MANY_REQUESTS,
            Self::Status403 => StatusCode::FORBIDDEN,
            Self::Status200 => StatusCode::OK,
        }
    }
}

/// Marks an answer as a throttle, for the record of calls.
#[derive(Clone, Copy)]
pub(crate) struct Throttled;

/// The answer to a throttled call, naming a limit of `calls` in `window`.
pub(crate) fn throttled(
    shape: ThrottleShape,
    calls: u32,
    window: Duration,
    retry_after: Option<Duration>,
) -> Response {
    let mut response = Refusal::new(
        shape.status(),
        "MXAPIRateLimitExceededException",
        format!(
            "API calls exceeded the limit of {calls} in {} second(s)",
            window.as_secs_f64(),
        ),
    )
    .into_response();
    if let Some(wait) = retry_after {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response.extensions_mut().insert(Throttled);
    response
}
