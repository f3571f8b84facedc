//! The tests through the public interface: real SQL, real files, real HTTP.

mod claims;
#[cfg(feature = "codec")]
mod codec;
mod deliver;
mod example;
mod failure;
mod insert;
mod outcomes;
mod page;
mod support;
mod wrong;
