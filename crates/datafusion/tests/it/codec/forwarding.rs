//! What is not ours goes to the codec behind, whichever way it takes.

use std::fmt;
use std::sync::{Arc, Mutex};

use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::{MemTable, TableProvider};
use datafusion::common::{DFSchema, Result, TableReference};
use datafusion::datasource::file_format::FileFormatFactory;
use datafusion::datasource::file_format::csv::CsvFormatFactory;
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::functions::math::abs;
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::functions_nested::all_default_higher_order_functions;
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::{
    AggregateUDF, Expr, Extension, HigherOrderUDF, LogicalPlan, ScalarUDF,
    UserDefinedLogicalNodeCore, WindowUDF,
};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr_common::physical_expr::proto_decode::{
    PhysicalExprDecode, PhysicalExprDecodeCtx,
};
use datafusion::physical_expr_common::physical_expr::proto_encode::{
    PhysicalExprEncode, PhysicalExprEncodeCtx,
};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::expressions::lit;
use datafusion::prelude::SessionContext;
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use datafusion_proto::physical_plan::{
    DefaultPhysicalProtoConverter, PhysicalExtensionCodec, PhysicalProtoConverterExtension,
};
use datafusion_proto::protobuf::PhysicalExprNode;
use leadsquared_datafusion::codec::{LeadsLogicalCodec, LeadsPhysicalCodec};

/// A codec that notes what it is asked for and can nothing.
#[derive(Clone, Debug, Default)]
struct Noting {
    asked: Arc<Mutex<Vec<String>>>,
}

impl Noting {
    fn note<T>(&self, method: &str, what: impl fmt::Display) -> Result<T> {
        self.asked.lock().unwrap().push(format!("{method} {what}"));
        Err(DataFusionError::NotImplemented("noted".to_owned()))
    }

    /// Checks that a method came through, with what it was given, and its answer back.
    fn was_asked<T>(&self, answer: Result<T>, expected: &str) {
        assert!(
            matches!(answer, Err(DataFusionError::NotImplemented(text)) if text == "noted"),
            "{expected}"
        );
        assert_eq!(
            self.asked.lock().unwrap().drain(..).collect::<Vec<_>>(),
            [expected]
        );
    }
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

#[deny(clippy::missing_trait_methods)]
impl LogicalExtensionCodec for Noting {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[LogicalPlan],
        _: &TaskContext,
    ) -> Result<Extension> {
        self.note("decode", format!("{} {}", text(bytes), inputs.len()))
    }

    fn try_encode(&self, node: &Extension, _: &mut Vec<u8>) -> Result<()> {
        self.note("encode", node.node.name())
    }

    fn try_decode_table_provider(
        &self,
        bytes: &[u8],
        name: &TableReference,
        _: SchemaRef,
        _: &TaskContext,
    ) -> Result<Arc<dyn TableProvider>> {
        self.note("decode table", format!("{} {name}", text(bytes)))
    }

    fn try_encode_table_provider(
        &self,
        name: &TableReference,
        _: Arc<dyn TableProvider>,
        _: &mut Vec<u8>,
    ) -> Result<()> {
        self.note("encode table", name)
    }

    fn try_decode_file_format(
        &self,
        bytes: &[u8],
        _: &TaskContext,
    ) -> Result<Arc<dyn FileFormatFactory>> {
        self.note("decode format", text(bytes))
    }

    fn try_encode_file_format(
        &self,
        _: &mut Vec<u8>,
        node: Arc<dyn FileFormatFactory>,
    ) -> Result<()> {
        self.note("encode format", node.get_ext())
    }

    fn try_decode_udf(&self, name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
        self.note("decode udf", format!("{name} {}", text(bytes)))
    }

    fn try_encode_udf(&self, node: &ScalarUDF, _: &mut Vec<u8>) -> Result<()> {
        self.note("encode udf", node.name())
    }

    fn try_decode_higher_order_function(
        &self,
        name: &str,
        bytes: &[u8],
    ) -> Result<Arc<HigherOrderUDF>> {
        self.note("decode higher", format!("{name} {}", text(bytes)))
    }

    fn try_encode_higher_order_function(
        &self,
        node: &HigherOrderUDF,
        _: &mut Vec<u8>,
    ) -> Result<()> {
        self.note("encode higher", node.name())
    }

    fn try_decode_udaf(&self, name: &str, bytes: &[u8]) -> Result<Arc<AggregateUDF>> {
        self.note("decode udaf", format!("{name} {}", text(bytes)))
    }

    fn try_encode_udaf(&self, node: &AggregateUDF, _: &mut Vec<u8>) -> Result<()> {
        self.note("encode udaf", node.name())
    }

    fn try_decode_udwf(&self, name: &str, bytes: &[u8]) -> Result<Arc<WindowUDF>> {
        self.note("decode udwf", format!("{name} {}", text(bytes)))
    }

    fn try_encode_udwf(&self, node: &WindowUDF, _: &mut Vec<u8>) -> Result<()> {
        self.note("encode udwf", node.name())
    }
}

#[deny(clippy::missing_trait_methods)]
impl PhysicalExtensionCodec for Noting {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        _: &TaskContext,
        _: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.note("decode", format!("{} {}", text(bytes), inputs.len()))
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        _: &mut Vec<u8>,
        _: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        self.note("encode", node.name())
    }

    fn try_decode_udf(&self, name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
        self.note("decode udf", format!("{name} {}", text(bytes)))
    }

    fn try_encode_udf(&self, node: &ScalarUDF, _: &mut Vec<u8>) -> Result<()> {
        self.note("encode udf", node.name())
    }

    fn try_decode_higher_order_function(
        &self,
        name: &str,
        bytes: &[u8],
    ) -> Result<Arc<HigherOrderUDF>> {
        self.note("decode higher", format!("{name} {}", text(bytes)))
    }

    fn try_encode_higher_order_function(
        &self,
        node: &HigherOrderUDF,
        _: &mut Vec<u8>,
    ) -> Result<()> {
        self.note("encode higher", node.name())
    }

    fn try_decode_expr(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn PhysicalExpr>],
        _: &PhysicalExprDecodeCtx<'_>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        self.note("decode expr", format!("{} {}", text(bytes), inputs.len()))
    }

    fn try_encode_expr(
        &self,
        node: &Arc<dyn PhysicalExpr>,
        _: &mut Vec<u8>,
        _: &PhysicalExprEncodeCtx<'_>,
    ) -> Result<()> {
        self.note("encode expr", node)
    }

    fn try_decode_udaf(&self, name: &str, bytes: &[u8]) -> Result<Arc<AggregateUDF>> {
        self.note("decode udaf", format!("{name} {}", text(bytes)))
    }

    fn try_encode_udaf(&self, node: &AggregateUDF, _: &mut Vec<u8>) -> Result<()> {
        self.note("encode udaf", node.name())
    }

    fn try_decode_udwf(&self, name: &str, bytes: &[u8]) -> Result<Arc<WindowUDF>> {
        self.note("decode udwf", format!("{name} {}", text(bytes)))
    }

    fn try_encode_udwf(&self, node: &WindowUDF, _: &mut Vec<u8>) -> Result<()> {
        self.note("encode udwf", node.name())
    }
}

/// A node of somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd)]
struct Node;

static NOTHING: std::sync::LazyLock<Arc<DFSchema>> =
    std::sync::LazyLock::new(|| Arc::new(DFSchema::empty()));

impl UserDefinedLogicalNodeCore for Node {
    fn name(&self) -> &'static str {
        "Node"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        Vec::new()
    }

    fn schema(&self) -> &Arc<DFSchema> {
        &NOTHING
    }

    fn expressions(&self) -> Vec<Expr> {
        Vec::new()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Node")
    }

    fn with_exprs_and_inputs(&self, _: Vec<Expr>, _: Vec<LogicalPlan>) -> Result<Self> {
        Ok(self.clone())
    }
}

/// Reads and writes no expression.
struct NoExpression;

impl PhysicalExprDecode for NoExpression {
    fn decode(&self, _: &PhysicalExprNode, _: &Schema) -> Result<Arc<dyn PhysicalExpr>> {
        Err(DataFusionError::NotImplemented("none".to_owned()))
    }
}

impl PhysicalExprEncode for NoExpression {
    fn encode(&self, _: &Arc<dyn PhysicalExpr>) -> Result<PhysicalExprNode> {
        Err(DataFusionError::NotImplemented("none".to_owned()))
    }
}

#[test]
fn every_method_of_the_logical_codec_is_the_one_behind_for_what_is_not_ours() {
    let noting = Noting::default();
    let codec = LeadsLogicalCodec::new(Arc::new(noting.clone()));
    let context = SessionContext::new().task_ctx();
    let schema = Arc::new(Schema::empty());
    let name = TableReference::bare("t");
    let buffer = &mut Vec::new();

    noting.was_asked(codec.try_decode(b"bytes", &[], &context), "decode bytes 0");
    let node = Extension {
        node: Arc::new(Node),
    };
    noting.was_asked(codec.try_encode(&node, buffer), "encode Node");
    for bytes in ["", "bytes", "leadsquared", "\u{FF}leadsquared\u{1}"] {
        let decoded =
            codec.try_decode_table_provider(bytes.as_bytes(), &name, schema.clone(), &context);
        noting.was_asked(decoded, &format!("decode table {bytes} t"));
    }
    let table = Arc::new(MemTable::try_new(schema, vec![vec![]]).unwrap());
    let encoded = codec.try_encode_table_provider(&name, table, buffer);
    noting.was_asked(encoded, "encode table t");
    let decoded = codec.try_decode_file_format(b"bytes", &context);
    noting.was_asked(decoded, "decode format bytes");
    let encoded = codec.try_encode_file_format(buffer, Arc::new(CsvFormatFactory::new()));
    noting.was_asked(encoded, "encode format csv");
    noting.was_asked(codec.try_decode_udf("f", b"bytes"), "decode udf f bytes");
    noting.was_asked(codec.try_encode_udf(&abs(), buffer), "encode udf abs");
    let higher = all_default_higher_order_functions().remove(0);
    let decoded = codec.try_decode_higher_order_function("f", b"bytes");
    noting.was_asked(decoded, "decode higher f bytes");
    let encoded = codec.try_encode_higher_order_function(&higher, buffer);
    noting.was_asked(encoded, &format!("encode higher {}", higher.name()));
    noting.was_asked(codec.try_decode_udaf("f", b"bytes"), "decode udaf f bytes");
    noting.was_asked(
        codec.try_encode_udaf(&count_udaf(), buffer),
        "encode udaf count",
    );
    noting.was_asked(codec.try_decode_udwf("f", b"bytes"), "decode udwf f bytes");
    let encoded = codec.try_encode_udwf(&row_number_udwf(), buffer);
    noting.was_asked(encoded, "encode udwf row_number");
    assert!(buffer.is_empty());
}

#[test]
fn every_method_of_the_physical_codec_is_the_one_behind_for_what_is_not_ours() {
    let noting = Noting::default();
    let codec = LeadsPhysicalCodec::new(Arc::new(noting.clone()));
    let context = SessionContext::new().task_ctx();
    let schema = Arc::new(Schema::empty());
    let converter = DefaultPhysicalProtoConverter {};
    let buffer = &mut Vec::new();
    let plan: Arc<dyn ExecutionPlan> = Arc::new(EmptyExec::new(Arc::clone(&schema)));

    for bytes in ["", "bytes", "leadsquared", "\u{FF}leadsquared\u{1}"] {
        let inputs = [Arc::clone(&plan), Arc::clone(&plan)];
        let decoded = codec.try_decode(bytes.as_bytes(), &inputs, &context, &converter);
        noting.was_asked(decoded, &format!("decode {bytes} 2"));
    }
    noting.was_asked(
        codec.try_encode(plan, buffer, &converter),
        "encode EmptyExec",
    );
    noting.was_asked(codec.try_decode_udf("f", b"bytes"), "decode udf f bytes");
    noting.was_asked(codec.try_encode_udf(&abs(), buffer), "encode udf abs");
    let higher = all_default_higher_order_functions().remove(0);
    let decoded = codec.try_decode_higher_order_function("f", b"bytes");
    noting.was_asked(decoded, "decode higher f bytes");
    let encoded = codec.try_encode_higher_order_function(&higher, buffer);
    noting.was_asked(encoded, &format!("encode higher {}", higher.name()));
    let decoding = PhysicalExprDecodeCtx::new(&schema, &NoExpression);
    let decoded = codec.try_decode_expr(b"bytes", &[lit(1)], &decoding);
    noting.was_asked(decoded, "decode expr bytes 1");
    let encoding = PhysicalExprEncodeCtx::new(&NoExpression);
    noting.was_asked(
        codec.try_encode_expr(&lit(7), buffer, &encoding),
        "encode expr 7",
    );
    noting.was_asked(codec.try_decode_udaf("f", b"bytes"), "decode udaf f bytes");
    noting.was_asked(
        codec.try_encode_udaf(&count_udaf(), buffer),
        "encode udaf count",
    );
    noting.was_asked(codec.try_decode_udwf("f", b"bytes"), "decode udwf f bytes");
    let encoded = codec.try_encode_udwf(&row_number_udwf(), buffer);
    noting.was_asked(encoded, "encode udwf row_number");
    assert!(buffer.is_empty());
}
