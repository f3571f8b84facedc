//! What the tests share.

use std::path::{Path, PathBuf};
use std::process::Command;

use leadsquared::Credentials;
use leadsquared_emulator::Emulator;

/// The example program `name`, which cargo builds beside the tests.
pub(crate) fn example(name: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let program = profile
        .join("examples")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.exists(),
        "{} is not there; `cargo test` builds the examples, and so does `cargo build --examples`",
        program.display()
    );
    Command::new(program)
}

pub(crate) fn example_data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/data")
        .join(name)
}

pub(crate) fn keys(emulator: &Emulator) -> Credentials {
    Credentials::new(emulator.access_key(), emulator.secret_key())
}
