//! Keeping to the account's rate limit.

mod account;
mod floor;
mod holds;
mod limiter;
mod options;
mod rate;
mod share;
mod slots;

pub use floor::RoundTripFloor;
pub use limiter::{CallEnding, EarlierCall, Lease, Lesson, Limiter, Slot, Urgency};
pub use options::{SlotOptions, Strategy};
pub use rate::{ParseRateLimitError, RateLimit};
pub use slots::SlotLimiter;
