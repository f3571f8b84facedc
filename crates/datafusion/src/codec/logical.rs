//! From a cluster's client to its scheduler.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::common::{Result, TableReference};
use datafusion::datasource::file_format::FileFormatFactory;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{
    AggregateUDF, Extension, HigherOrderUDF, LogicalPlan, ScalarUDF, WindowUDF,
};
use datafusion_proto::logical_plan::LogicalExtensionCodec;

use super::message::{Content, LeadsMessage, OutcomesMessage, unreadable};
use crate::{LeadsTable, OutcomesTable};

/// Sends tables of leads and of outcomes with a plan; leaves everything else to another codec.
///
/// ```
/// use std::sync::Arc;
/// use datafusion_proto::logical_plan::DefaultLogicalExtensionCodec;
/// use leadsquared_datafusion::codec::LeadsLogicalCodec;
///
/// let codec = LeadsLogicalCodec::new(Arc::new(DefaultLogicalExtensionCodec {}));
/// ```
#[derive(Clone, Debug)]
pub struct LeadsLogicalCodec {
    inner: Arc<dyn LogicalExtensionCodec>,
}

impl LeadsLogicalCodec {
    /// A codec that leaves what is not its own to `inner`, such as the cluster's.
    pub fn new(inner: Arc<dyn LogicalExtensionCodec>) -> Self {
        Self { inner }
    }
}

// What is not forwarded would be lost in silence.
#[deny(clippy::missing_trait_methods)]
impl LogicalExtensionCodec for LeadsLogicalCodec {
    fn try_decode_table_provider(
        &self,
        bytes: &[u8],
        name: &TableReference,
        schema: SchemaRef,
        context: &TaskContext,
    ) -> Result<Arc<dyn TableProvider>> {
        match Content::read(bytes)? {
            Some(Content::Leads(message)) => Ok(Arc::new(message.table()?)),
            Some(Content::Outcomes(message)) => Ok(Arc::new(message.table())),
            Some(Content::Insert(_)) => {
                Err(unreadable("there is a sink where a table is expected").into())
            }
            None => self
                .inner
                .try_decode_table_provider(bytes, name, schema, context),
        }
    }

    fn try_encode_table_provider(
        &self,
        name: &TableReference,
        table: Arc<dyn TableProvider>,
        buffer: &mut Vec<u8>,
    ) -> Result<()> {
        if let Some(leads) = table.downcast_ref::<LeadsTable>() {
            return Content::Leads(LeadsMessage::of(leads)?).write(buffer);
        }
        if let Some(outcomes) = table.downcast_ref::<OutcomesTable>() {
            return Content::Outcomes(OutcomesMessage::of(outcomes)?).write(buffer);
        }
        self.inner.try_encode_table_provider(name, table, buffer)
    }

    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[LogicalPlan],
        context: &TaskContext,
    ) -> Result<Extension> {
        self.inner.try_decode(bytes, inputs, context)
    }

    fn try_encode(&self, node: &Extension, buffer: &mut Vec<u8>) -> Result<()> {
        self.inner.try_encode(node, buffer)
    }

    fn try_decode_file_format(
        &self,
        bytes: &[u8],
        context: &TaskContext,
    ) -> Result<Arc<dyn FileFormatFactory>> {
        self.inner.try_decode_file_format(bytes, context)
    }

    fn try_encode_file_format(
        &self,
        buffer: &mut Vec<u8>,
        node: Arc<dyn FileFormatFactory>,
    ) -> Result<()> {
        self.inner.try_encode_file_format(buffer, node)
    }

    fn try_decode_udf(&self, name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
        self.inner.try_decode_udf(name, bytes)
    }

    fn try_encode_udf(&self, node: &ScalarUDF, buffer: &mut Vec<u8>) -> Result<()> {
        self.inner.try_encode_udf(node, buffer)
    }

    fn try_decode_higher_order_function(
        &self,
        name: &str,
        bytes: &[u8],
    ) -> Result<Arc<HigherOrderUDF>> {
        self.inner.try_decode_higher_order_function(name, bytes)
    }

    fn try_encode_higher_order_function(
        &self,
        node: &HigherOrderUDF,
        buffer: &mut Vec<u8>,
    ) -> Result<()> {
        self.inner.try_encode_higher_order_function(node, buffer)
    }

    fn try_decode_udaf(&self, name: &str, bytes: &[u8]) -> Result<Arc<AggregateUDF>> {
        self.inner.try_decode_udaf(name, bytes)
    }

    fn try_encode_udaf(&self, node: &AggregateUDF, buffer: &mut Vec<u8>) -> Result<()> {
        self.inner.try_encode_udaf(node, buffer)
    }

    fn try_decode_udwf(&self, name: &str, bytes: &[u8]) -> Result<Arc<WindowUDF>> {
        self.inner.try_decode_udwf(name, bytes)
    }

    fn try_encode_udwf(&self, node: &WindowUDF, buffer: &mut Vec<u8>) -> Result<()> {
        self.inner.try_encode_udwf(node, buffer)
    }
}
