//! The folder of outcomes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{LeadsError, OutcomesTable};

/// The folder in which each statement leaves what became of its rows: one Parquet file a statement,
/// named by it.
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
/// A file appears when its statement ends, also when it fails, and is then whole. A statement that is
/// given again replaces its file, unless it fails. The files hold what the leads hold: who may read the
/// folder may read the leads.
#[derive(Clone, Debug)]
pub struct OutcomesFolder {
    path: Arc<Path>,
}

impl OutcomesFolder {
    /// The folder at `path`, which is made if it isn't there.
    ///
    /// # Errors
    /// [`LeadsError::Outcomes`] if it can't be made, or isn't a folder.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, LeadsError> {
        let path: PathBuf = path.into();
        let made = fs::create_dir_all(&path).and_then(|()| path.canonicalize());
        match made {
            Ok(path) => Ok(Self { path: path.into() }),
            Err(error) => Err(LeadsError::Outcomes {
                path,
                doing: "kept",
                cause: error.to_string(),
            }),
        }
    }

    /// Its path, from the root.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The outcomes as a table, to be registered with a session.
    #[must_use]
    pub fn table(&self) -> OutcomesTable {
        OutcomesTable::new(self.path.to_path_buf())
    }
}
