//! The account's lead fields, and what they say about leads before any is sent.
//!
//! `account` is the model and `lenient` how it is read, `read` asks the account, `attributes` holds the
//! attributes of a plan against the fields, `values` the leads themselves, and `finding` is what that
//! finds. Only `read` does I/O.

mod account;
mod attributes;
mod finding;
mod lenient;
mod read;
mod values;

pub use account::{AccountFields, LeadField};
pub use attributes::AttributeFinding;
pub use finding::{ValueFault, ValueFinding};
pub use read::{FieldsError, FieldsReader};
pub use values::ValueCheck;
