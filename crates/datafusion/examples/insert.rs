//! `INSERT INTO leads SELECT …`, from Parquet files, with a transformation on the way.
//!
//! ```text
//! cargo run -p leadsquared-datafusion --example insert
//! cargo run -p leadsquared-datafusion --example insert -- 'exports/*.parquet'
//! ```
//!
//! Reads the workspace's example export unless it is given others, and delivers to an emulator that it
//! starts itself. Set `LEADSQUARED_HOST`, `LEADSQUARED_ACCESS_KEY` and `LEADSQUARED_SECRET_KEY` to deliver
//! elsewhere.

use std::env;
use std::error::Error;
use std::sync::Arc;

use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use leadsquared_datafusion::{Account, Accounts, OutcomesFolder, with_leads};
use leadsquared_emulator::Emulator;
use leadsquared_sink::{Credentials, SinkConfig};

const EXPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/data/*.parquet");

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let files = env::args().nth(1).unwrap_or_else(|| EXPORT.to_owned());
    // Kept until the end: an emulator stops when it is dropped.
    let emulator = Emulator::start().await?;
    let (host, credentials) = match env::var("LEADSQUARED_HOST") {
        Ok(host) => {
            let access_key = env::var("LEADSQUARED_ACCESS_KEY")?;
            let secret_key = env::var("LEADSQUARED_SECRET_KEY")?;
            (host, Credentials::new(access_key, secret_key))
        }
        Err(_) => (
            emulator.url(),
            Credentials::new(emulator.access_key(), emulator.secret_key()),
        ),
    };

    // The keys are in the session, and in no statement.
    let account = Account::new(SinkConfig::new(host, credentials).build()?);
    let folder = env::temp_dir().join(format!("leadsquared-outcomes-{}", std::process::id()));
    let outcomes = OutcomesFolder::create(folder)?;
    let config = SessionConfig::new()
        .with_extension(Arc::new(Accounts::new().with("main", account)))
        .with_extension(Arc::new(outcomes.clone()));
    let builder = SessionStateBuilder::new_with_default_features().with_config(config);
    let session = SessionContext::new_with_state(with_leads(builder).build()).enable_url_table();
    session.register_table("leads_outcomes", Arc::new(outcomes.table()))?;

    let statements = [
        r#"CREATE EXTERNAL TABLE leads (
               "EmailAddress" VARCHAR, "Phone" VARCHAR, "FirstName" VARCHAR,
               "mx_Score" DOUBLE, "mx_Grade" VARCHAR, "Source" VARCHAR
           )
           STORED AS LEADSQUARED LOCATION 'leadsquared://main'"#,
        &format!(
            r#"INSERT INTO leads
               SELECT lower("EmailAddress"), "Phone", "FirstName", "mx_Score",
                      CASE WHEN "mx_Score" >= 50 THEN 'hot' ELSE 'cold' END, 'SQL'
               FROM '{files}'"#
        ),
        "SELECT outcome, count(*) AS leads FROM leads_outcomes GROUP BY outcome ORDER BY outcome",
        "SELECT row, outcome, reason FROM leads_outcomes WHERE outcome <> 'created' ORDER BY row LIMIT 5",
    ];
    for statement in statements {
        session.sql(statement).await?.show().await?;
    }
    std::fs::remove_dir_all(outcomes.path())?;
    Ok(())
}
