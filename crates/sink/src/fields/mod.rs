//! The account's lead fields, and what they say about leads before any is sent.
//!
//! `account` is the model, `read` asks the account, `attributes` holds the attributes of a plan
//! against the fields, `values` the leads themselves. Only `read` does I/O.

mod account;
mod attributes;
mod read;
mod values;

pub use account::{AccountFields, LeadField};
pub use attributes::AttributeFinding;
pub use read::{FieldsError, FieldsReader};
pub use values::{ValueCheck, ValueFault, ValueFinding};
