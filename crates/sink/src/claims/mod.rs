//! What was delivered is known to whoever delivers it again: claims on leads, kept by all processes.
//!
//! - `contract`: what a store of claims promises ([`Claims`], [`OpenClaims`]).
//! - `journal`: the [`Journal`](crate::Journal) over it, which the sink tells of every call.
//! - `admit`: what is left of a batch, before it goes to the sink.
//! - `plans`: how its rows become leads.
//! - `held`: the rows that are between the two.
//! - `memory`: a store in the memory of one process.

mod admit;
mod contract;
mod found;
mod held;
mod journal;
mod memory;
mod plans;

pub use admit::DELIVERED_BEFORE;
pub use contract::{
    Arrival, ClaimEnd, ClaimKey, ClaimState, Claims, OpenClaims, Recalled, SettledClaim,
};
pub use found::Found;
pub use journal::ClaimJournal;
pub use memory::MemoryClaims;
