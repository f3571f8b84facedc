//! Makes the leads of `examples/data`: the same thousand as Parquet and as NDJSON.
//!
//! ```text
//! cargo run --example make_leads                  # writes examples/data/leads.{parquet,ndjson}
//! cargo run --example make_leads -- another/folder
//! ```
//!
//! The people are invented, their addresses end in `example.*`, and the same program makes the same
//! bytes at every run. Of the 1,000 rows
//!
//! - 980 are leads, in nine scripts, with nulls wherever a column may have them;
//! - 12 repeat the e-mail address or the phone number of an earlier row;
//! - 5 have neither, and 3 have a score that is not a number: these 8 can't be leads. In NDJSON the
//!   three scores make malformed lines.

mod lead;
mod ndjson_file;
mod parquet_file;
mod people;

use std::error::Error;
use std::path::PathBuf;

use fake::rand::SeedableRng;
use fake::rand::rngs::ChaCha8Rng;

/// Any other number gives other people.
const SEED: u64 = 50;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/data"),
        PathBuf::from,
    );
    // ChaCha is the same on every machine and in every version, which the default generator isn't.
    let leads = lead::leads(&mut ChaCha8Rng::seed_from_u64(SEED));
    for (name, write) in [
        ("leads.parquet", parquet_file::write as fn(&_, &[_]) -> _),
        ("leads.ndjson", ndjson_file::write),
    ] {
        let path = folder.join(name);
        write(&path, &leads)?;
        println!("{}: {} rows", path.display(), leads.len());
    }
    Ok(())
}
