//! From a cluster's scheduler to an executor.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::datasource::sink::DataSinkExec;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF, WindowUDF};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr_common::physical_expr::proto_decode::PhysicalExprDecodeCtx;
use datafusion::physical_expr_common::physical_expr::proto_encode::PhysicalExprEncodeCtx;
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};

use super::message::{Content, InsertMessage, unreadable};
use crate::insert::LeadsInsert;

/// Sends the sink of an `INSERT` with a plan; leaves everything else to another codec.
///
/// ```
/// use std::sync::Arc;
/// use datafusion_proto::physical_plan::DefaultPhysicalExtensionCodec;
/// use leadsquared_datafusion::codec::LeadsPhysicalCodec;
///
/// let codec = LeadsPhysicalCodec::new(Arc::new(DefaultPhysicalExtensionCodec {}));
/// ```
#[derive(Clone, Debug)]
pub struct LeadsPhysicalCodec {
    inner: Arc<dyn PhysicalExtensionCodec>,
}

impl LeadsPhysicalCodec {
    /// A codec that leaves what is not its own to `inner`, such as the cluster's.
    pub fn new(inner: Arc<dyn PhysicalExtensionCodec>) -> Self {
        Self { inner }
    }
}

// What is not forwarded would be lost in silence.
#[deny(clippy::missing_trait_methods)]
impl PhysicalExtensionCodec for LeadsPhysicalCodec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match (Content::read(bytes)?, inputs) {
            (Some(Content::Insert(message)), [input]) => {
                Ok(Arc::new(message.plan(Arc::clone(input))?))
            }
            (Some(Content::Insert(_)), _) => {
                Err(unreadable("a sink has one input, and this one has not").into())
            }
            (Some(_), _) => Err(unreadable("there is a table where a sink is expected").into()),
            (None, _) => self.inner.try_decode(bytes, inputs, context, converter),
        }
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        buffer: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let sink = node.downcast_ref::<DataSinkExec>().map(DataSinkExec::sink);
        if let Some(insert) = sink.and_then(|sink| sink.downcast_ref::<LeadsInsert>()) {
            return Content::Insert(InsertMessage::of(insert)?).write(buffer);
        }
        self.inner.try_encode(node, buffer, converter)
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

    fn try_decode_expr(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn PhysicalExpr>],
        context: &PhysicalExprDecodeCtx<'_>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        self.inner.try_decode_expr(bytes, inputs, context)
    }

    fn try_encode_expr(
        &self,
        node: &Arc<dyn PhysicalExpr>,
        buffer: &mut Vec<u8>,
        context: &PhysicalExprEncodeCtx<'_>,
    ) -> Result<()> {
        self.inner.try_encode_expr(node, buffer, context)
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
