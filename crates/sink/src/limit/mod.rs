//! Keeping to the account's rate limit.

mod floor;
mod limiter;
mod options;
mod rate;
mod slots;

pub use floor::RoundTripFloor;
pub use limiter::{CallEnding, EarlierCall, Lease, Lesson, Limiter, Slot, Urgency};
pub use options::{SlotOptions, Strategy};
pub use rate::{ParseRateLimitError, RateLimit};
pub use slots::SlotLimiter;
