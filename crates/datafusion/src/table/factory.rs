//! `CREATE EXTERNAL TABLE … STORED AS LEADSQUARED`.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use datafusion::catalog::{Session, TableProvider, TableProviderFactory};
use datafusion::common::Result;
use datafusion::logical_expr::CreateExternalTable;

use super::location;
use crate::{DeliveryOptions, LeadsError, LeadsTable};

/// Makes a [`LeadsTable`] of `CREATE EXTERNAL TABLE … STORED AS LEADSQUARED`.
///
/// ```sql
/// CREATE EXTERNAL TABLE leads (
///     "EmailAddress" VARCHAR NOT NULL,
///     "mx_Visited" TIMESTAMP,
///     "mx_KYC.Status" VARCHAR
/// )
/// STORED AS LEADSQUARED
/// LOCATION 'leadsquared://main'
/// OPTIONS ('unique_fields' 'EmailAddress', 'max_rejects' '5%')
/// ```
///
/// `LOCATION` names an account of the session, `OPTIONS` are [`DeliveryOptions`]. Names of columns need
/// quotes, or SQL makes them lower case. `TIMESTAMP` is kept to microseconds: to nanoseconds, as SQL has
/// it, there would be none before 1677 and after 2262, and leads are sent to the second.
#[derive(Clone, Copy, Debug, Default)]
pub struct LeadsTableFactory;

#[async_trait]
impl TableProviderFactory for LeadsTableFactory {
    async fn create(
        &self,
        _: &dyn Session,
        create: &CreateExternalTable,
    ) -> Result<Arc<dyn TableProvider>> {
        let [location] = create.locations.as_slice() else {
            return Err(LeadsError::Location.into());
        };
        let account = location::account(location)?;
        let options = DeliveryOptions::of(&create.options)?;
        for (is_there, clause) in [
            (!create.table_partition_cols.is_empty(), "PARTITIONED BY"),
            (!create.order_exprs.is_empty(), "WITH ORDER"),
            (!create.column_defaults.is_empty(), "DEFAULT"),
            (
                create.constraints.iter().next().is_some(),
                "PRIMARY KEY or UNIQUE",
            ),
            (create.unbounded, "UNBOUNDED"),
        ] {
            if is_there {
                return Err(LeadsError::Clause { clause }.into());
            }
        }
        let fields = create.schema.fields().iter().map(|field| lasting(field));
        let schema = Schema::new(fields.collect::<Vec<Field>>());
        Ok(Arc::new(LeadsTable::try_new(
            Arc::new(schema),
            account,
            options,
        )?))
    }
}

/// The column, with a moment's type that takes all dates there are.
fn lasting(field: &Field) -> Field {
    match field.data_type() {
        DataType::Timestamp(TimeUnit::Nanosecond, zone) => field
            .clone()
            .with_data_type(DataType::Timestamp(TimeUnit::Microsecond, zone.clone())),
        _ => field.clone(),
    }
}
