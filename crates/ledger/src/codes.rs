//! Outcomes, meanings and numbers as the tables have them.

use leadsquared_sink::Outcome;
use rusqlite::types::{FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Row, ToSql, types::FromSql};

use crate::{RunId, RunState};

/// An outcome as a small number, which takes a byte where its word takes eight.
///
/// The view `results` has the same list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutcomeCode(pub(crate) Outcome);

impl OutcomeCode {
    pub(crate) fn number(self) -> i64 {
        match self.0 {
            Outcome::Created => 0,
            Outcome::CreatedEarlier => 1,
            Outcome::Duplicate => 2,
            Outcome::Rejected => 3,
            Outcome::Unconfirmed => 4,
            Outcome::NotSent => 5,
        }
    }
}

impl ToSql for OutcomeCode {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.number().into())
    }
}

impl FromSql for OutcomeCode {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        Outcome::ALL
            .into_iter()
            .map(Self)
            .find(|code| code.number() == number)
            .ok_or(FromSqlError::OutOfRange(number))
    }
}

impl FromSql for RunState {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::parse(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

impl ToSql for RunState {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

/// A number that is never negative; every one the ledger writes fits.
#[derive(Clone, Copy)]
pub(crate) struct Count(pub(crate) u64);

impl ToSql for Count {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let number = i64::try_from(self.0)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        Ok(number.into())
    }
}

impl FromSql for Count {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        u64::try_from(number)
            .map(Self)
            .map_err(|_| FromSqlError::OutOfRange(number))
    }
}

impl ToSql for RunId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        // A number that no run can have finds none.
        Ok(i64::try_from(self.0).unwrap_or(-1).into())
    }
}

impl FromSql for RunId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Count::column_result(value).map(|count| Self(count.0))
    }
}

/// A column that holds a number which is never negative.
pub(crate) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, Count>(column).map(|count| count.0)
}
