//! LeadSquared in SQL on a [Ballista](https://datafusion.apache.org/ballista/) cluster.
//!
//! `INSERT INTO leads SELECT …` is planned by a scheduler, its scans, joins and aggregates run on all
//! executors, and one of them delivers. This crate is what the three need to know of leads; Ballista
//! does the rest.
//!
//! - [`scheduler_config`] and [`serve_scheduler`]: a scheduler that knows `STORED AS LEADSQUARED`.
//! - [`executor_config`]: an executor that has accounts, whose keys never leave it.
//! - [`connect`]: a session whose statements run on the cluster; [`Job`] is one of them, which can be
//!   cancelled.
//! - [`logical_codec`] and [`physical_codec`]: how tables of leads travel, beside all that Ballista
//!   sends.
//!
//! The command `leadsquared-ballista` is these with arguments; `docs/cluster.md` says how it is used.
//!
//! # Example
//!
//! ```no_run
//! # async fn run() -> datafusion::error::Result<()> {
//! let context = leadsquared_ballista::connect("df://scheduler.internal:50050").await?;
//! context
//!     .sql(
//!         "CREATE EXTERNAL TABLE leads (\"EmailAddress\" VARCHAR, \"FirstName\" VARCHAR)
//!          STORED AS LEADSQUARED LOCATION 'leadsquared://main'",
//!     )
//!     .await?;
//! let insert = "INSERT INTO leads SELECT email, min(name) FROM 'exports/*.parquet' GROUP BY email";
//! context.sql(insert).await?.collect().await?;
//! # Ok(())
//! # }
//! ```

mod client;
mod codec;
mod executor;
mod job;
mod lost;
mod scheduler;

pub use client::{connect, connect_with, session_state};
pub use codec::{logical_codec, physical_codec};
pub use executor::{EXECUTOR_HEARTBEAT, executor_config};
pub use job::Job;
pub use scheduler::{EXECUTOR_TIMEOUT, scheduler_config, serve_scheduler};
