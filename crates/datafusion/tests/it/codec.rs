//! Tables and sinks that travel as bytes, and deliver where they arrive.

mod forwarding;
mod garbage;

use datafusion::arrow::array::RecordBatch;
use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::physical_plan::{ExecutionPlan, collect, displayable};
use datafusion_proto::bytes::{
    logical_plan_from_bytes_with_extension_codec, logical_plan_to_bytes_with_extension_codec,
    physical_plan_from_bytes_with_extension_codec, physical_plan_to_bytes_with_extension_codec,
};
use datafusion_proto::logical_plan::{DefaultLogicalExtensionCodec, LogicalExtensionCodec};
use datafusion_proto::physical_plan::DefaultPhysicalExtensionCodec;
use leadsquared_core::Nulls;
use leadsquared_datafusion::codec::{LeadsLogicalCodec, LeadsPhysicalCodec};
use leadsquared_datafusion::{Account, Accounts, DeliveryOptions, LeadsTable, OutcomesTable};
use leadsquared_sink::{Ambiguous, MaxRejects};

use super::deliver::{
    Place, assert_whole, count, created, emulator, leads, run, session, settings, table,
};

fn logical() -> LeadsLogicalCodec {
    LeadsLogicalCodec::new(Arc::new(DefaultLogicalExtensionCodec {}))
}

fn physical() -> LeadsPhysicalCodec {
    LeadsPhysicalCodec::new(Arc::new(DefaultPhysicalExtensionCodec {}))
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

/// Sends a table, and gives what arrives.
fn sent(table: Arc<dyn TableProvider>) -> datafusion::error::Result<Arc<dyn TableProvider>> {
    let name = TableReference::bare("t");
    let schema = table.schema();
    let mut bytes = Vec::new();
    logical().try_encode_table_provider(&name, table, &mut bytes)?;
    let context = datafusion::prelude::SessionContext::new().task_ctx();
    logical().try_decode_table_provider(&bytes, &name, schema, &context)
}

/// A place whose keys can be looked for, and another session with the same account: an executor.
async fn here_and_there() -> (Place, datafusion::prelude::SessionContext) {
    let keys = emulator().keys("hunter2-access", "hunter2-secret");
    let place = Place::with(keys, |account| account).await;
    let account = Account::new(settings(&place.emulator).build().unwrap());
    let there = session(Accounts::new().with("main", account), &place.outcomes);
    (place, there)
}

#[tokio::test]
async fn a_logical_plan_delivers_where_it_arrives() {
    let (place, there) = here_and_there().await;
    // The function in FROM is one that the codec of DataFusion doesn't send.
    let insert = leads(120).replace(
        "generate_series(1, 120)",
        "(SELECT unnest(generate_series(1, 120)) AS value)",
    );
    let plan = place.session.state().create_logical_plan(&insert).await;
    let plan = plan.unwrap();
    let bytes = logical_plan_to_bytes_with_extension_codec(&plan, &logical()).unwrap();
    for key in ["hunter2", place.emulator.url().as_str()] {
        assert!(!holds(&bytes, key), "{key}");
    }
    assert!(holds(&bytes, "main"));

    let arrived =
        logical_plan_from_bytes_with_extension_codec(&bytes, &there.task_ctx(), &logical());
    let arrived = arrived.unwrap();
    assert_eq!(arrived.to_string(), plan.to_string());
    let frame = there.execute_logical_plan(arrived).await.unwrap();
    assert_eq!(count(&frame.collect().await.unwrap()), 120);
    let kept = place.kept().await;
    assert_whole(&kept, 120);
    assert_eq!(created(&kept), place.ids());
}

#[tokio::test]
async fn a_physical_plan_delivers_where_it_arrives_under_its_statements_name() {
    let (place, there) = here_and_there().await;
    place.name("nightly-2026").await;
    let frame = place.session.sql(&leads(120)).await.unwrap();
    let plan = frame.create_physical_plan().await.unwrap();
    let bytes =
        physical_plan_to_bytes_with_extension_codec(Arc::clone(&plan), &physical()).unwrap();
    for key in ["hunter2", place.emulator.url().as_str()] {
        assert!(!holds(&bytes, key), "{key}");
    }
    assert!(holds(&bytes, "nightly-2026") && holds(&bytes, "main"));
    assert_eq!(place.emulator.call_count(), 0);

    let arrived =
        physical_plan_from_bytes_with_extension_codec(&bytes, &there.task_ctx(), &physical());
    let arrived = arrived.unwrap();
    let shown = |plan: &Arc<dyn ExecutionPlan>| displayable(plan.as_ref()).indent(true).to_string();
    assert_eq!(shown(&arrived), shown(&plan));
    let batches = collect(arrived, there.task_ctx()).await.unwrap();
    assert_eq!(count(&batches), 120);
    let kept = place.kept().await;
    assert_whole(&kept, 120);
    assert!(kept.iter().all(|kept| kept.statement == "nightly-2026"));
    assert_eq!(created(&kept), place.ids());
}

#[tokio::test]
async fn a_physical_plan_keeps_to_its_tables_options() {
    let (place, there) = here_and_there().await;
    let options = "OPTIONS ('max_rejects' '3', 'unique_fields' 'mx_Score')";
    table(&place.session, "strict", "main", options).await;
    let insert =
        "INSERT INTO strict SELECT CAST(value AS VARCHAR), NULL FROM generate_series(1, 9)";
    let frame = place.session.sql(insert).await.unwrap();
    let plan = frame.create_physical_plan().await.unwrap();
    let bytes = physical_plan_to_bytes_with_extension_codec(plan, &physical()).unwrap();
    let arrived =
        physical_plan_from_bytes_with_extension_codec(&bytes, &there.task_ctx(), &physical());
    let error = collect(arrived.unwrap(), there.task_ctx())
        .await
        .unwrap_err();
    let text = super::deliver::ours(&error).to_string();
    assert!(
        text.contains("9 rows were rejected, and 3 may be"),
        "{text}"
    );
}

#[tokio::test]
async fn a_table_arrives_with_its_account_its_options_and_its_columns() {
    let item = |data_type| Arc::new(Field::new("item", data_type, true));
    let status: Vec<Field> = vec![
        Field::new("Status", DataType::Utf8View, true),
        Field::new("Since", DataType::Date32, false),
    ];
    let note = HashMap::from([("note".to_owned(), "as the form has it".to_owned())]);
    let schema = Schema::new(vec![
        Field::new("EmailAddress", DataType::Utf8, false),
        Field::new("Phone", DataType::LargeUtf8, true).with_metadata(note.clone()),
        Field::new("mx_KYC.Status", DataType::Boolean, true),
        Field::new("mx_Address", DataType::Struct(status.into()), true),
        Field::new("mx_Langs", DataType::List(item(DataType::Utf8)), true),
        Field::new("mx_More", DataType::LargeList(item(DataType::Int16)), true),
        Field::new(
            "mx_Two",
            DataType::FixedSizeList(item(DataType::Utf8), 2),
            true,
        ),
        Field::new("mx_Fee", DataType::Decimal128(12, 2), true),
        Field::new("mx_Wide", DataType::Decimal256(50, 4), true),
        Field::new("mx_Small", DataType::Decimal64(10, 1), true),
        Field::new("mx_Tiny", DataType::Decimal32(5, 0), true),
        Field::new(
            "mx_At",
            DataType::Timestamp(TimeUnit::Microsecond, None),
            true,
        ),
        Field::new(
            "mx_Zoned",
            DataType::Timestamp(TimeUnit::Nanosecond, Some("Asia/Kolkata".into())),
            true,
        ),
        Field::new("mx_Day", DataType::Date64, true),
        Field::new("mx_Clock", DataType::Time64(TimeUnit::Nanosecond), true),
        Field::new("mx_Half", DataType::Float16, true),
        Field::new("mx_Double", DataType::Float64, true),
        Field::new("mx_Count", DataType::UInt64, true),
        Field::new(
            "mx_Kind",
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
            true,
        ),
    ])
    .with_metadata(note);
    let options = DeliveryOptions::new()
        .with_unique_fields(["Phone", "mx_KYC.Status"])
        .with_nulls(Nulls::Clear)
        .with_ambiguous(Ambiguous::Hold)
        .with_max_rejects(MaxRejects::Percent(2.5));
    let schema = Arc::new(schema);
    let table = LeadsTable::try_new(Arc::clone(&schema), "north-2", options.clone()).unwrap();

    let arrived = sent(Arc::new(table)).unwrap();
    let arrived = arrived.downcast_ref::<LeadsTable>().unwrap();
    assert_eq!(arrived.account(), "north-2");
    assert_eq!(arrived.options(), &options);
    assert_eq!(arrived.schema(), schema);
}

#[tokio::test]
async fn the_outcomes_are_read_where_they_arrive() {
    let (place, there) = here_and_there().await;
    assert_eq!(place.insert(&leads(70)).await.unwrap(), 70);
    let arrived = sent(Arc::new(place.outcomes.table())).unwrap();
    let outcomes = arrived.downcast_ref::<OutcomesTable>().unwrap();
    assert_eq!(outcomes.folder(), place.outcomes.path());
    assert_eq!(arrived.schema(), place.outcomes.table().schema());

    there.register_table("arrived", arrived).unwrap();
    let rows = run(&there, "SELECT * FROM arrived WHERE outcome = 'created'").await;
    let rows = rows.unwrap();
    assert_eq!(rows.iter().map(RecordBatch::num_rows).sum::<usize>(), 70);
}
