//! The limiter against servers in memory, in virtual time: what it promises, what it makes of a limit,
//! and how it gets on with others.

mod control;
mod others;
mod shapes;
mod simulation;
mod utilisation;
mod windows;
