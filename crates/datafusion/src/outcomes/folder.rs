//! The folder of outcomes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{LeadsError, OutcomesTable};

/// The folder in which each statement leaves what became of its rows: one Parquet file a statement,
/// [named](Self::file) by it and its account.
///
/// It is an extension of the session's config; without one, outcomes are counted and not kept. A file
/// has a row for each row that the statement read:
///
/// | column | |
/// |---|---|
/// | `statement` | the statement's [name](crate::StatementOptions) |
/// | `account` | the account's name |
/// | `row` | the row's place in what the query gave, from 1; it may be another when the query runs again |
/// | `outcome` | `created`, `created_earlier`, `duplicate`, `rejected`, `unconfirmed` or `not_sent` |
/// | `lead_id` | the lead's id, if the server gave one |
/// | `code`, `reason` | why, for machines and for people |
/// | `lead` | the lead as JSON |
///
/// A file appears when its statement ends, and is then whole. A statement that is given again under its
/// name replaces its file. An attempt that fails leaves one of its own, `STATEMENT@ACCOUNT.ID.failed.parquet`:
/// if the account [remembers deliveries](crate::Account::with_claims), the attempt that succeeds takes it away,
/// as it tells of the same leads; else it stays. A process that is killed leaves a hidden `.draft`.
///
/// The files hold what the leads hold: who may read the folder may read the leads. Nothing else is deleted from it.
#[derive(Clone, Debug)]
pub struct OutcomesFolder {
    path: Arc<Path>,
}

impl OutcomesFolder {
    /// The folder at `path`, which is made if it isn't there.
    ///
    /// # Errors
    /// [`LeadsError::Outcomes`] if it can't be made, isn't a folder, or has a name that is no UTF-8.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, LeadsError> {
        let path: PathBuf = path.into();
        let made = fs::create_dir_all(&path).and_then(|()| path.canonicalize());
        let cause = match made {
            // It goes into plans and addresses, which are text.
            Ok(path) if path.to_str().is_some() => return Ok(Self { path: path.into() }),
            Ok(_) => "its name is not UTF-8; choose another".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(LeadsError::Outcomes {
            path,
            doing: "kept",
            cause,
        })
    }

    /// Its path, from the root.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of a statement into this account: `STATEMENT@ACCOUNT.parquet`.
    #[must_use]
    pub fn file(&self, account: &str, statement: &str) -> PathBuf {
        self.path
            .join(format!("{}.parquet", name(account, statement)))
    }

    /// The outcomes as a table, to be registered with a session.
    #[must_use]
    pub fn table(&self) -> OutcomesTable {
        OutcomesTable::new(self.path.to_path_buf())
    }
}

/// What the names of all files of a statement into this account begin with; neither has an @.
pub(super) fn name(account: &str, statement: &str) -> String {
    format!("{statement}@{account}")
}
