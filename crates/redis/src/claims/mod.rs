//! What was delivered is kept in Redis, for whoever delivers it again.
//!
//! - `options`, `store`: where it is kept, and how a delivery is opened.
//! - `opening`: one opening's operations, in pieces that don't hold Redis up.
//! - `link`: the way to Redis, tried again while it is gone for a moment.
//! - `connections`: what it goes by, shared by all that is asked at once.
//! - `wire`, `end`: what the script is asked and replies, and how the end of a lead is packed.

mod connections;
mod end;
mod link;
mod opening;
mod options;
mod store;
mod wire;

pub use options::ClaimsOptions;
pub use store::RedisClaims;
