//! Whether an `INSERT`'s columns fit, before anything is sent.

mod cast;

use datafusion::catalog::default_table_source::DefaultTableSource;
use datafusion::common::Result;
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::expr::{Alias, Cast};
use datafusion::logical_expr::{
    DmlStatement, Expr, ExprSchemable as _, LogicalPlan, Projection, WriteOp,
};
use datafusion::optimizer::AnalyzerRule;

use crate::{LeadsError, LeadsTable};

/// Refuses an `INSERT INTO` a table of leads whose columns don't fit.
///
/// SQL puts a query's columns into the table's by their places, and casts each to the type it finds
/// there, without a word. So a text that is no number would fail the statement midway, when some leads are
/// created already, and two columns that are the wrong way round would make leads of nonsense. Here
/// both are errors of the statement, before anything is sent:
/// - a cast that can fail or change a value. A `CAST` that the query itself makes is its own business.
/// - a column that goes to another column of the table than the one of its name, while that one gets
///   another.
///
/// [`with_leads`](crate::with_leads) puts it into a session; alone it is given to
/// `SessionContext::add_analyzer_rule`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ColumnCheck {}

impl AnalyzerRule for ColumnCheck {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.apply(|node| {
            if let LogicalPlan::Dml(insert) = node
                && matches!(insert.op, WriteOp::Insert(_))
                && is_of_leads(insert)
                // What SQL puts between the query and the table.
                && let LogicalPlan::Projection(projection) = insert.input.as_ref()
            {
                check(insert, projection)?;
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(plan)
    }

    fn name(&self) -> &'static str {
        "leadsquared_columns"
    }
}

fn is_of_leads(insert: &DmlStatement) -> bool {
    insert
        .target
        .downcast_ref::<DefaultTableSource>()
        .is_some_and(|source| source.table_provider.is::<LeadsTable>())
}

fn check(insert: &DmlStatement, projection: &Projection) -> Result<()> {
    let table = insert.table_name.to_string();
    let schema = insert.target.schema();
    let query = projection.input.schema();
    let targets = schema.fields().iter().zip(&projection.expr).enumerate();
    for (index, (target, expr)) in targets {
        let Some((column, cast)) = source(expr) else {
            continue;
        };
        let position = query
            .maybe_index_of_column(column)
            .map_or(index, |place| place)
            + 1;
        if let Some(cast) = cast {
            let from = cast.expr.get_type(query)?;
            if !cast::is_plain(&from, target.data_type()) {
                return Err(LeadsError::Cast {
                    table,
                    position,
                    column: column.name.clone(),
                    from: Box::new(from),
                    attribute: target.name().clone(),
                    to: Box::new(target.data_type().clone()),
                }
                .into());
            }
        }
        let own = schema
            .fields()
            .iter()
            .zip(&projection.expr)
            .find(|(field, _)| field.name() != target.name() && *field.name() == column.name);
        if let Some((_, own)) = own
            && source(own).is_some()
        {
            return Err(LeadsError::Swapped {
                table,
                position,
                column: column.name.clone(),
                attribute: target.name().clone(),
            }
            .into());
        }
    }
    Ok(())
}

/// The query's column that an expression of the projection takes, and the cast around it.
fn source(mut expr: &Expr) -> Option<(&datafusion::common::Column, Option<&Cast>)> {
    let mut around = None;
    loop {
        match expr {
            Expr::Alias(Alias { expr: inner, .. }) => expr = inner,
            Expr::Cast(cast) => {
                around = Some(cast);
                expr = &cast.expr;
            }
            Expr::Column(column) => return Some((column, around)),
            _ => return None,
        }
    }
}
