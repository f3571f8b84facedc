//! The four data sets: made by chance from a fixed seed, the same at every run and on every machine.

mod draw;
mod friendly;
mod hard;
mod ordinary;
mod set;
mod text_heavy;
mod wide;

pub(crate) use set::{DataSet, Set};
