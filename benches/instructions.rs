//! Encodes one data set in one way, a few times over: what `instructions.sh` counts instructions of.
//!
//! ```text
//! instructions <way> <set> <rows> <runs>
//! ```
//!
//! The set is the same whatever the runs, so that two counts differ by the encoding alone. Prints
//! how many leads that was, and fails if the way can't encode the set. Without these arguments, as
//! from `cargo bench` and from the tests, it does nothing.

#![expect(
    clippy::unwrap_used,
    reason = "nobody is there to take an error: a bench that can't run shall stop"
)]

mod support;

use std::env;
use std::process::ExitCode;

use support::{Set, measure, ways};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [way, set, rows, runs] = &arguments[..] else {
        return ExitCode::SUCCESS;
    };
    let set = Set::named(set).unwrap();
    let data = set.make_batches(1, rows.parse().unwrap());
    let Some(mut way) = ways::named(way, &data) else {
        return ExitCode::FAILURE;
    };
    let runs: usize = runs.parse().unwrap();
    for _ in 0..runs {
        way.encode(&mut measure::sink);
    }
    println!("{}", data.rows * runs);
    ExitCode::SUCCESS
}
