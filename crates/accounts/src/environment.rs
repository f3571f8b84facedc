//! The environment's variables.

use std::env;

/// A variable of the environment whose value is no text.
///
/// The value is not repeated: it may be a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is not UTF-8 text")]
#[non_exhaustive]
pub struct NotText {
    /// The variable.
    pub name: String,
}

/// The value of the environment's variable `name`, none if it isn't set.
///
/// Nothing but blanks is no value either: an empty variable is how some shells and services unset one.
///
/// ```
/// use leadsquared_accounts::variable;
///
/// assert_eq!(variable("LEADSQUARED_NO_SUCH_VARIABLE")?, None);
/// # Ok::<(), leadsquared_accounts::NotText>(())
/// ```
///
/// # Errors
///
/// If the value is not UTF-8 text.
pub fn variable(name: &str) -> Result<Option<String>, NotText> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.trim().is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        // The error itself would show the value.
        Err(env::VarError::NotUnicode(_)) => Err(NotText {
            name: name.to_owned(),
        }),
    }
}
