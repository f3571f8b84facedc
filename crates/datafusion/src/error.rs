//! What goes wrong with a statement.

use std::fmt;
use std::path::PathBuf;

use datafusion::arrow::datatypes::DataType;
use datafusion::error::DataFusionError;
use leadsquared_sink::{ConfigError, JournalError, StopReason, Summary};

/// Why a table can't be made, or a statement doesn't deliver.
///
/// It reaches the caller inside of [`DataFusionError::External`], never as
/// [`DataFusionError::IoError`]: a cluster's scheduler would run the statement again after that.
#[derive(Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LeadsError {
    /// The session has no accounts.
    #[error(
        "this session has no accounts to deliver to; give it some by SessionConfig::with_extension(Arc<Accounts>)"
    )]
    NoAccounts,

    /// The session has no account of this name.
    #[error("there is no account \"{name}\" in this session{}", known(nearest.as_deref(), names))]
    UnknownAccount {
        /// The name that was asked for.
        name: String,
        /// The name that is most like it.
        nearest: Option<String>,
        /// All there are.
        names: Vec<String>,
    },

    /// The `LOCATION` of a table is not the name of an account.
    ///
    /// What it is instead is not repeated: it might have a key in it.
    #[error(
        "the LOCATION of a LEADSQUARED table is the name of an account of this session, as in \
         'leadsquared://main', with no host, no key and nothing behind the name"
    )]
    Location,

    /// An option that a table of leads doesn't have.
    #[error("a LEADSQUARED table has no option \"{name}\"{}", known(nearest.as_deref(), names))]
    UnknownOption {
        /// The option.
        name: String,
        /// The one that is most like it.
        nearest: Option<String>,
        /// All there are.
        names: Vec<String>,
    },

    /// An option that looks like a key, or like the place of one. Its value is not repeated.
    #[error(
        "the option \"{name}\" looks like a secret, and SQL is no place for one: it is logged, planned and \
         sent around; give the session an account with these keys, and name it in LOCATION"
    )]
    SecretOption {
        /// The option.
        name: String,
    },

    /// The value of an option can't be read.
    #[error("the option \"{name}\" is \"{value}\": {problem}")]
    OptionValue {
        /// The option.
        name: String,
        /// What it is set to.
        value: String,
        /// What is wrong with it, and what it may be.
        problem: String,
    },

    /// A clause of `CREATE EXTERNAL TABLE` that means nothing for leads.
    #[error("a LEADSQUARED table has no {clause}; leave it out")]
    Clause {
        /// The clause.
        clause: &'static str,
    },

    /// The table's columns don't make leads.
    #[error("the columns of this table don't make leads: {0}")]
    Columns(leadsquared_core::Error),

    /// Something that can't be done with leads.
    #[error("{operation} is not possible with a table of leads: {instead}")]
    Operation {
        /// What was asked for.
        operation: &'static str,
        /// What to do instead.
        instead: &'static str,
    },

    /// A column of the query would be changed silently on its way into the table.
    #[error(
        "column {position} of the query, \"{column}\", is {from}, and \"{attribute}\" of {table} takes {to}: \
         that would change values or fail midway, and is not done silently; write CAST or TRY_CAST in the \
         query, or declare the column with the query's type"
    )]
    Cast {
        /// The table.
        table: String,
        /// The column's place in the query, from 1.
        position: usize,
        /// The column's name in the query.
        column: String,
        /// The query's type.
        from: Box<DataType>,
        /// The table's column.
        attribute: String,
        /// Its type.
        to: Box<DataType>,
    },

    /// The rows have other columns than the table.
    #[error(
        "the rows have the columns {given}, and the table of leads has {own}: give it these, in this order, or \
         use INSERT INTO, which brings them there"
    )]
    OtherColumns {
        /// The columns that were given, with their types.
        given: String,
        /// The table's.
        own: String,
    },

    /// Two columns are the wrong way round.
    #[error(
        "column {position} of the query is \"{column}\" and would become \"{attribute}\" of {table}, while its own \
         \"{column}\" gets another: columns go by their places, not by their names; put them in order, or \
         rename this one with AS if that is what is meant"
    )]
    Swapped {
        /// The table.
        table: String,
        /// The column's place in the query, from 1.
        position: usize,
        /// The column's name in the query.
        column: String,
        /// The table's column that it would become.
        attribute: String,
    },

    /// A name that no statement can have.
    #[error(
        "\"{name}\" can't be the name of a statement: it takes 1 to 100 letters (a to z), digits, '.', '_' and '-', \
         and doesn't begin with '.'"
    )]
    StatementName {
        /// The name.
        name: String,
    },

    /// The sink can't be started.
    #[error("{0}")]
    Config(#[from] ConfigError),

    /// The delivery was stopped before its end.
    #[error("statement {statement} stopped: {reason}. {}", books(summary))]
    Stopped {
        /// The statement.
        statement: String,
        /// Why.
        reason: StopReason,
        /// What became of its rows.
        summary: Box<Summary>,
    },

    /// What earlier attempts delivered can't be found out.
    #[error("statement {statement} can't be delivered: {cause}")]
    Claims {
        /// The statement.
        statement: String,
        /// What happened, and what to do.
        cause: JournalError,
    },

    /// The outcomes can't be kept.
    #[error("the outcomes in {} can't be {doing}: {cause}", .path.display())]
    Outcomes {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as in "written".
        doing: &'static str,
        /// What the system said.
        cause: String,
    },

    /// The plan that came from another process can't be read.
    #[error(
        "a plan with a table of leads can't be read: {problem}; use the same version everywhere"
    )]
    Codec {
        /// What is wrong with it.
        problem: String,
    },
}

/// In words: a cluster tells its clients of errors by their `Debug`.
impl fmt::Debug for LeadsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LeadsError({self})")
    }
}

impl From<LeadsError> for DataFusionError {
    fn from(error: LeadsError) -> Self {
        Self::External(Box::new(error))
    }
}

/// What there is instead.
fn known(nearest: Option<&str>, names: &[String]) -> String {
    match nearest {
        Some(nearest) => format!("; did you mean \"{nearest}\"?"),
        None if names.is_empty() => "; there are none".to_owned(),
        None => format!("; there are: {}", names.join(", ")),
    }
}

/// The books of a statement that stopped, in words.
fn books(summary: &Summary) -> String {
    let Summary {
        read,
        created,
        created_earlier,
        duplicate,
        rejected,
        unconfirmed,
        not_sent,
        ..
    } = summary;
    format!(
        "Of {read} rows read until then, {created} were created, {created_earlier} created earlier, \
         {duplicate} duplicate, {rejected} rejected, {unconfirmed} unconfirmed and {not_sent} not sent"
    )
}
