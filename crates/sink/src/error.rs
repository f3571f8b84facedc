//! What ends a sink, and what can't become one.

use crate::{EndpointError, StopReason};

/// Why a [`LeadSink`](crate::LeadSink) can't go on.
///
/// One row's or one call's failure is never an error: it is an outcome.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The batch's schema and the mapping don't make leads.
    ///
    /// The batch's rows are in the books as not sent. Batches of another schema can follow.
    #[error("the rows of {source_name} can't become leads")]
    Schema {
        /// The name of the file or stream.
        source_name: String,
        /// What is wrong with them.
        #[source]
        error: leadsquared_core::Error,
    },

    /// The sink stopped: nothing more is sent, and what was not sent is in the books as such.
    #[error("{0}")]
    Stopped(StopReason),

    /// The sink has been closed.
    #[error("the sink is closed; start another one for more rows")]
    Closed,
}

/// Settings that no sink can be built from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The host is no address that calls may go to.
    #[error("{0}")]
    Endpoint(#[from] EndpointError),

    /// A key is missing.
    #[error(
        "the access key or the secret key is empty; both are in the account's settings under API and Webhooks"
    )]
    NoKeys,

    /// A key that has characters which no header can carry.
    #[error("a key has characters that can't travel in a header; send the keys by query")]
    KeyNotAHeader,

    /// A time-out of zero.
    #[error("the time-out is zero: no call could be answered in time")]
    ZeroTimeout,

    /// The HTTP client can't be set up.
    #[error("the HTTP client can't be set up: {cause}")]
    Client {
        /// What it said.
        cause: String,
    },

    /// The sink was started outside a tokio runtime.
    #[error("a sink delivers from a task of a tokio runtime; start it inside one")]
    NoRuntime,
}
