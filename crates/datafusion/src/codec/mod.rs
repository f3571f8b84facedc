//! Tables and plans that travel between processes.
//!
//! A cluster's client sends a plan with the table of leads to the scheduler ([`LeadsLogicalCodec`]), and
//! that one a plan with the sink behind it to an executor ([`LeadsPhysicalCodec`]). What travels is the
//! account's *name*, the options, the columns and the statement's name. Keys don't: where a plan is
//! executed, the session has [`Accounts`](crate::Accounts) of its own.
//!
//! Both codecs leave everything that is not theirs to another one, such as the cluster's own.

mod logical;
mod message;
mod physical;

pub use logical::LeadsLogicalCodec;
pub use physical::LeadsPhysicalCodec;
