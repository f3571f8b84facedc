//! How a table's rows are delivered.

use std::collections::{BTreeMap, HashMap};

use datafusion::arrow::datatypes::Schema;
use leadsquared_core::{ColumnRules, Mapping, Nulls, nearest};
use leadsquared_sink::{Ambiguous, MaxRejects, SinkConfigBuilder};

use crate::LeadsError;

const UNIQUE_FIELDS: &str = "unique_fields";
const NULLS: &str = "nulls";
const AMBIGUOUS: &str = "ambiguous";
const MAX_REJECTS: &str = "max_rejects";
const NAMES: [&str; 4] = [UNIQUE_FIELDS, NULLS, AMBIGUOUS, MAX_REJECTS];

/// What `CREATE EXTERNAL TABLE` puts before an option that has no prefix of its own.
const PREFIX: &str = "format.";

/// How the rows of a [`LeadsTable`](crate::LeadsTable) are delivered: the `OPTIONS` of `CREATE EXTERNAL
/// TABLE`.
///
/// | option | | default |
/// |---|---|---|
/// | `unique_fields` | the account's unique fields, of which a lead must have one: `'EmailAddress, mx_Id'` | `EmailAddress, Phone` |
/// | `nulls` | what a null does: `'omit'` leaves the attribute out of the lead, `'clear'` sends an empty value | `omit` |
/// | `ambiguous` | what follows if a call's answer never came: `'retry'` or `'hold'` | the account's |
/// | `max_rejects` | how many rows may be rejected before the statement stops: `'100'` or `'5%'` | the account's |
///
/// Everything else is said in the query: names with `AS`, values with its functions.
///
/// ```
/// use leadsquared_core::Nulls;
/// use leadsquared_datafusion::DeliveryOptions;
///
/// let options = DeliveryOptions::new().with_nulls(Nulls::Clear).with_unique_fields(["mx_Id"]);
/// let written = [("nulls", "clear"), ("unique_fields", "mx_Id")];
/// assert_eq!(DeliveryOptions::parse(written)?, options);
/// # Ok::<(), leadsquared_datafusion::LeadsError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeliveryOptions {
    unique_fields: Option<Vec<String>>,
    nulls: Nulls,
    ambiguous: Option<Ambiguous>,
    max_rejects: Option<MaxRejects>,
}

impl DeliveryOptions {
    /// Everything by default.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the account's unique fields: a row without a value in any of them is rejected.
    #[must_use]
    pub fn with_unique_fields<I>(mut self, attributes: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.unique_fields = Some(attributes.into_iter().map(Into::into).collect());
        self
    }

    /// Sets what a null does; by default its attribute is left out of the lead.
    #[must_use]
    pub fn with_nulls(mut self, nulls: Nulls) -> Self {
        self.nulls = nulls;
        self
    }

    /// Sets what follows if a call's answer never came; by default what the account's settings say.
    #[must_use]
    pub fn with_ambiguous(mut self, ambiguous: Ambiguous) -> Self {
        self.ambiguous = Some(ambiguous);
        self
    }

    /// Sets how many rows may be rejected before the statement stops; by default what the account's
    /// settings say.
    #[must_use]
    pub fn with_max_rejects(mut self, most: MaxRejects) -> Self {
        self.max_rejects = Some(most);
        self
    }

    /// The options that are written so.
    ///
    /// # Errors
    /// [`LeadsError::UnknownOption`] with the nearest there is, [`LeadsError::SecretOption`] for what looks
    /// like a key, [`LeadsError::OptionValue`].
    pub fn parse<'a>(
        written: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, LeadsError> {
        let mut options = Self::new();
        for (name, value) in written {
            options.set(name.strip_prefix(PREFIX).unwrap_or(name), value)?;
        }
        Ok(options)
    }

    pub(super) fn of(written: &HashMap<String, String>) -> Result<Self, LeadsError> {
        // In order, so that of two mistakes always the same one is told.
        let written: BTreeMap<_, _> = written.iter().collect();
        Self::parse(
            written
                .into_iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        )
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), LeadsError> {
        let wrong = |problem: String| LeadsError::OptionValue {
            name: name.to_owned(),
            value: value.to_owned(),
            problem,
        };
        match name {
            UNIQUE_FIELDS => {
                let fields = value.split(',').map(str::trim).map(str::to_owned);
                let fields: Vec<String> = fields.filter(|field| !field.is_empty()).collect();
                if fields.is_empty() {
                    return Err(wrong("name at least one attribute".to_owned()));
                }
                self.unique_fields = Some(fields);
            }
            NULLS => {
                self.nulls = match value {
                    "omit" => Nulls::Omit,
                    "clear" => Nulls::Clear,
                    _ => return Err(wrong("it can be omit or clear".to_owned())),
                }
            }
            AMBIGUOUS => {
                self.ambiguous = Some(match value {
                    "retry" => Ambiguous::Retry,
                    "hold" => Ambiguous::Hold,
                    _ => return Err(wrong("it can be retry or hold".to_owned())),
                });
            }
            MAX_REJECTS => {
                let most: Result<MaxRejects, _> = value.parse();
                self.max_rejects = Some(most.map_err(|error| wrong(error.to_string()))?);
            }
            _ if looks_secret(name) => {
                return Err(LeadsError::SecretOption {
                    name: name.to_owned(),
                });
            }
            _ => {
                return Err(LeadsError::UnknownOption {
                    name: name.to_owned(),
                    nearest: nearest(name, NAMES).map(str::to_owned),
                    names: NAMES.map(str::to_owned).to_vec(),
                });
            }
        }
        Ok(())
    }

    /// The options as they are written; what is by default is left out.
    #[cfg(feature = "codec")]
    pub(crate) fn written(&self) -> Vec<(&'static str, String)> {
        let nulls = (self.nulls != Nulls::default()).then(|| "clear".to_owned());
        let ambiguous = self.ambiguous.map(|ambiguous| match ambiguous {
            Ambiguous::Retry => "retry".to_owned(),
            Ambiguous::Hold => "hold".to_owned(),
        });
        [
            (
                UNIQUE_FIELDS,
                self.unique_fields.as_ref().map(|fields| fields.join(",")),
            ),
            (NULLS, nulls),
            (AMBIGUOUS, ambiguous),
            (MAX_REJECTS, self.max_rejects.map(|most| most.to_string())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }

    /// How the columns of `schema` become attributes.
    pub(super) fn mapping(&self, schema: &Schema) -> Mapping {
        let mut mapping = Mapping::new();
        if let Some(fields) = &self.unique_fields {
            mapping = mapping.unique_fields(fields);
        }
        if self.nulls != Nulls::default() {
            mapping = mapping.default_rules(ColumnRules::new().nulls(self.nulls));
        }
        // Only a name that is given says that its dot is one of a field set.
        for field in schema
            .fields()
            .iter()
            .filter(|field| field.name().contains('.'))
        {
            mapping = mapping.rename(field.name(), field.name());
        }
        mapping
    }

    /// Sets what they say of the sink.
    pub(crate) fn apply(&self, mut builder: SinkConfigBuilder) -> SinkConfigBuilder {
        if let Some(ambiguous) = self.ambiguous {
            builder = builder.with_ambiguous(ambiguous);
        }
        if let Some(most) = self.max_rejects {
            builder = builder.with_max_rejects(most);
        }
        builder
    }
}

/// Whether an option is what people call their keys, or where they would put them.
fn looks_secret(name: &str) -> bool {
    const WORDS: [&str; 7] = [
        "key",
        "secret",
        "token",
        "password",
        "credential",
        "auth",
        "host",
    ];

    let name = name.to_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_option_is_told_with_the_nearest() {
        assert_eq!(
            DeliveryOptions::parse([("format.unique_field", "Phone")])
                .unwrap_err()
                .to_string(),
            "a LEADSQUARED table has no option \"unique_field\"; did you mean \"unique_fields\"?"
        );
    }

    #[test]
    fn a_key_is_refused_and_not_repeated() {
        for name in ["access_key", "SecretKey", "x-lsq-token", "host"] {
            let error = DeliveryOptions::parse([(name, "hunter2")]).unwrap_err();
            assert!(matches!(error, LeadsError::SecretOption { .. }), "{name}");
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }

    #[test]
    fn a_value_that_cant_be_is_told_with_what_can() {
        for (name, value) in [
            (NULLS, "keep"),
            (AMBIGUOUS, "maybe"),
            (MAX_REJECTS, "many"),
            (UNIQUE_FIELDS, " , "),
        ] {
            let error = DeliveryOptions::parse([(name, value)]).unwrap_err();
            assert!(matches!(error, LeadsError::OptionValue { .. }), "{name}");
        }
    }

    #[cfg(feature = "codec")]
    #[test]
    fn what_is_written_reads_back_as_the_same() {
        let all = DeliveryOptions::new()
            .with_unique_fields(["mx_Id", "Phone"])
            .with_nulls(Nulls::Clear)
            .with_ambiguous(Ambiguous::Hold)
            .with_max_rejects("5%".parse().unwrap());
        for options in [all, DeliveryOptions::new()] {
            let written = options.written();
            let written = written.iter().map(|(name, value)| (*name, value.as_str()));
            assert_eq!(DeliveryOptions::parse(written), Ok(options));
        }
    }
}
