//! Leads held against the account's fields, before the first one is sent.
//!
//! A mandatory field that nothing sets ends the run here: nothing is sent. Whatever else would be refused is
//! told, and the load goes on, as the server has the last word. Fields that can't be read cost a warning.

mod account;
mod findings;
mod load;
mod scan;

pub(crate) use account::{emulated, host, of_account, read_file, transport};
pub(crate) use findings::{Findings, together};
pub(crate) use load::Preflight;
