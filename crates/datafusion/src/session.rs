//! A session that knows tables of leads.

use std::sync::Arc;

use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::SessionConfig;

use crate::{ColumnCheck, LeadsTableFactory, StatementOptions};

/// The word behind `STORED AS`.
const STORED_AS: &str = "LEADSQUARED";

/// Puts into a session what tables of leads take: `STORED AS LEADSQUARED`, the check of an `INSERT`'s
/// columns, and the setting `leadsquared.statement`.
///
/// [`Accounts`](crate::Accounts) and an [`OutcomesFolder`](crate::OutcomesFolder) are extensions of the
/// session's config, before or after this. The crate's page has an example.
#[must_use]
pub fn with_leads(mut builder: SessionStateBuilder) -> SessionStateBuilder {
    let config = builder.config().get_or_insert_with(SessionConfig::default);
    let extensions = &mut config.options_mut().extensions;
    // One that is there may be set already.
    if extensions.get::<StatementOptions>().is_none() {
        extensions.insert(StatementOptions::default());
    }
    builder
        .with_table_factory(STORED_AS.to_owned(), Arc::new(LeadsTableFactory))
        .with_analyzer_rule(Arc::new(ColumnCheck::default()))
}
