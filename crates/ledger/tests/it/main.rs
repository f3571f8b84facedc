//! The ledger through its public interface.

mod books;
mod calls;
mod damage;
mod failure;
mod killed;
mod liveness;
mod replay;
mod resume;
mod sql;
mod story;
mod support;
