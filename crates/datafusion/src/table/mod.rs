//! The table of leads.

mod factory;
mod location;
mod options;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result};
use datafusion::datasource::sink::DataSinkExec;
use datafusion::logical_expr::dml::InsertOp;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use leadsquared_core::{Mapping, Plan};

use crate::insert::LeadsInsert;
use crate::statement::StatementOptions;
use crate::{Accounts, LeadsError};

pub use factory::LeadsTableFactory;
pub use options::DeliveryOptions;

/// A table whose rows become leads: `INSERT INTO` delivers them, and nothing else is possible.
///
/// Each column becomes the attribute of its name; a name with a dot (`"mx_KYC.Status"`) is a field of a
/// custom field set. A column that is null, or that the `INSERT` leaves out, is left out of the lead,
/// unless the [options](DeliveryOptions) say otherwise. What the values look like as text is told in the
/// project's page on types.
///
/// An `INSERT`
/// - delivers when it is executed, in one piece whatever the query's partitions: the limit is the
///   account's. `EXPLAIN` sends nothing, `EXPLAIN ANALYZE` does;
/// - counts the leads that are in the account because of it. Rows that did not get in are no error: they
///   are in the [outcomes](crate::OutcomesFolder), and in the plan's metrics;
/// - fails if the delivery stops before its end, with what became of the rows until then.
///
/// ```
/// use std::sync::Arc;
/// use datafusion::arrow::datatypes::{DataType, Field, Schema};
/// use leadsquared_datafusion::{DeliveryOptions, LeadsTable};
///
/// let schema = Schema::new(vec![
///     Field::new("EmailAddress", DataType::Utf8, true),
///     Field::new("mx_Score", DataType::Int64, true),
/// ]);
/// let table = LeadsTable::try_new(Arc::new(schema), "main", DeliveryOptions::new())?;
/// assert_eq!(table.account(), "main");
/// # Ok::<(), leadsquared_datafusion::LeadsError>(())
/// ```
#[derive(Clone)]
pub struct LeadsTable {
    schema: SchemaRef,
    account: Arc<str>,
    options: DeliveryOptions,
    mapping: Mapping,
}

impl LeadsTable {
    /// A table with these columns, whose rows go to the account of this name.
    ///
    /// The account is looked up when a statement is planned, if the session has [`Accounts`], and when it
    /// is executed.
    ///
    /// # Errors
    /// [`LeadsError::Columns`] if the columns can't make leads: none is a unique field, or a type has no
    /// text.
    pub fn try_new(
        schema: SchemaRef,
        account: impl Into<Arc<str>>,
        options: DeliveryOptions,
    ) -> std::result::Result<Self, LeadsError> {
        let mapping = options.mapping(&schema);
        Plan::try_new(&schema, &mapping).map_err(LeadsError::Columns)?;
        Ok(Self {
            schema,
            account: account.into(),
            options,
            mapping,
        })
    }

    /// The name of the account.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// How its rows are delivered.
    #[must_use]
    pub fn options(&self) -> &DeliveryOptions {
        &self.options
    }

    pub(crate) fn leads_schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The plan that delivers what `input` gives.
    ///
    /// SQL sees to it that the columns are the table's; a plan that is made otherwise may have others.
    pub(crate) fn sink(
        &self,
        input: Arc<dyn ExecutionPlan>,
        statement: String,
    ) -> std::result::Result<DataSinkExec, LeadsError> {
        let (given, own) = (input.schema(), &self.schema);
        let fit = |(given, own): (&Arc<Field>, &Arc<Field>)| {
            let (kind, own_kind) = (given.data_type(), own.data_type());
            given.name() == own.name() && DFSchema::datatype_is_logically_equal(kind, own_kind)
        };
        let are_as_many = given.fields().len() == own.fields().len();
        if !are_as_many || !given.fields().iter().zip(own.fields()).all(fit) {
            return Err(LeadsError::OtherColumns {
                given: columns(&given),
                own: columns(own),
            });
        }
        let sink = LeadsInsert::new(self.clone(), statement);
        Ok(DataSinkExec::new(input, Arc::new(sink), None))
    }

    /// How its columns become attributes.
    pub(crate) fn mapping(&self) -> &Mapping {
        &self.mapping
    }
}

/// The columns of a schema, in words.
fn columns(schema: &Schema) -> String {
    let fields = schema.fields().iter();
    let columns = fields.map(|field| format!("\"{}\" {}", field.name(), field.data_type()));
    columns.collect::<Vec<_>>().join(", ")
}

impl fmt::Debug for LeadsTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeadsTable")
            .field("account", &self.account)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl TableProvider for LeadsTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        _: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Err(LeadsError::Operation {
            // UPDATE and DELETE come here as well: they read what they change.
            operation: "anything but INSERT INTO",
            instead: "leads are created here, and neither read, changed nor taken away; what became of a \
                      statement's rows is in the table of outcomes",
        }
        .into())
    }

    async fn insert_into(
        &self,
        state: &dyn Session,
        input: Arc<dyn ExecutionPlan>,
        operation: InsertOp,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let refused = match operation {
            InsertOp::Append => None,
            InsertOp::Overwrite => Some("INSERT OVERWRITE"),
            InsertOp::Replace => Some("REPLACE INTO"),
        };
        if let Some(operation) = refused {
            return Err(LeadsError::Operation {
                operation,
                instead: "leads are created and never taken away; use INSERT INTO",
            }
            .into());
        }
        // On a cluster, only the executors have accounts.
        if let Some(accounts) = state.config().get_extension::<Accounts>() {
            accounts.get(&self.account)?;
        }
        let statement = StatementOptions::name(state.config_options());
        Ok(Arc::new(self.sink(input, statement)?))
    }
}
