//! What the tests share.

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use leadsquared_datafusion::{Account, Accounts, LeadsError, OutcomesFolder, with_leads};
use leadsquared_emulator::{Emulator, EmulatorBuilder};
use leadsquared_sink::{Credentials, SinkConfig};
use parquet::arrow::ArrowWriter;

/// A session with an account "main", which is an emulator, and the table `leads_outcomes`.
pub(crate) struct Desk {
    pub(crate) emulator: Emulator,
    pub(crate) session: SessionContext,
    pub(crate) folder: tempfile::TempDir,
}

impl Desk {
    pub(crate) async fn new() -> Self {
        Self::with(Emulator::builder()).await
    }

    pub(crate) async fn with(emulator: EmulatorBuilder) -> Self {
        let emulator = emulator.start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let outcomes = OutcomesFolder::create(folder.path().join("outcomes")).unwrap();
        let config = SessionConfig::new()
            .with_extension(Arc::new(Accounts::new().with("main", account(&emulator))))
            .with_extension(Arc::new(outcomes.clone()));
        let session = session(config);
        session
            .register_table("leads_outcomes", Arc::new(outcomes.table()))
            .unwrap();
        Self {
            emulator,
            session,
            folder,
        }
    }

    /// Makes the table "leads" with these columns.
    pub(crate) async fn leads(&self, columns: &str) {
        self.sql(&create(columns, "")).await;
    }

    /// What a statement gives, as text.
    pub(crate) async fn sql(&self, statement: &str) -> Vec<Vec<String>> {
        let frame = self.session.sql(statement).await.unwrap();
        rows(&frame.collect().await.unwrap())
    }

    /// What is wrong with a statement.
    pub(crate) async fn error(&self, statement: &str) -> DataFusionError {
        match self.session.sql(statement).await {
            Err(error) => error,
            Ok(frame) => frame.collect().await.expect_err(statement),
        }
    }

    /// How many rows an `INSERT` says that it brought in.
    pub(crate) async fn insert(&self, statement: &str) -> u64 {
        let rows = self.sql(statement).await;
        assert_eq!(rows.len(), 1);
        rows[0][0].parse().unwrap()
    }

    /// Checks that the outcomes of all statements are those of `read` rows, each once, and that those
    /// that are created are the emulator's leads.
    pub(crate) async fn books(&self, read: usize) {
        let outcomes = self
            .sql("SELECT statement, row, outcome, lead_id FROM leads_outcomes")
            .await;
        assert_eq!(outcomes.len(), read);
        let mut numbers: Vec<_> = outcomes.iter().map(|row| (&row[0], &row[1])).collect();
        numbers.sort();
        numbers.dedup();
        assert_eq!(numbers.len(), read, "each row has one outcome");
        let created = outcomes.iter().filter(|row| row[2] == "created");
        let mut created: Vec<_> = created.map(|row| row[3].clone()).collect();
        let mut leads: Vec<_> = self
            .emulator
            .leads()
            .into_iter()
            .map(|lead| lead.id)
            .collect();
        created.sort();
        leads.sort();
        assert_eq!(created, leads);
    }

    /// Writes a Parquet file into the folder.
    pub(crate) fn parquet(&self, name: &str, batch: &RecordBatch) -> String {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_parquet(&path, batch);
        path.to_str().unwrap().to_owned()
    }
}

pub(crate) fn session(config: SessionConfig) -> SessionContext {
    let builder = SessionStateBuilder::new_with_default_features().with_config(config);
    SessionContext::new_with_state(with_leads(builder).build()).enable_url_table()
}

pub(crate) fn account(emulator: &Emulator) -> Account {
    let keys = Credentials::new(emulator.access_key(), emulator.secret_key());
    Account::new(SinkConfig::new(emulator.url(), keys).build().unwrap())
}

pub(crate) fn create(columns: &str, options: &str) -> String {
    format!(
        "CREATE EXTERNAL TABLE leads ({columns}) STORED AS LEADSQUARED \
         LOCATION 'leadsquared://main' {options}"
    )
}

pub(crate) fn write_parquet(path: &Path, batch: &RecordBatch) {
    let file = std::fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

/// The cells of batches as text; nulls are "NULL".
pub(crate) fn rows(batches: &[RecordBatch]) -> Vec<Vec<String>> {
    let options = FormatOptions::default().with_null("NULL");
    let mut rows = Vec::new();
    for batch in batches {
        let columns = batch.columns().iter();
        let cells: Vec<_> = columns
            .map(|column| ArrayFormatter::try_new(column, &options).unwrap())
            .collect();
        rows.extend((0..batch.num_rows()).map(|row| {
            cells
                .iter()
                .map(|cell| cell.value(row).to_string())
                .collect()
        }));
    }
    rows
}

/// Our own error inside of DataFusion's.
pub(crate) fn ours(error: &DataFusionError) -> &LeadsError {
    let DataFusionError::External(error) = error.find_root() else {
        panic!("{error:?}");
    };
    error.downcast_ref().unwrap()
}
