//! LeadSquared in SQL: `INSERT INTO leads SELECT …` with [DataFusion](datafusion).
//!
//! A table of leads takes whatever a query gives, and delivers it through
//! [`LeadSink`](leadsquared_sink::LeadSink): calls of up to 50 leads, inside the account's limit, each
//! row with one outcome.
//!
//! - [`Accounts`] are what a session may deliver to, each an [`Account`] with a name. SQL says the name
//!   and nothing else: no host and no key is ever a part of a statement or an option.
//! - [`LeadsTable`] is the table, [`LeadsTableFactory`] makes one of `CREATE EXTERNAL TABLE … STORED AS
//!   LEADSQUARED`, [`DeliveryOptions`] are its `OPTIONS`.
//! - [`OutcomesFolder`] keeps what became of each row, and [`OutcomesTable`] lets SQL read it.
//! - [`with_leads`] puts the factory into a session, and the [`ColumnCheck`] that refuses an `INSERT`
//!   whose columns don't fit, before anything is sent.
//! - [`StatementOptions`] names a statement, so that it can be told from others and gone on with.
//! - [`LeadsError`] is what goes wrong.
//!
//! With the feature `codec`, tables and plans travel between processes: see `codec`.
//!
//! # Example
//!
//! ```no_run
//! use std::sync::Arc;
//! use datafusion::execution::SessionStateBuilder;
//! use datafusion::prelude::{SessionConfig, SessionContext};
//! use leadsquared_datafusion::{Account, Accounts, OutcomesFolder, with_leads};
//! use leadsquared_sink::{Credentials, SinkConfig};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let keys = Credentials::new("access key", "secret key");
//! let account = Account::new(SinkConfig::new("api-in21.leadsquared.com", keys).build()?);
//! let outcomes = OutcomesFolder::create("outcomes")?;
//!
//! let config = SessionConfig::new()
//!     .with_extension(Arc::new(Accounts::new().with("main", account)))
//!     .with_extension(Arc::new(outcomes.clone()));
//! let builder = SessionStateBuilder::new_with_default_features().with_config(config);
//! let session = SessionContext::new_with_state(with_leads(builder).build()).enable_url_table();
//! session.register_table("leads_outcomes", Arc::new(outcomes.table()))?;
//!
//! session
//!     .sql(
//!         r#"CREATE EXTERNAL TABLE leads ("EmailAddress" VARCHAR, "FirstName" VARCHAR, "mx_Score" BIGINT)
//!            STORED AS LEADSQUARED LOCATION 'leadsquared://main'"#,
//!     )
//!     .await?;
//! session
//!     .sql("INSERT INTO leads SELECT lower(email), first_name, score FROM 'exports/*.parquet'")
//!     .await?
//!     .show()
//!     .await?;
//! session
//!     .sql("SELECT row, code, reason FROM leads_outcomes WHERE outcome <> 'created'")
//!     .await?
//!     .show()
//!     .await?;
//! # Ok(())
//! # }
//! ```

mod account;
mod check;
#[cfg(feature = "codec")]
pub mod codec;
mod error;
mod insert;
mod outcomes;
mod session;
mod statement;
mod table;

pub use account::{Account, Accounts};
pub use check::ColumnCheck;
pub use error::LeadsError;
pub use outcomes::{OutcomesFolder, OutcomesTable};
pub use session::with_leads;
pub use statement::StatementOptions;
pub use table::{DeliveryOptions, LeadsTable, LeadsTableFactory};
