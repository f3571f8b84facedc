//! Create leads in LeadSquared in bulk, from Rust data pipelines.
//!
//! Arrow record batches go in; calls of up to 50 leads go out, as fast as the account's rate limit
//! allows and never faster; every row gets one answer. This package is the door to the workspace's
//! libraries: what stands below is all there is to import.
//!
//! - Deliver: [`LeadSink`], built from a [`SinkConfig`], takes batches. [`Sink`] is its contract,
//!   [`SinkExt`] drains streams into it, an [`Observer`] sees each row's [`Outcome`], and the
//!   [`Summary`] is its books. Sinks of one account share a [`SlotLimiter`].
//! - Map: a [`Mapping`] says which column becomes which attribute.
//! - Read: a [`Source`] is a Parquet, NDJSON, CSV or Arrow file, or standard input, as a stream of
//!   batches that know their file and row.
//! - Check: [`AccountFields`], which a [`FieldsReader`] asks the account for, say what it would refuse.
//! - Convert only: [`Plan`] and [`PayloadBuilder`] make the JSON and send nothing.
//!
//! # Example
//!
//! Against the emulator, which the workspace has for trying things out:
//!
//! ```
//! use std::sync::Arc;
//!
//! use leadsquared::arrow::array::{ArrayRef, RecordBatch, StringArray};
//! use leadsquared::{Credentials, LeadSink, Mapping, SinkConfig, SinkExt};
//! use leadsquared_emulator::Emulator;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let emails = StringArray::from(vec![Some("king@example.com"), None, Some("gandhi@example.com")]);
//! let batch = RecordBatch::try_from_iter([("email", Arc::new(emails) as ArrayRef)])?;
//!
//! let emulator = Emulator::start().await?;
//! let keys = Credentials::new(emulator.access_key(), emulator.secret_key());
//! let config = SinkConfig::new(emulator.url(), keys) // or "api-in21.leadsquared.com"
//!     .with_mapping(Mapping::new().rename("email", "EmailAddress"))
//!     .build()?;
//! let mut sink = LeadSink::start(config)?;
//! sink.drain(futures::stream::iter([batch])).await?;
//! sink.close().await?;
//!
//! let summary = sink.summary();
//! assert!(summary.balances());
//! assert_eq!((summary.read, summary.created, summary.rejected), (3, 2, 1));
//! assert_eq!(emulator.leads()[1].get("EmailAddress"), Some("gandhi@example.com"));
//! # Ok(())
//! # }
//! ```
//!
//! `examples/` has programs to copy, `docs/` has the contract, the types and the limiter in words.

/// The Arrow that the batches must be of.
pub use arrow;

pub use leadsquared_core::{
    BoundBatch, ColumnPlan, ColumnRules, DEFAULT_UNIQUE_FIELDS, Error as SchemaError, LeadKey,
    MAX_LEADS, Mapping, MomentForm, Nulls, Origin, ParseMomentFormError, ParseTimeZoneError,
    Payload, PayloadBuilder, PayloadLimits, PayloadRows, Plan, Rejected, Rejection, Row, RowError,
    SourceBatch, TextForm, TextlessColumn, TimeZone, TooLong, UniqueKey, UnreadableRow,
};

pub use leadsquared_sink::{
    AccountFields, AttributeFinding, FieldsError, FieldsReader, LeadField, ValueCheck, ValueFault,
    ValueFinding,
};

pub use leadsquared_sink::{
    Arrival, ClaimEnd, ClaimJournal, ClaimKey, ClaimState, Claims, Found, MemoryClaims, OpenClaims,
    Recalled, SettledClaim,
};

pub use leadsquared_sink::{
    Ambiguous, Answer, Auth, CallEnding, CallId, Conclusion, ConfigError, Content, Credentials,
    DailyBudget, DrainError, EarlierCall, Endpoint, EndpointError, Error as SinkError, Event,
    FuturesSink, HttpTransport, Intent, Journal, JournalError, LeadSink, Lease, Lesson, Limiter,
    MaxRejects, Meaning, Observer, Outcome, ParseMaxRejectsError, ParseOutcomeError,
    ParseRateLimitError, RateLimit, Recall, RetryPolicy, RoundTripFloor, RowReport, SettledRow,
    Sink, SinkConfig, SinkConfigBuilder, SinkExt, Slot, SlotLimiter, SlotOptions, StopHandle,
    StopReason, Strategy, Summary, Transport, TransportError, Urgency,
};

pub use leadsquared_adapter::{
    BatchStream, Delimiter, Error as ReadError, Format, Input, Progress, ReadOptions, Source,
};

/// The Rust in the README and in `docs/` is compiled with the other examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../docs/embedding.md")]
#[doc = include_str!("../docs/mapping.md")]
#[doc = include_str!("../docs/preflight.md")]
struct Pages;
