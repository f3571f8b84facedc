//! An async sink that delivers leads to LeadSquared in bulk, inside the account's rate limit.
//!
//! Record batches go in; calls of up to 50 leads go out; every row gets exactly one
//! [`Outcome`], and the [`Summary`]'s books balance at every exit.
//!
//! - [`Sink`] is the small, object-safe contract; [`SinkExt`] adds the conveniences.
//! - [`LeadSink`] is the sink that delivers, built from a [`SinkConfig`].
//! - [`Observer`] sees each row's [`RowReport`] and each [`Event`].
//! - [`Limiter`] keeps to the account's [`RateLimit`], whoever asks; [`SlotLimiter`] is ours.
//! - [`Journal`] remembers a run, so that it can go on after anything.
//! - [`ClaimJournal`] is one that other processes go on from, over a store of [`Claims`] that they share.
//! - [`FieldsReader`] reads the account's lead fields; [`AccountFields`] are them, and check attributes
//!   and, with [`ValueCheck`], values against them before anything is sent.
//! - [`Transport`] is the one method that HTTP hides behind.
//!
//! # Example
//!
//! ```no_run
//! use arrow::array::RecordBatch;
//! use leadsquared_sink::{Credentials, LeadSink, Sink, SinkConfig, SinkExt};
//!
//! # async fn deliver(batches: Vec<RecordBatch>) -> Result<(), Box<dyn std::error::Error>> {
//! let credentials = Credentials::new("access key", "secret key");
//! let config = SinkConfig::new("api-in21.leadsquared.com", credentials).build()?;
//! let mut sink = LeadSink::start(config)?;
//! sink.drain(futures::stream::iter(batches)).await?;
//! sink.close().await?;
//! let summary = sink.summary();
//! assert!(summary.balances());
//! println!("{} of {} leads created", summary.created, summary.read);
//! # Ok(())
//! # }
//! ```

mod answer;
mod books;
mod call;
mod claims;
mod config;
mod credentials;
mod daily;
mod deliver;
mod driver;
mod endpoint;
mod error;
mod ext;
mod fields;
mod http;
mod journal;
mod lead_sink;
mod limit;
mod max_rejects;
mod meters;
mod observer;
mod outcome;
mod pool;
mod quiet;
mod recall;
mod refusals;
mod retry;
mod send;
mod settle;
mod sink;
mod stop;
mod transport;

pub use books::Summary;
pub use claims::{
    Arrival, ClaimEnd, ClaimJournal, ClaimKey, ClaimState, Claims, DELIVERED_BEFORE, Found,
    MemoryClaims, OpenClaims, Recalled, SettledClaim,
};
pub use config::{Ambiguous, SinkConfig, SinkConfigBuilder};
pub use credentials::{Auth, Credentials};
pub use daily::DailyBudget;
pub use endpoint::{Endpoint, EndpointError};
pub use error::{ConfigError, Error};
pub use ext::{DrainError, FuturesSink, SinkExt};
pub use fields::{
    AccountFields, AttributeFinding, FieldsError, FieldsReader, LeadField, ValueCheck, ValueFault,
    ValueFinding,
};
pub use http::HttpTransport;
pub use journal::{
    CallId, Conclusion, Intent, Journal, JournalError, LeftOut, Meaning, Recall, SettledRow,
};
pub use lead_sink::LeadSink;
pub use limit::{
    CallEnding, EarlierCall, Lease, Lesson, Limiter, ParseRateLimitError, RateLimit,
    RoundTripFloor, Slot, SlotLimiter, SlotOptions, Strategy, Urgency,
};
pub use max_rejects::{MaxRejects, ParseMaxRejectsError};
pub use observer::{Event, Observer};
pub use outcome::{Content, Outcome, ParseOutcomeError, RowReport};
pub use retry::RetryPolicy;
pub use sink::Sink;
pub use stop::{StopHandle, StopReason};
pub use transport::{Answer, Transport, TransportError};
