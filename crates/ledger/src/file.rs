//! The file itself: what it must be, and how it is opened.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::Error;

/// "LSQL": tells a ledger from every other SQLite file.
const APPLICATION_ID: i64 = 0x4C53_514C;

/// The version of `schema.sql`.
const VERSION: i64 = 1;

/// How long to wait for another process that writes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a ledger is and what may be done with it.
#[derive(Clone, Debug)]
pub(crate) struct LedgerFile {
    path: PathBuf,
    is_writable: bool,
}

impl LedgerFile {
    /// Opens the file, or makes it.
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        let file = Self::at(path, true);
        let connection =
            file.open(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        // SQLite opens what it can't write for reading, and says so only here.
        if file.sql(connection.is_readonly("main"))? {
            return Err(Error::ReadOnly { path: file.path });
        }
        if file.is_blank(&connection)? {
            file.write_ahead(&connection)?;
            file.make_tables(&connection)?;
        }
        file.check(&connection)?;
        Ok(file)
    }

    /// Opens a file that must be there, to read it.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let file = Self::at(path, false);
        file.connect()?;
        Ok(file)
    }

    fn at(path: &Path, is_writable: bool) -> Self {
        // Absolute, so that it stays the same file if the process changes its folder.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self { path, is_writable }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A new connection to the file, which is a ledger.
    pub(crate) fn connect(&self) -> Result<Connection, Error> {
        if !self.path.exists() {
            let path = self.path.clone();
            return Err(Error::NotFound { path });
        }
        let connection = self.open(if self.is_writable {
            OpenFlags::SQLITE_OPEN_READ_WRITE
        } else {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        })?;
        self.check(&connection)?;
        Ok(connection)
    }

    /// A transaction that writes; what other processes write waits for its end.
    pub(crate) fn begin<'c>(&self, connection: &'c Connection) -> Result<Transaction<'c>, Error> {
        // SQLite would go on writing a file that has no name any more.
        if !self.path.exists() {
            let path = self.path.clone();
            return Err(Error::Gone { path });
        }
        self.sql(Transaction::new_unchecked(
            connection,
            TransactionBehavior::Immediate,
        ))
    }

    /// Says of an error which file it is about.
    pub(crate) fn sql<T>(&self, result: rusqlite::Result<T>) -> Result<T, Error> {
        result.map_err(|error| Error::of(&self.path, error))
    }

    fn open(&self, flags: OpenFlags) -> Result<Connection, Error> {
        if self.path.is_dir() {
            return Err(Error::CannotOpen {
                path: self.path.clone(),
                source: io::Error::from(io::ErrorKind::IsADirectory).into(),
            });
        }
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = self.sql(Connection::open_with_flags(&self.path, flags))?;
        self.sql(connection.busy_timeout(PATIENCE))?;
        // FULL: what was acknowledged survives a power cut too. It is no bottleneck (docs/ledger.md).
        self.sql(connection.pragma_update(None, "synchronous", "FULL"))?;
        Ok(connection)
    }

    fn check(&self, connection: &Connection) -> Result<(), Error> {
        if self.number(connection, "application_id")? != APPLICATION_ID {
            return Err(Error::NotALedger {
                path: self.path.clone(),
            });
        }
        let found = self.number(connection, "user_version")?;
        if found > VERSION {
            return Err(Error::Newer {
                path: self.path.clone(),
                found,
                known: VERSION,
            });
        }
        Ok(())
    }

    /// Whether nothing is in the file, not even another program's mark.
    fn is_blank(&self, connection: &Connection) -> Result<bool, Error> {
        Ok(self.number(connection, "application_id")? == 0
            && self.number(connection, "user_version")? == 0
            && self.number_of_tables(connection)? == 0)
    }

    fn number(&self, connection: &Connection, pragma: &str) -> Result<i64, Error> {
        self.sql(connection.pragma_query_value(None, pragma, |row| row.get(0)))
    }

    fn number_of_tables(&self, connection: &Connection) -> Result<i64, Error> {
        let count = "SELECT count(*) FROM sqlite_schema";
        self.sql(connection.query_row(count, (), |row| row.get(0)))
    }

    /// Turns the write-ahead log on, which the file remembers.
    ///
    /// SQLite doesn't wait here for another process that does the same, so we do.
    fn write_ahead(&self, connection: &Connection) -> Result<(), Error> {
        let begun = Instant::now();
        loop {
            let result = connection.pragma_update(None, "journal_mode", "WAL");
            match result {
                Err(error)
                    if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                        && begun.elapsed() < PATIENCE =>
                {
                    std::thread::sleep(Duration::from_millis(5));
                }
                result => return self.sql(result),
            }
        }
    }

    fn make_tables(&self, connection: &Connection) -> Result<(), Error> {
        let transaction = self.begin(connection)?;
        // Another process may have been faster.
        if self.is_blank(&transaction)? {
            self.sql(transaction.execute_batch(include_str!("schema.sql")))?;
            self.sql(transaction.pragma_update(None, "application_id", APPLICATION_ID))?;
            self.sql(transaction.pragma_update(None, "user_version", VERSION))?;
        }
        self.sql(transaction.commit())
    }
}
