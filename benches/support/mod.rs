//! What the benches share: the data sets, and the ways to turn them into JSON.
//!
//! - [`Set`] names a data set, and [`DataSet`] is one that has been made.
//! - [`ways`] has each way to encode it behind one trait, so that every bench measures the same thing.
//! - [`check`] holds the ways against each other, [`measure`] hands them to Criterion, and [`crew`]
//!   runs one on several threads.
//! - [`files`] writes a data set to a file.

#![allow(dead_code, unused_imports, reason = "each bench takes its own part")]
#![expect(
    clippy::unwrap_used,
    reason = "nobody is there to take an error: a bench that can't run shall stop"
)]

pub(crate) mod check;
pub(crate) mod crew;
mod data;
pub(crate) mod files;
pub(crate) mod measure;
pub(crate) mod ways;

pub(crate) use data::{DataSet, Set};
