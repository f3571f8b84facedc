//! Whether an `INSERT`'s columns fit, before anything is sent.

mod cast;

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::catalog::default_table_source::DefaultTableSource;
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, Result};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::expr::{Alias, Cast};
use datafusion::logical_expr::{
    DmlStatement, Expr, ExprSchemable as _, LogicalPlan, Projection, Values, WriteOp,
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
///   In `VALUES` it is the value that counts: 7 may go into any column of numbers, 7.9 not.
/// - a column that goes to another column of the table than the one of its name, while that one gets
///   another.
///
/// [`with_leads`](crate::with_leads) puts it into a session; alone it is given to
/// `SessionContext::add_analyzer_rule`. It looks at plans as SQL makes them: one that was optimized
/// before, as that of a `PREPARE`, no longer tells its own casts from SQL's, and is let through.
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

/// A column of the query on its way into one of the table.
struct Passage<'a> {
    column: &'a Column,
    target: &'a Field,
    /// The type before the cast, if there is one.
    from: Option<DataType>,
}

fn check(insert: &DmlStatement, projection: &Projection) -> Result<()> {
    let (schema, query) = (insert.target.schema(), projection.input.schema());
    let mut passages = Vec::new();
    for (target, expr) in schema.fields().iter().zip(&projection.expr) {
        if let Some((column, cast)) = source(expr) {
            passages.push(Passage {
                column,
                target,
                from: cast.map(|cast| cast.expr.get_type(query)).transpose()?,
            });
        }
    }
    match projection.input.as_ref() {
        LogicalPlan::Values(values) => check_values(insert, &passages, values),
        input if is_merged(input) => Ok(()),
        _ => passages
            .iter()
            .try_for_each(|passage| check_passage(insert, query, &passages, passage)),
    }
}

/// Whether the query's own projection is gone: every query has one when SQL has just made it.
fn is_merged(input: &LogicalPlan) -> bool {
    matches!(
        input,
        LogicalPlan::TableScan(_)
            | LogicalPlan::Filter(_)
            | LogicalPlan::Join(_)
            | LogicalPlan::Aggregate(_)
            | LogicalPlan::Window(_)
            | LogicalPlan::SubqueryAlias(_)
            | LogicalPlan::Unnest(_)
    )
}

fn check_passage(
    insert: &DmlStatement,
    query: &DFSchema,
    passages: &[Passage<'_>],
    passage: &Passage<'_>,
) -> Result<()> {
    let Passage { column, target, .. } = passage;
    let place = query.maybe_index_of_column(column);
    let position = place.map_or(0, |place| place + 1);
    if let Some(from) = &passage.from
        && !cast::is_plain(from, target.data_type())
    {
        return Err(wrong_cast(insert, position, &column.name, from, target).into());
    }
    let is_own = |other: &Passage<'_>| *other.target.name() == column.name;
    if *target.name() != column.name && passages.iter().any(is_own) {
        return Err(LeadsError::Swapped {
            table: insert.table_name.to_string(),
            position,
            column: column.name.clone(),
            attribute: target.name().clone(),
        }
        .into());
    }
    Ok(())
}

/// Checks the values themselves, which SQL has cast to the table's types in their place.
fn check_values(insert: &DmlStatement, passages: &[Passage<'_>], values: &Values) -> Result<()> {
    for passage in passages {
        let Some(place) = values.schema.maybe_index_of_column(passage.column) else {
            continue;
        };
        for row in &values.values {
            let Some(Expr::Cast(cast)) = row.get(place) else {
                continue;
            };
            let Expr::Literal(value, _) = cast.expr.as_ref() else {
                continue;
            };
            let to = passage.target.data_type();
            if !cast::keeps(value, to) {
                let (from, name) = (value.data_type(), value.to_string());
                return Err(wrong_cast(insert, place + 1, &name, &from, passage.target).into());
            }
        }
    }
    Ok(())
}

fn wrong_cast(
    insert: &DmlStatement,
    position: usize,
    column: &str,
    from: &DataType,
    target: &Field,
) -> LeadsError {
    LeadsError::Cast {
        table: insert.table_name.to_string(),
        position,
        column: column.to_owned(),
        from: Box::new(from.clone()),
        attribute: target.name().clone(),
        to: Box::new(target.data_type().clone()),
    }
}

/// The query's column that an expression of SQL's projection takes, and the cast around it.
fn source(expr: &Expr) -> Option<(&Column, Option<&Cast>)> {
    let expr = match expr {
        Expr::Alias(Alias { expr, .. }) => expr,
        expr => expr,
    };
    match expr {
        Expr::Column(column) => Some((column, None)),
        Expr::Cast(cast) => match cast.expr.as_ref() {
            Expr::Column(column) => Some((column, Some(cast))),
            _ => None,
        },
        _ => None,
    }
}
