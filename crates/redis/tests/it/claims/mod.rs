//! What was delivered is known to whoever delivers it again.

mod delivery;
mod faults;
mod model;
mod process;
mod store;
mod support;
