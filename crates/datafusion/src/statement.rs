//! The name of a statement.

use std::any::Any;

use datafusion::common::Result;
use datafusion::common::config::{ConfigEntry, ConfigExtension, ExtensionOptions};
use datafusion::config::ConfigOptions;
use datafusion::error::DataFusionError;
use uuid::Uuid;

use crate::LeadsError;

/// The name of the setting.
const STATEMENT: &str = "statement";

/// Names the statements of a session: the option `leadsquared.statement`.
///
/// A statement's name is that of its file of outcomes, and what earlier attempts of it are known by.
/// By default each `INSERT` gets a new one, a UUID. With a name of your own, a statement that was
/// interrupted can be given again and goes on where it was, if the account remembers deliveries. It stays
/// set until it is set to another, or to an empty one. Two different statements must not share a name:
/// the second would find the first one's leads delivered, and replace its outcomes.
///
/// It takes 1 to 100 letters (a to z), digits, `.`, `_` and `-`, since it becomes a part of file names.
///
/// ```
/// use datafusion::prelude::SessionConfig;
/// use leadsquared_datafusion::StatementOptions;
///
/// let config = SessionConfig::new()
///     .with_option_extension(StatementOptions::default())
///     .set_str("leadsquared.statement", "nightly-2026-11-26");
/// // In SQL: SET leadsquared.statement = 'nightly-2026-11-26'
/// # let options = config.options().extensions.get::<StatementOptions>().unwrap();
/// # assert_eq!(options.statement(), Some("nightly-2026-11-26"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementOptions {
    statement: Option<String>,
}

impl StatementOptions {
    /// The name, if one is set.
    #[must_use]
    pub fn statement(&self) -> Option<&str> {
        self.statement.as_deref()
    }

    /// The name of the statement that is planned now: the one that is set, or a new one.
    pub(crate) fn name(options: &ConfigOptions) -> String {
        let set = options.extensions.get::<Self>();
        set.and_then(|set| set.statement.clone())
            .unwrap_or_else(|| Uuid::new_v4().to_string())
    }
}

/// Checks that `name` can be the name of a statement.
pub(crate) fn check_name(name: &str) -> std::result::Result<(), LeadsError> {
    const LONGEST: usize = 100;

    let fits = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    if name.is_empty() || name.len() > LONGEST || name.starts_with('.') || !name.chars().all(fits) {
        return Err(LeadsError::StatementName {
            name: name.to_owned(),
        });
    }
    Ok(())
}

impl ConfigExtension for StatementOptions {
    const PREFIX: &'static str = "leadsquared";
}

impl ExtensionOptions for StatementOptions {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn cloned(&self) -> Box<dyn ExtensionOptions> {
        Box::new(self.clone())
    }

    fn set(&mut self, key: &str, value: &str) -> Result<()> {
        if key != STATEMENT {
            return Err(DataFusionError::Configuration(format!(
                "there is no setting leadsquared.{key}; there is leadsquared.{STATEMENT}"
            )));
        }
        // An empty one is none: so SET can take it back.
        self.statement = if value.is_empty() {
            None
        } else {
            check_name(value)?;
            Some(value.to_owned())
        };
        Ok(())
    }

    fn entries(&self) -> Vec<ConfigEntry> {
        vec![ConfigEntry {
            key: format!("{}.{STATEMENT}", Self::PREFIX),
            value: self.statement.clone(),
            description: "The name of every INSERT INTO a table of leads from now on; set it to '' for a new one each, the default",
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_no_file_name_is_refused() {
        let mut options = StatementOptions::default();
        for name in ["../etc", ".hidden", "a b", "a/b", "é", &"a".repeat(101)] {
            assert!(options.set(STATEMENT, name).is_err(), "{name}");
        }
        options.set(STATEMENT, "nightly-2026.11_26").unwrap();
        assert_eq!(options.statement(), Some("nightly-2026.11_26"));
        options.set(STATEMENT, "").unwrap();
        assert_eq!(options.statement(), None);
    }
}
