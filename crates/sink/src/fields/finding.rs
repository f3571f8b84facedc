//! What can be wrong with the values of leads, in words.

use std::fmt;

use leadsquared_core::Row;

/// What is wrong with an attribute's values, in how many rows.
///
/// Displays as what is wrong, with a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ValueFinding {
    /// The attribute.
    pub attribute: String,
    /// What is wrong.
    pub fault: ValueFault,
    /// In how many rows.
    pub rows: u64,
    /// The first few of them.
    pub first: Vec<Row>,
    /// The value in the first of them, shortened; empty if there is none.
    pub sample: String,
}

/// What can be wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueFault {
    /// The account has no field for it: it refuses the whole call.
    Unknown {
        /// The account's schema name most like it.
        nearest: Option<String>,
    },
    /// It has more characters than the field takes.
    TooLong {
        /// The most characters that the field takes.
        most: u64,
        /// The most that one of the values has.
        longest: u64,
    },
    /// It is none of the field's options.
    NotAnOption {
        /// The option most like the sample.
        nearest: Option<String>,
    },
    /// The field is mandatory, and the row has no value for it.
    Empty,
    /// It can't be what the field takes.
    NotA {
        /// What that is: `a number`, `an e-mail address`.
        kind: &'static str,
    },
}

impl ValueFault {
    /// A short, stable code for machines: `unknown-attribute`, `too-long`, `not-an-option`,
    /// `mandatory-empty` or `not-a-value`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown-attribute",
            Self::TooLong { .. } => "too-long",
            Self::NotAnOption { .. } => "not-an-option",
            Self::Empty => "mandatory-empty",
            Self::NotA { .. } => "not-a-value",
        }
    }
}

impl fmt::Display for ValueFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            attribute, sample, ..
        } = self;
        let did_you_mean = |f: &mut fmt::Formatter<'_>, nearest: &Option<String>| match nearest {
            Some(nearest) => write!(f, " (did you mean {nearest:?}?)"),
            None => Ok(()),
        };
        match &self.fault {
            ValueFault::Unknown { nearest } => {
                write!(f, "\"{attribute}\" is set, which the account doesn't have")?;
                did_you_mean(f, nearest)
            }
            ValueFault::TooLong { most, longest } => write!(
                f,
                "{attribute} has more than {most} characters ({sample:?} has {longest})"
            ),
            ValueFault::NotAnOption { nearest } => {
                write!(
                    f,
                    "{attribute} has {sample:?}, which is not among its options"
                )?;
                did_you_mean(f, nearest)
            }
            ValueFault::Empty => write!(f, "{attribute} is empty, and mandatory in the account"),
            ValueFault::NotA { kind } => {
                write!(f, "{attribute} has {sample:?}, which is not {kind}")
            }
        }
    }
}
