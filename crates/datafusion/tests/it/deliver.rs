//! A session whose accounts are emulators, and what its statements leave behind.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::UInt64Type;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionStateBuilder;
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::{SessionConfig, SessionContext};
use leadsquared_datafusion::{Account, Accounts, LeadsError, OutcomesFolder, with_leads};
use leadsquared_emulator::{Emulator, EmulatorBuilder, Latency};
use leadsquared_sink::{Credentials, RetryPolicy, SinkConfig, SinkConfigBuilder};
use tempfile::TempDir;

/// How long a call takes where a statement is met in its middle.
pub(crate) const SLOW: Duration = Duration::from_millis(200);

/// An emulator, and a session in which it is the account "main" of the table `leads`.
pub(crate) struct Place {
    pub(crate) emulator: Emulator,
    pub(crate) session: SessionContext,
    pub(crate) outcomes: OutcomesFolder,
    _folder: TempDir,
}

/// A row of the table of outcomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) statement: String,
    pub(crate) row: u64,
    pub(crate) outcome: String,
    pub(crate) lead_id: Option<String>,
    pub(crate) code: Option<String>,
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self::with(emulator(), |account| account).await
    }

    /// With calls that take a while, so that a statement can be met in its middle.
    pub(crate) async fn slow(account: impl FnOnce(Account) -> Account) -> Self {
        let latency = Latency {
            service: SLOW,
            ..Latency::default()
        };
        Self::with(emulator().latency(latency), account).await
    }

    pub(crate) async fn with(
        emulator: EmulatorBuilder,
        account: impl FnOnce(Account) -> Account,
    ) -> Self {
        let emulator = emulator.start().await.unwrap();
        let config = settings(&emulator).build().unwrap();
        Self::of(emulator, account(Account::new(config))).await
    }

    pub(crate) async fn of(emulator: Emulator, account: Account) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let outcomes = OutcomesFolder::create(folder.path().join("outcomes")).unwrap();
        let session = session(Accounts::new().with("main", account), &outcomes);
        table(&session, "leads", "main", "").await;
        Self {
            emulator,
            session,
            outcomes,
            _folder: folder,
        }
    }

    pub(crate) async fn insert(&self, statement: &str) -> Result<u64> {
        insert(&self.session, statement).await
    }

    /// Runs a statement in a task of its own.
    pub(crate) fn start(&self, statement: &str) -> tokio::task::JoinHandle<Result<u64>> {
        let (session, statement) = (self.session.clone(), statement.to_owned());
        tokio::spawn(async move { insert(&session, &statement).await })
    }

    pub(crate) async fn name(&self, statement: &str) {
        run(
            &self.session,
            &format!("SET leadsquared.statement = '{statement}'"),
        )
        .await
        .unwrap();
    }

    /// The outcomes of all statements, in order.
    pub(crate) async fn kept(&self) -> Vec<Kept> {
        kept(&self.session).await
    }

    /// The outcomes once a file of them is there.
    pub(crate) async fn kept_in_the_end(&self) -> Vec<Kept> {
        eventually(|| !self.files("parquet").is_empty()).await;
        self.kept().await
    }

    /// The files of outcomes with this ending.
    pub(crate) fn files(&self, ending: &str) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.outcomes.path()).unwrap();
        let files = files.map(|entry| entry.unwrap().path());
        files
            .filter(|path| path.extension().is_some_and(|found| found == ending))
            .collect()
    }

    /// The ids of the leads that the emulator has, in order.
    pub(crate) fn ids(&self) -> Vec<String> {
        ids(&self.emulator)
    }
}

/// An emulator that refuses no call for its pace.
pub(crate) fn emulator() -> EmulatorBuilder {
    Emulator::builder().no_rate_limit()
}

/// Settings for an emulator: two calls at a time, and short waits between attempts.
pub(crate) fn settings(emulator: &Emulator) -> SinkConfigBuilder {
    let keys = Credentials::new(emulator.access_key(), emulator.secret_key());
    let brief = Duration::from_millis(1);
    SinkConfig::new(emulator.url(), keys)
        .with_rate_limit("1000/1s".parse().unwrap())
        .with_concurrency(NonZeroUsize::new(2).unwrap())
        .with_retry(
            RetryPolicy::default()
                .with_attempts(3)
                .with_backoff(brief, brief),
        )
}

/// A session that reads 100 rows at a time, in one partition: what a statement has read when it ends is
/// then known.
pub(crate) fn session(accounts: Accounts, outcomes: &OutcomesFolder) -> SessionContext {
    let config = SessionConfig::new()
        .with_batch_size(100)
        .with_target_partitions(1)
        .with_extension(Arc::new(accounts))
        .with_extension(Arc::new(outcomes.clone()));
    let builder = SessionStateBuilder::new_with_default_features().with_config(config);
    let session = SessionContext::new_with_state(with_leads(builder).build());
    let table = Arc::new(outcomes.table());
    session.register_table("leads_outcomes", table).unwrap();
    session
}

/// Makes a table of leads that go to `account`.
pub(crate) async fn table(session: &SessionContext, name: &str, account: &str, options: &str) {
    let create = format!(
        r#"CREATE EXTERNAL TABLE {name} ("Phone" VARCHAR, "mx_Score" BIGINT)
           STORED AS LEADSQUARED LOCATION 'leadsquared://{account}' {options}"#
    );
    run(session, &create).await.unwrap();
}

/// A statement that delivers so many leads, each with a phone number of its own.
pub(crate) fn leads(rows: u32) -> String {
    leads_from(rows, "value")
}

/// A statement whose leads have this for a score.
pub(crate) fn leads_from(rows: u32, score: &str) -> String {
    format!("INSERT INTO leads {}", query(rows, score))
}

pub(crate) fn query(rows: u32, score: &str) -> String {
    format!(
        r#"SELECT CAST(9000000000 + value AS VARCHAR) AS "Phone", {score} AS "mx_Score"
           FROM generate_series(1, {rows})"#
    )
}

pub(crate) async fn run(session: &SessionContext, statement: &str) -> Result<Vec<RecordBatch>> {
    session.sql(statement).await?.collect().await
}

/// Runs a statement; the count that it gives.
pub(crate) async fn insert(session: &SessionContext, statement: &str) -> Result<u64> {
    Ok(count(&run(session, statement).await?))
}

pub(crate) fn count(batches: &[RecordBatch]) -> u64 {
    assert_eq!(batches.len(), 1);
    batches[0].column(0).as_primitive::<UInt64Type>().value(0)
}

/// Runs a statement; the count that it gives, and its plan with the metrics.
pub(crate) async fn measured(
    session: &SessionContext,
    statement: &str,
) -> (Result<u64>, Arc<dyn ExecutionPlan>) {
    let frame = session.sql(statement).await.unwrap();
    let plan = frame.create_physical_plan().await.unwrap();
    let batches = collect(Arc::clone(&plan), session.task_ctx()).await;
    (batches.map(|batches| count(&batches)), plan)
}

/// A number that `EXPLAIN ANALYZE` shows.
pub(crate) fn metric(plan: &Arc<dyn ExecutionPlan>, name: &str) -> usize {
    let metrics = plan.metrics().unwrap();
    metrics.sum_by_name(name).unwrap().as_usize()
}

pub(crate) async fn kept(session: &SessionContext) -> Vec<Kept> {
    let select = "SELECT statement, row, outcome, lead_id, code FROM leads_outcomes \
                  ORDER BY statement, row";
    let mut kept = Vec::new();
    for batch in run(session, select).await.unwrap() {
        let text = |column: usize, index: usize| {
            let array = batch.column(column);
            let array = datafusion::arrow::compute::cast(
                array,
                &datafusion::arrow::datatypes::DataType::Utf8,
            )
            .unwrap();
            let array = array.as_string::<i32>();
            array.is_valid(index).then(|| array.value(index).to_owned())
        };
        for index in 0..batch.num_rows() {
            kept.push(Kept {
                statement: text(0, index).unwrap(),
                row: batch.column(1).as_primitive::<UInt64Type>().value(index),
                outcome: text(2, index).unwrap(),
                lead_id: text(3, index),
                code: text(4, index),
            });
        }
    }
    kept
}

pub(crate) fn ids(emulator: &Emulator) -> Vec<String> {
    let leads = emulator.leads().into_iter();
    let mut ids: Vec<_> = leads.map(|lead| lead.id).collect();
    ids.sort();
    ids
}

/// The ids of the leads that outcomes tell as created, in order.
pub(crate) fn created(kept: &[Kept]) -> Vec<String> {
    let created = kept.iter().filter(|kept| kept.outcome == "created");
    let mut ids: Vec<_> = created.filter_map(|kept| kept.lead_id.clone()).collect();
    ids.sort();
    ids
}

pub(crate) fn how_many(kept: &[Kept], outcome: &str) -> usize {
    kept.iter().filter(|kept| kept.outcome == outcome).count()
}

/// Checks that the outcomes are those of the first `read` rows, each once.
pub(crate) fn assert_whole(kept: &[Kept], read: u64) {
    let rows: Vec<_> = kept.iter().map(|kept| kept.row).collect();
    assert_eq!(rows, (1..=read).collect::<Vec<_>>());
}

/// What is ours of a statement's error.
pub(crate) fn ours(error: &DataFusionError) -> &LeadsError {
    let DataFusionError::External(inner) = error else {
        panic!("a cluster would take this for another error: {error:?}");
    };
    inner.downcast_ref().unwrap_or_else(|| panic!("{inner:?}"))
}

/// Waits until something is so.
pub(crate) async fn eventually(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_mins(1), waiting).await;
    waited.expect("it never became so");
}
