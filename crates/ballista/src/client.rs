//! A session whose statements run on a cluster.

use std::sync::Arc;

use ballista::prelude::{SessionConfigExt as _, SessionContextExt as _};
use ballista_core::config::{
    BALLISTA_CLIENT_GRPC_HTTP2_KEEPALIVE_INTERVAL_SECONDS, BALLISTA_CLIENT_PULL,
};
use datafusion::error::Result;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::SessionContext;
use leadsquared_datafusion::with_leads;

use crate::logical_codec;
use crate::scheduler::session_config;

/// A session of the cluster whose scheduler is at `df://host:port`.
///
/// Its tables are its own; queries and INSERTs run on the cluster. A file can be queried by its name, as
/// in `FROM 'exports/*.parquet'`; its path must be the same here and on the executors.
///
/// Nothing is sent before the first statement: whether there is a scheduler is not known here.
///
/// # Errors
/// A URL that is none.
pub async fn connect(url: &str) -> Result<SessionContext> {
    connect_with(url, session_state()?).await
}

/// The same with a state that was changed: one made from [`session_state`].
///
/// # Errors
/// A URL that is none.
pub async fn connect_with(url: &str, state: SessionState) -> Result<SessionContext> {
    let context = SessionContext::remote_with_state(url, state).await?;
    Ok(context.enable_url_table())
}

/// The state of a session that knows leads and Ballista, and has not been connected.
///
/// # Errors
/// A runtime that can't be made.
pub fn session_state() -> Result<SessionState> {
    let config = session_config()
        .with_ballista_logical_extension_codec(logical_codec())
        // So a job's id is known as soon as the scheduler has it, also while it waits for executors.
        .set_str(BALLISTA_CLIENT_PULL, "true")
        // A scheduler that can't be reached any more is noticed.
        .set_str(BALLISTA_CLIENT_GRPC_HTTP2_KEEPALIVE_INTERVAL_SECONDS, "20");
    let builder = SessionStateBuilder::new()
        .with_default_features()
        .with_config(config)
        .with_runtime_env(Arc::new(RuntimeEnvBuilder::new().build()?));
    Ok(with_leads(builder).build())
}
