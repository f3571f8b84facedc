//! What the tests share.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use leadsquared_core::Row;
use leadsquared_ledger::{InputSpec, Ledger, Run, RunSpec, fingerprint};
use leadsquared_sink::{CallId, Conclusion, Intent, Journal, Meaning, Outcome, SettledRow};
use tempfile::TempDir;

/// A folder with a ledger and one input of a few bytes.
pub(crate) struct Scene {
    folder: TempDir,
    pub(crate) ledger: Ledger,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("leads.ndjson"), "{}\n{}\n").unwrap();
        let ledger = Ledger::open(folder.path().join("ledger.db")).unwrap();
        Self { folder, ledger }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The spec of a load of `leads.ndjson` as it is now.
    pub(crate) fn spec(&self) -> RunSpec {
        self.spec_of(&["leads.ndjson"])
    }

    pub(crate) fn spec_of(&self, names: &[&str]) -> RunSpec {
        RunSpec {
            account: "api-in21.leadsquared.com".to_owned(),
            inputs: names.iter().map(|name| input(&self.path(name))).collect(),
            options: "mapping = {}".to_owned(),
            mapping_path: None,
        }
    }

    /// The ledger as SQL sees it.
    pub(crate) fn sql(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.ledger.path()).unwrap()
    }
}

pub(crate) fn input(path: &Path) -> InputSpec {
    InputSpec {
        url: None,
        name: path.file_name().unwrap().to_str().unwrap().to_owned(),
        path: Some(path.to_owned()),
        size: None,
        fingerprint: Some(fingerprint(path).unwrap()),
    }
}

pub(crate) fn row(number: u64) -> Row {
    row_of("leads.ndjson", number)
}

pub(crate) fn row_of(source: &str, number: u64) -> Row {
    Row {
        source: Arc::from(source),
        number,
    }
}

pub(crate) fn intent(rows: impl IntoIterator<Item = u64>) -> Intent {
    Intent {
        rows: rows.into_iter().map(row).collect(),
        at: SystemTime::now(),
        timeout: Duration::from_secs(30),
    }
}

pub(crate) fn ended(meaning: Meaning) -> Conclusion {
    Conclusion {
        at: SystemTime::now(),
        status: (meaning == Meaning::Rows).then_some(200),
        meaning,
    }
}

/// The end of a row for good.
pub(crate) fn end(number: u64, outcome: Outcome) -> SettledRow {
    SettledRow {
        row: row(number),
        outcome,
        lead_id: (outcome == Outcome::Created).then(|| format!("lead-{number}")),
        code: (outcome == Outcome::Rejected).then(|| "no-unique-field".to_owned()),
        reason: (outcome == Outcome::Rejected).then(|| "no value in any unique field".to_owned()),
        is_final: true,
    }
}

/// The end of a row because the run was stopped.
pub(crate) fn stopped(number: u64, outcome: Outcome) -> SettledRow {
    SettledRow {
        is_final: false,
        ..end(number, outcome)
    }
}

/// A call that was answered with these ends.
pub(crate) async fn call(run: &Run, ends: Vec<SettledRow>) -> CallId {
    let rows = ends.iter().map(|end| end.row.number).collect::<Vec<_>>();
    let call = run.intend(intent(rows)).await.unwrap();
    run.conclude(call, ended(Meaning::Rows), ends)
        .await
        .unwrap();
    call
}
