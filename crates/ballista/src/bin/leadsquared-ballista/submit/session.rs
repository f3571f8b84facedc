//! What the sessions of a submit have in common.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, anyhow};
use datafusion::common::DataFusionError;
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::{DmlStatement, LogicalPlan, Statement as PlannedStatement};
use datafusion::prelude::SessionContext;
use leadsquared_datafusion::{LeadsTable, OutcomesFolder, StatementOptions};

/// What the table of outcomes is called.
pub(super) const OUTCOMES: &str = "leads_outcomes";

/// The setting that names statements.
pub(super) const STATEMENT: &str = "leadsquared.statement";

/// The id that the next INSERT has, if one is set.
pub(super) fn statement_name(context: &SessionContext) -> Option<String> {
    let state = context.state_ref();
    let state = state.read();
    let options = state.config().options();
    let options = options.extensions.get::<StatementOptions>();
    options.and_then(|options| options.statement().map(str::to_owned))
}

/// Why two INSERTs can't have this id.
pub(super) fn two_of(id: &str) -> String {
    format!(
        "two INSERTs have the id \"{id}\": the second would find the rows of the first delivered; SET \
         {STATEMENT} = '' or to another before it"
    )
}

/// Lets statements read what became of rows, if the folder is known.
pub(super) fn register_outcomes(
    context: &SessionContext,
    folder: Option<&Path>,
) -> Result<Option<OutcomesFolder>> {
    let Some(folder) = folder else {
        return Ok(None);
    };
    let outcomes = OutcomesFolder::create(folder).map_err(told)?;
    context
        .register_table(OUTCOMES, Arc::new(outcomes.table()))
        .map_err(told)?;
    Ok(Some(outcomes))
}

/// Whether this delivers leads.
pub(super) fn delivers(plan: &LogicalPlan) -> bool {
    account(plan).is_some()
}

/// The account that this delivers leads into.
pub(super) fn account(plan: &LogicalPlan) -> Option<String> {
    let LogicalPlan::Dml(DmlStatement { target, .. }) = plan else {
        return None;
    };
    let provider = source_as_provider(target).ok()?;
    let leads = provider.downcast_ref::<LeadsTable>()?;
    Some(leads.account().to_owned())
}

/// Why this can't be run here, whatever it says, if it can't.
pub(super) fn refused(plan: &LogicalPlan) -> Option<&'static str> {
    match plan {
        LogicalPlan::Analyze(analyze) if delivers(&analyze.input) => Some(
            "EXPLAIN ANALYZE runs its statement, and this one would deliver; leave out ANALYZE to see the plan, \
             or EXPLAIN ANALYZE to deliver",
        ),
        LogicalPlan::Statement(PlannedStatement::Prepare(_) | PlannedStatement::Execute(_)) => {
            Some("PREPARE and EXECUTE are not possible here; write the statement itself")
        }
        _ => None,
    }
}

/// An error as it is told.
pub(super) fn told(error: impl Into<DataFusionError>) -> anyhow::Error {
    anyhow!("{}", error.into().strip_backtrace())
}
