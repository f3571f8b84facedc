//! What was sent to LeadSquared and what came of it, in a SQLite file, so that a run goes on after
//! anything.
//!
//! A run writes each call down before it is sent and each row's end when it is known. When the process
//! dies, or the machine, the next one [resumes](Ledger::resume) the run: rows that came to their end
//! are left out, and rows of calls whose answer is not known are in doubt.
//!
//! - [`Ledger`] is the file. It begins, resumes and replays runs, and lists them.
//! - [`Run`] is a run that this process works on: the [`Journal`](leadsquared_sink::Journal) to give
//!   to its sink.
//! - [`RunSpec`] says what a run is, [`RunInfo`] where it stands, [`ResultRow`] what became of a row.
//! - [`fingerprint`] tells whether a file is still the one that was read.
//!
//! # Example
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use leadsquared_core::Origin;
//! use leadsquared_ledger::{Ending, InputSpec, Ledger, RunSpec, RunState, fingerprint};
//! use leadsquared_sink::{Intent, Journal, Outcome, Recall, SettledRow};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let leads = folder.path().join("leads.ndjson");
//! # std::fs::write(&leads, "{}\n{}\n{}\n")?;
//! let ledger = Ledger::open(folder.path().join("ledger.db"))?;
//! let spec = RunSpec {
//!     account: "api-in21.leadsquared.com".to_owned(),
//!     inputs: vec![InputSpec {
//!         name: "leads.ndjson".to_owned(),
//!         path: Some(leads.clone()),
//!         fingerprint: Some(fingerprint(&leads)?),
//!         ..InputSpec::default()
//!     }],
//!     ..RunSpec::default()
//! };
//! let origin = Origin::new("leads.ndjson", 1);
//!
//! let run = ledger.begin(&spec)?;
//! run.settle(vec![SettledRow {
//!     row: origin.row(0),
//!     outcome: Outcome::Rejected,
//!     lead_id: None,
//!     code: Some("no-unique-field".to_owned()),
//!     reason: None,
//!     is_final: true,
//! }])
//! .await?;
//! run.intend(Intent {
//!     rows: vec![origin.row(1)],
//!     at: SystemTime::now(),
//!     timeout: Duration::from_secs(30),
//! })
//! .await?;
//! // The process dies before the answer.
//! drop(run);
//!
//! let left = ledger.unfinished(&spec)?;
//! assert_eq!(left[0].state, RunState::Interrupted);
//! let run = ledger.resume(left[0].id, &spec)?;
//! assert_eq!(run.recall(&origin.row(0)), Recall::Settled);
//! assert_eq!(run.recall(&origin.row(1)), Recall::InDoubt);
//! assert_eq!(run.recall(&origin.row(2)), Recall::New);
//! assert_eq!(run.earlier().rejected, 1);
//! run.finish(Ending::Finished).await?;
//! # Ok(())
//! # }
//! ```
//!
//! The tables, and queries for the `sqlite3` shell, are in `docs/ledger.md`.

mod agree;
mod calls;
mod codes;
mod difference;
mod error;
mod file;
mod fingerprint;
mod info;
mod ledger;
mod lock;
mod ranges;
mod recollection;
mod record;
mod results;
mod run;
mod spec;
mod tables;
mod time;
mod writer;

pub use difference::InputChange;
pub use error::Error;
pub use fingerprint::{Fingerprint, fingerprint};
pub use info::{Ending, RunId, RunInfo, RunState, Totals};
pub use ledger::Ledger;
pub use results::ResultRow;
pub use run::Run;
pub use spec::{InputSpec, RunSpec};
