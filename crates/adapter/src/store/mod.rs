//! Objects in S3, Google Cloud Storage, Azure Blob Storage, and files behind `https://`.
//!
//! - `url` is what may be written, `client` makes a store of it with what the environment says,
//!   `transport` carries its requests.
//! - `list` finds the objects that a pattern or a folder names.
//! - `object` reads ranges of one object, always of the version that was opened first. In order
//!   (`stream`) or at random (`blocks`), it is read in blocks, each a request of its own: no
//!   connection stays open while the rows of a block are worked on, and a broken one costs a block.
//! - `error` says what went wrong, without anything that a request was signed with.

mod blocks;
mod client;
mod error;
mod list;
mod object;
mod stream;
mod transport;
mod url;

pub(crate) use blocks::Blocks;
pub use error::StoreError;
pub(crate) use error::told;
pub(crate) use list::list;
pub(crate) use object::{Object, Opened, Rest};
pub(crate) use stream::{ranges, whole};
pub(crate) use url::{ObjectUrl, Scheme, is_url};
