//! Keeping to the account's rate limit.

mod rate;
mod slots;

pub use rate::{ParseRateLimitError, RateLimit};
pub use slots::{Slot, SlotLimiter, Urgency};
