//! The envelope of an error: `{"Status":"Error","ExceptionType":"…","ExceptionMessage":"…"}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A call that is refused whole.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) exception: String,
    pub(crate) message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    status: &'static str,
    exception_type: String,
    exception_message: String,
}

impl Refusal {
    pub(crate) fn new(
        status: StatusCode,
        exception: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            exception: exception.into(),
            message: message.into(),
        }
    }

    /// A body that is not as the contract has it.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "MXInvalidRequestException",
            message,
        )
    }

    /// A body that is well formed and that business rules refuse: a 500 with an MX exception.
    pub(crate) fn exception(exception: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, exception, message)
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "MXInvalidCredentialsException",
            "The API call was made with invalid access credentials. Check your AccessKey and \
             SecretKey.",
        )
    }

    pub(crate) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "MXNotFoundException",
            "The API could not be found. Please check the API signature.",
        )
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MXMethodNotAllowedException",
            "The API does not take this method. Please check the API signature.",
        )
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "MXRequestTooLargeException",
            format!("The body is larger than {limit} bytes."),
        )
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let envelope = Envelope {
            status: "Error",
            exception_type: self.exception,
            exception_message: self.message,
        };
        (self.status, Json(envelope)).into_response()
    }
}
