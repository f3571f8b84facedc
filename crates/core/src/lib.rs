//! Arrow record batches to bulk-create payloads for LeadSquared.
//!
//! This crate is the pure centre of the workspace: no I/O, no async, no clock. A [`RecordBatch`]
//! goes in, JSON payloads of at most 50 leads come out, and every row that can't be a lead is
//! rejected with its file, its row and the reason.
//!
//! - [`Mapping`] says which column becomes which attribute, and [`ColumnRules`] what is made of its
//!   values.
//! - [`Plan`] is a schema compiled once: one encoder a column. [`Plan::bind`] fixes it to a batch;
//!   [`Leads`] encodes its rows in order, and [`BoundBatch::encode`] any one of them.
//! - [`PayloadBuilder`] packs leads into [`Payload`]s, across batch borders, inside the contract's
//!   [`MAX_LEADS`] and a byte cap, and collects the [`Rejection`]s.
//! - [`LeadKey`] is which lead a row is about, to be kept where other processes look for it.
//! - [`SourceBatch`] and [`Origin`] carry where rows came from, so that a payload knows its rows.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//! use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
//! use leadsquared_core::{Mapping, Origin, PayloadBuilder, SourceBatch};
//!
//! let batch = RecordBatch::try_from_iter([
//!     ("email", Arc::new(StringArray::from(vec![Some("king@example.com"), None])) as ArrayRef),
//!     ("mx_Score", Arc::new(Int64Array::from(vec![Some(7), Some(8)]))),
//! ])?;
//!
//! let mut builder = PayloadBuilder::new(Mapping::new().rename("email", "EmailAddress"));
//! builder.push(SourceBatch::new(batch, Origin::new("leads.parquet", 1)))?;
//! assert!(builder.next_payload().is_none()); // not full yet: it waits for the next batch
//! let payload = builder.finish().expect("one lead");
//!
//! assert_eq!(
//!     std::str::from_utf8(payload.body())?,
//!     r#"[[{"Attribute":"EmailAddress","Value":"king@example.com"},{"Attribute":"mx_Score","Value":"7"}]]"#,
//! );
//! let rejected = builder.take_rejections();
//! assert_eq!(rejected[0].row.number, 2); // no e-mail address and no phone number
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`RecordBatch`]: arrow::array::RecordBatch

mod block;
mod builder;
mod encode;
mod error;
mod lead_key;
mod mapping;
mod origin;
mod payload;
mod plan;
mod rejection;
mod rules;
mod unique;

pub use builder::{PayloadBuilder, PayloadLimits};
pub use error::{Error, TextlessColumn};
pub use lead_key::LeadKey;
pub use mapping::{DEFAULT_UNIQUE_FIELDS, Mapping, nearest};
pub use origin::{Origin, Row, SourceBatch, UnreadableRow};
pub use payload::{MAX_LEADS, Payload, PayloadRows};
pub use plan::{BoundBatch, ColumnPlan, Leads, Plan, TextForm};
pub use rejection::{Rejected, Rejection, RowError};
pub use rules::{
    ColumnRules, MomentForm, Nulls, ParseMomentFormError, ParseTimeZoneError, TimeZone, TooLong,
};
pub use unique::UniqueKey;
