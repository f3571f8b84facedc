//! All statements are planned before the first one runs.

use std::collections::{HashSet, VecDeque};
use std::path::Path;

use anyhow::{Result, bail};
use datafusion::logical_expr::{DdlStatement, LogicalPlan};
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement;
use leadsquared_ballista::session_state;

use super::session::{delivers, refused, register_outcomes, statement_name, told, two_of};

/// Plans the statements in this process, and says how many of them deliver leads.
///
/// So a mistake in the last statement is found before the first one sends. It plans as the scheduler
/// will, but looks at no row, and at no statistics of files. A statement whose effect takes a query,
/// such as `CREATE TABLE … AS SELECT`, ends it: what comes after may need its result. The INSERTs after
/// it are counted by their form.
pub(super) async fn rehearse(
    statements: &VecDeque<Statement>,
    outcomes: Option<&Path>,
) -> Result<usize> {
    let mut state = session_state().map_err(told)?;
    let options = state.config_mut().options_mut();
    options.execution.collect_statistics = false;
    let context = SessionContext::new_with_state(state).enable_url_table();
    register_outcomes(&context, outcomes)?;
    let mut inserts = 0;
    let mut ids = HashSet::new();
    for (place, statement) in statements.iter().enumerate() {
        match plan(&context, statement).await {
            Ok(Planned::Delivery) => {
                inserts += 1;
                if let Some(id) = statement_name(&context)
                    && !ids.insert(id.clone())
                {
                    bail!("{}\nno statement was run", two_of(&id));
                }
            }
            Ok(Planned::Other) => {}
            Ok(Planned::Unknown) => break,
            Err(error) if statements.len() == 1 => return Err(error),
            Err(error) => {
                let place = place + 1;
                bail!("statement {place}: {error:#}\nno statement was run");
            }
        }
    }
    Ok(inserts)
}

/// What a statement was found to be.
enum Planned {
    Delivery,
    Other,
    /// Its effect is not known without running it.
    Unknown,
}

async fn plan(context: &SessionContext, statement: &Statement) -> Result<Planned> {
    let state = context.state();
    let plan = state
        .statement_to_plan(statement.clone())
        .await
        .map_err(told)?;
    if let Some(why) = refused(&plan) {
        bail!(why);
    }
    match &plan {
        LogicalPlan::Ddl(
            DdlStatement::CreateExternalTable(_)
            | DdlStatement::CreateView(_)
            | DdlStatement::CreateCatalogSchema(_)
            | DdlStatement::CreateCatalog(_)
            | DdlStatement::DropTable(_)
            | DdlStatement::DropView(_),
        )
        | LogicalPlan::Statement(_) => {
            context.execute_logical_plan(plan).await.map_err(told)?;
            Ok(Planned::Other)
        }
        LogicalPlan::Ddl(_) => Ok(Planned::Unknown),
        _ => {
            state.create_physical_plan(&plan).await.map_err(told)?;
            Ok(if delivers(&plan) {
                Planned::Delivery
            } else {
                Planned::Other
            })
        }
    }
}
