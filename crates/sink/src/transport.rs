//! The one method that HTTP hides behind.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

/// Posts the body of one bulk-create call and brings back the answer.
///
/// [`HttpTransport`](crate::HttpTransport) is the real one; tests of time use one in memory. An
/// implementation sends each body once: retries are the sink's, so that they are counted.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Posts `body` and waits for the answer.
    ///
    /// When the call is over, a later body is written into this one's memory, as long as nobody
    /// holds a clone of it any more. To keep a body is safe: it stays as it is, and the sink makes
    /// new memory instead. Whoever wants speed lets go of it before returning, and copies what is to
    /// stay.
    ///
    /// # Errors
    /// A [`TransportError`] that says whether the call may have happened all the same.
    async fn post(&self, body: Bytes) -> Result<Answer, TransportError>;
}

/// An answer as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// How long the server asks to wait, if it does.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Bytes,
}

/// A call without an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// No connection: the call never went out.
    #[error("can't connect to {host}: {cause}")]
    Connect {
        /// The host.
        host: String,
        /// What the network said.
        cause: String,
    },
    /// No answer in time, after the call went out.
    #[error("no answer from {host} within {}s", .timeout.as_secs_f64())]
    Timeout {
        /// The host.
        host: String,
        /// How long was waited.
        timeout: Duration,
    },
    /// The connection broke after the call went out.
    #[error("the connection to {host} broke: {cause}")]
    Broken {
        /// The host.
        host: String,
        /// What the network said.
        cause: String,
    },
    /// The answer was larger than any honest one.
    #[error("the answer of {host} is larger than {cap} bytes")]
    AnswerTooLarge {
        /// The host.
        host: String,
        /// The most that is read of an answer.
        cap: usize,
    },
}

impl TransportError {
    /// Whether the server may have handled the call all the same.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        !matches!(self, Self::Connect { .. })
    }
}
