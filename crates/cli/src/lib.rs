//! The `leadsquared` command: bulk-load Parquet, NDJSON, CSV and Arrow exports into LeadSquared.
//!
//! `main` is one line; the rest is here, one idea a file:
//!
//! - `args` is what may be typed, `settings` what it means, checked; `mapping_file` is the file
//!   behind `--mapping`, `place` says where in it; the accounts are those of `leadsquared-accounts`.
//! - `init`, `load`, `replay`, `runs`, `export` (that is `results`), `check`, `accounts` and
//!   `emulate` are the commands; `manual` has those that tell of the command itself.
//! - `delivery` is what `load` and `replay` share: `ready` makes what it needs, `limiter` the limiter,
//!   `metrics` the page to watch it; `kept` is its run in the ledger.
//! - `preflight` holds leads against the account's fields before the first is sent; `fields` lists them.
//! - `inputs` opens and checks everything before anything is sent.
//! - `observer` sees each row's end and hands it on to `results`, `rejects`, `reasons` and the
//!   counters of `progress`.
//! - `page` is the HTML page behind `--report`.
//! - `report` prints: text for people, one JSON object for programs. `talk` is standard error,
//!   `paint` the colours of both.
//! - [`Exit`] is how a run ended.
//!
//! # Example
//!
//! ```
//! use leadsquared_cli::{Exit, run};
//!
//! assert_eq!(run(["leadsquared", "load", "no-such.parquet", "--emulator"]), Exit::Failed);
//! assert_eq!(run(["leadsquared", "unload"]), Exit::Usage);
//! ```

mod accounts;
mod args;
mod check;
mod command;
mod delivery;
mod emulate;
mod exit;
mod export;
mod fields;
mod init;
mod inputs;
mod kept;
mod limiter;
mod load;
mod logging;
mod manual;
mod mapping_file;
mod metrics;
mod observer;
mod outputs;
mod page;
mod paint;
mod place;
mod preflight;
mod progress;
mod ready;
mod reasons;
mod rejects;
mod replay;
mod report;
mod results;
mod runs;
mod settings;
mod signals;
mod talk;
mod words;

pub use command::run;
pub use exit::Exit;
