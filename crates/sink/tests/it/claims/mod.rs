//! A delivery that is run again from its first row leaves out what was delivered.

mod again;
mod death;
mod property;
mod released;
mod server;
mod world;
