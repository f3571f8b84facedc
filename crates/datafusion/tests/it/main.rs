//! The tests through the public interface: real SQL, real files, real HTTP.

mod example;
mod insert;
mod outcomes;
mod page;
mod support;
mod wrong;
