//! Bytes that no codec of this version wrote.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::TableReference;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::prelude::SessionContext;
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use datafusion_proto::physical_plan::{DefaultPhysicalProtoConverter, PhysicalExtensionCodec};
use leadsquared_datafusion::LeadsError;
use proptest::prelude::*;

use super::super::deliver::{Place, leads, ours};
use super::{logical, physical};

static CONTEXT: LazyLock<Arc<TaskContext>> = LazyLock::new(|| SessionContext::new().task_ctx());

/// The bytes of a table, and of the sink of a statement into it.
#[derive(Clone, Debug)]
struct Written {
    table: Vec<u8>,
    sink: Vec<u8>,
}

async fn written() -> Written {
    let place = Place::new().await;
    let provider = place.session.table_provider("leads").await.unwrap();
    let name = TableReference::bare("leads");
    let mut table = Vec::new();
    let encoded = logical().try_encode_table_provider(&name, provider, &mut table);
    encoded.unwrap();

    place.name("nightly").await;
    let frame = place.session.sql(&leads(1)).await.unwrap();
    let plan = frame.create_physical_plan().await.unwrap();
    let mut sink = Vec::new();
    let encoded = physical().try_encode(plan, &mut sink, &DefaultPhysicalProtoConverter {});
    encoded.unwrap();
    Written { table, sink }
}

fn read_table(bytes: &[u8]) -> Result<()> {
    let name = TableReference::bare("leads");
    let schema = Arc::new(Schema::empty());
    let table = logical().try_decode_table_provider(bytes, &name, schema, &CONTEXT);
    table.map(drop)
}

fn read_sink_with(bytes: &[u8], inputs: usize) -> Result<()> {
    let schema = Schema::new(vec![
        Field::new("Phone", DataType::Utf8View, true),
        Field::new("mx_Score", DataType::Int64, true),
    ]);
    let input: Arc<dyn ExecutionPlan> = Arc::new(EmptyExec::new(Arc::new(schema)));
    let inputs = vec![input; inputs];
    let plan = physical().try_decode(bytes, &inputs, &CONTEXT, &DefaultPhysicalProtoConverter {});
    plan.map(drop)
}

fn read_sink(bytes: &[u8]) -> Result<()> {
    read_sink_with(bytes, 1)
}

/// What is wrong, in the words of the codec.
fn problem(read: Result<()>) -> String {
    let error = read.unwrap_err();
    match ours(&error) {
        LeadsError::Codec { problem } => problem.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_whole_is_read() {
    let written = written().await;
    read_table(&written.table).unwrap();
    read_sink(&written.sink).unwrap();
}

#[tokio::test]
async fn another_version_is_told() {
    let mut written = written().await;
    let version = b"\xFFleadsquared".len();
    for (bytes, read) in [
        (&mut written.table, read_table as fn(&[u8]) -> Result<()>),
        (&mut written.sink, read_sink),
    ] {
        bytes[version] += 1;
        let problem = problem(read(bytes));
        assert!(problem.contains("version 2"), "{problem}");
        assert!(problem.contains("version 1"), "{problem}");
    }
}

#[tokio::test]
async fn what_is_cut_off_is_no_table_and_no_sink() {
    let written = written().await;
    let magic = b"\xFFleadsquared".len();
    for length in magic..written.table.len() {
        // Where a field ends, the rest of them may be missing and nothing looks cut off.
        let error = read_table(&written.table[..length]).unwrap_err();
        ours(&error);
    }
    for length in magic..written.sink.len() {
        let error = read_sink(&written.sink[..length]).unwrap_err();
        ours(&error);
    }
    assert!(problem(read_table(&written.table[..magic])).contains("cut off"));
    assert!(problem(read_sink(&written.sink[..=magic])).contains("empty"));
}

#[tokio::test]
async fn a_table_is_no_sink_and_a_sink_no_table() {
    let written = written().await;
    assert!(problem(read_table(&written.sink)).contains("a sink where a table"));
    assert!(problem(read_sink(&written.table)).contains("a table where a sink"));
    for inputs in [0, 2] {
        assert!(problem(read_sink_with(&written.sink, inputs)).contains("one input"));
    }
}

#[tokio::test]
async fn a_statement_that_would_name_another_folder_is_refused() {
    let written = written().await;
    let at = written
        .sink
        .windows(7)
        .position(|seven| seven == b"nightly");
    let at = at.unwrap();
    for name in ["../etcx", ".hidden", "a/b/c/d", "a b c d"] {
        let mut bytes = written.sink.clone();
        bytes[at..at + 7].copy_from_slice(name.as_bytes());
        let error = read_sink(&bytes).unwrap_err();
        let LeadsError::StatementName { name: refused } = ours(&error) else {
            panic!("{error:?}");
        };
        assert_eq!(refused, name);
    }
}

#[tokio::test]
async fn bytes_at_random_are_an_error_and_never_a_panic() {
    let written = written().await;
    let magic = b"\xFFleadsquared\x01";
    let config = ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let change = (any::<prop::sample::Index>(), any::<u8>());
    let changes = prop::collection::vec(change, 1..4);
    let random = prop::collection::vec(any::<u8>(), 0..200);
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let tried = runner.run(&(changes, random), |(changes, random)| {
        let mut bytes = magic.to_vec();
        bytes.extend(random);
        for read in [read_table, read_sink] {
            if let Err(error) = read(&bytes) {
                prop_assert!(matches!(error, DataFusionError::External(_)), "{error:?}");
            }
        }
        for (whole, read) in [
            (&written.table, read_table as fn(&[u8]) -> Result<()>),
            (&written.sink, read_sink),
        ] {
            let mut bytes = whole.clone();
            for (at, byte) in &changes {
                let at = magic.len() + at.index(bytes.len() - magic.len());
                bytes[at] = *byte;
            }
            if let Err(error) = read(&bytes) {
                prop_assert!(matches!(error, DataFusionError::External(_)), "{error:?}");
            }
        }
        Ok(())
    });
    tried.unwrap();
}
