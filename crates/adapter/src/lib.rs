//! Parquet, NDJSON, CSV and Arrow IPC as streams of record batches that know where their rows came from.
//!
//! Files, folders, globs, [objects in stores](Input#objects) and standard input go in;
//! [`SourceBatch`]es come out, each with the name of its
//! source and a number for every row. What becomes of them is not this crate's business.
//!
//! - [`Input::resolve`] turns a command's arguments into [`Input`]s.
//! - [`Source::open`] tells the [`Format`], reads the schema and checks the mapping against it,
//!   before any row is read.
//! - [`Source::into_stream`] reads the rows, in bounded memory. What is broken in one row is in
//!   [`SourceBatch::unreadable`]; what is broken in the file is an [`Error`] that ends the stream.
//!
//! # Example
//!
//! ```
//! use futures::TryStreamExt;
//! use leadsquared_adapter::{ReadOptions, Source};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), leadsquared_adapter::Error> {
//! let lines = br#"{"FirstName":"Ada","EmailAddress":"ada@example.com"}
//! {"FirstName":"Grace",
//! {"FirstName":"Edsger","EmailAddress":"edsger@example.com"}
//! "#;
//! let source = Source::from_reader("leads.ndjson", &lines[..], &ReadOptions::new()).await?;
//! let batches: Vec<_> = source.into_stream().try_collect().await?;
//!
//! let first = &batches[0];
//! assert_eq!(first.batch.num_rows(), 2);
//! assert_eq!(first.origin.row(1).number, 3);
//! assert_eq!(first.unreadable[0].number, 2);
//! assert_eq!(first.unreadable[0].raw, r#"{"FirstName":"Grace","#);
//! # Ok(())
//! # }
//! ```
//!
//! # A new format
//! is one module: it opens a `Content` and gives back a `Reader` (a schema and a stream). `detect.rs`
//! says how the format is told from others, `source.rs` calls it.
//!
//! [`SourceBatch`]: leadsquared_core::SourceBatch
//! [`SourceBatch::unreadable`]: leadsquared_core::SourceBatch::unreadable

mod blocking;
mod compression;
mod content;
mod csv;
mod delimiter;
mod detect;
mod error;
mod folder;
mod hive;
mod input;
mod ipc;
mod ndjson;
mod options;
mod parquet;
mod progress;
mod rows;
mod source;
mod store;

pub use delimiter::Delimiter;
pub use detect::Format;
pub use error::Error;
pub use input::Input;
pub use options::ReadOptions;
pub use progress::Progress;
pub use source::{BatchStream, Source};
pub use store::StoreError;
