//! The account's lead fields, as `LeadsMetaData.Get` lists them.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A lead field of the account.
///
/// ```
/// use leadsquared_emulator::LeadField;
///
/// let city = LeadField::new("mx_City", "Text").display_name("City").max_length(50);
/// let segment = LeadField::new("mx_Segment", "Select").options(["Startup", "Enterprise"]).mandatory();
/// assert_eq!(city.schema_name(), "mx_City");
/// assert_ne!(city, segment);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LeadField {
    pub(crate) schema_name: String,
    #[serde(default)]
    pub(crate) display_name: String,
    #[serde(default = "text")]
    pub(crate) data_type: String,
    /// How a form shows it: `MultiSelect` takes several options, and one with `Others` any text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) render_type_text_value: Option<String>,
    /// A number, written as a string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_length: Option<String>,
    #[serde(default)]
    pub(crate) is_mandatory: bool,
    #[serde(default)]
    pub(crate) is_unique: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default_value: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) options: Vec<Choice>,
}

/// One of the values that a `Select` or a `MultiSelect` takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Choice {
    pub(crate) value: String,
}

fn text() -> String {
    "Text".to_owned()
}

impl LeadField {
    /// A field that takes any text: no largest length, not mandatory, not unique.
    ///
    /// `data_type` is the API's name: `Text`, `Number`, `Email`, `Phone`, `Website`, `Date`,
    /// `DateTime`, `Time`, `Select`, `MultiSelect`, `Boolean` and the like.
    pub fn new(schema_name: impl Into<String>, data_type: impl Into<String>) -> Self {
        let schema_name = schema_name.into();
        let words = schema_name.strip_prefix("mx_").unwrap_or(&schema_name);
        Self {
            display_name: words.replace('_', " "),
            schema_name,
            data_type: data_type.into(),
            render_type_text_value: None,
            max_length: None,
            is_mandatory: false,
            is_unique: false,
            default_value: None,
            options: Vec::new(),
        }
    }

    /// The name that people see. Default: the schema name without `mx_` and underscores.
    #[must_use]
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.display_name = name.into();
        self
    }

    /// The most characters of a value. Default: any number.
    #[must_use]
    pub fn max_length(mut self, characters: usize) -> Self {
        self.max_length = Some(characters.to_string());
        self
    }

    /// Every lead must have a value in it, unless it has a [default](Self::default_value).
    #[must_use]
    pub fn mandatory(mut self) -> Self {
        self.is_mandatory = true;
        self
    }

    /// No two leads have the same value.
    #[must_use]
    pub fn unique(mut self) -> Self {
        self.is_unique = true;
        self
    }

    /// What a lead gets that has no value in it. Default: nothing.
    #[must_use]
    pub fn default_value(mut self, value: impl Into<String>) -> Self {
        self.default_value = Some(value.into());
        self
    }

    /// The values that it takes; a `MultiSelect` takes several, with `;` between them. Default: any.
    #[must_use]
    pub fn options<I>(mut self, values: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        let values = values.into_iter();
        let choice = |value: I::Item| Choice {
            value: value.into(),
        };
        self.options = values.map(choice).collect();
        self
    }

    /// The name that attributes of a lead use.
    #[must_use]
    pub fn schema_name(&self) -> &str {
        &self.schema_name
    }

    /// Reads fields as `LeadsMetaData.Get` answers them: an array of objects. Keys that matter to
    /// nothing here are passed over.
    ///
    /// ```
    /// use leadsquared_emulator::LeadField;
    ///
    /// let json = r#"[{"SchemaName":"mx_City","DataType":"Text","MaxLength":"50","SortOrder":7}]"#;
    /// assert_eq!(LeadField::read(json)?[0].schema_name(), "mx_City");
    /// assert!(LeadField::read("{}").is_err());
    /// # Ok::<(), leadsquared_emulator::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Fields`] for anything else, or a `MaxLength` that is no number.
    pub fn read(json: &str) -> Result<Vec<Self>, Error> {
        let error = |cause: &dyn Display| Error::Fields {
            cause: cause.to_string(),
        };
        let fields: Vec<Self> = serde_json::from_str(json).map_err(|cause| error(&cause))?;
        let odd = |field: &&Self| field.max_length.is_some() && field.most_characters().is_none();
        match fields.iter().find(odd) {
            Some(field) => Err(error(&format_args!(
                "the MaxLength of {} is no number",
                field.schema_name
            ))),
            None => Ok(fields),
        }
    }

    /// The fields of an account that is like a new one, with some custom fields.
    #[must_use]
    pub fn usual() -> Vec<Self> {
        let text = |name: &str, most: usize| Self::new(name, "Text").max_length(most);
        let named = |name: &str, shown: &str, kind: &str, most: usize| {
            Self::new(name, kind).display_name(shown).max_length(most)
        };
        vec![
            named("FirstName", "First Name", "Text", 200),
            named("LastName", "Last Name", "Text", 200),
            named("EmailAddress", "Email", "Email", 200).unique(),
            named("Phone", "Phone Number", "Phone", 50).unique(),
            text("Company", 200),
            Self::new("Website", "Website").max_length(500),
            named("JobTitle", "Job Title", "Text", 200),
            named("Source", "Lead Source", "Text", 200),
            text("Notes", 2000),
            text("mx_Street1", 200),
            text("mx_City", 100),
            text("mx_State", 100),
            text("mx_Country", 100),
            text("mx_Zip", 50),
            Self::new("mx_Date_of_Birth", "Date"),
            Self::new("mx_Signed_Up", "DateTime"),
            Self::new("mx_Preferred_Time", "Time"),
            Self::new("mx_Score", "Number"),
            Self::new("mx_Visits", "Number"),
            Self::new("mx_Annual_Revenue", "Number"),
            Self::new("mx_Subscribed", "Boolean"),
            Self::new("mx_Segment", "Select").options([
                "Enterprise",
                "Mid-market",
                "Startup",
                "Öffentlich",
                "शिक्षा",
            ]),
            Self::new("mx_Interests", "MultiSelect").options([
                "Analytics",
                "Billing",
                "CRM",
                "Données",
                "Support 24/7",
                "विपणन",
                "自動化",
            ]),
            Self::new("mx_KYC", "CustomObject"),
        ]
    }

    /// The most characters of a value.
    pub(crate) fn most_characters(&self) -> Option<usize> {
        self.max_length.as_deref()?.trim().parse().ok()
    }

    /// Whether a lead must bring a value.
    pub(crate) fn must_be_given(&self) -> bool {
        let default = self.default_value.as_deref().unwrap_or_default();
        self.is_mandatory && default.trim().is_empty()
    }

    /// What is wrong with a value of it, as the row's `ErrorMessage`.
    pub(crate) fn check(&self, value: &str) -> Result<(), String> {
        let name = &self.schema_name;
        let length = value.chars().count();
        if let Some(most) = self.most_characters().filter(|most| length > *most) {
            return Err(format!(
                "Invalid data: {name} has {length} characters and may have {most}"
            ));
        }
        let takes = |value: &str| {
            value.is_empty() || self.options.iter().any(|option| option.value == value)
        };
        let shown_as = |name| {
            let render_type = self.render_type_text_value.as_deref();
            render_type.is_some_and(|render_type| render_type.contains(name))
        };
        let is_select = ["Select", "MultiSelect"].contains(&self.data_type.as_str());
        let stranger = if !is_select || self.options.is_empty() || shown_as("Others") {
            None
        } else if self.data_type == "MultiSelect" || shown_as("MultiSelect") {
            value.split(';').map(str::trim).find(|value| !takes(value))
        } else {
            Some(value).filter(|value| !takes(value))
        };
        match stranger {
            Some(value) => Err(format!(
                "Invalid data: `{value}` is not an option of {name}"
            )),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_counts_characters() {
        let field = LeadField::new("mx_City", "Text").max_length(4);
        assert_eq!(field.check("Köln"), Ok(()));
        assert_eq!(
            field.check("Kölns"),
            Err("Invalid data: mx_City has 5 characters and may have 4".to_owned())
        );
    }

    #[test]
    fn only_a_multi_select_takes_several_options() {
        let one = LeadField::new("a", "Select").options(["x", "y"]);
        assert_eq!(
            (one.check("x"), one.check(""), one.check("x;y").is_err()),
            (Ok(()), Ok(()), true)
        );
        let several = LeadField::new("a", "MultiSelect").options(["x", "y"]);
        assert_eq!(
            (several.check("x;y"), several.check("y; x")),
            (Ok(()), Ok(()))
        );
        assert_eq!(
            several.check("x;z"),
            Err("Invalid data: `z` is not an option of a".to_owned())
        );
    }

    #[test]
    fn how_a_field_is_shown_says_what_it_takes() {
        let read = |shown: &str| {
            let json = format!(
                r#"[{{"SchemaName":"a","DataType":"Select","RenderTypeTextValue":"{shown}",
                "Options":[{{"Value":"x"}},{{"Value":"y"}}]}}]"#
            );
            LeadField::read(&json).unwrap().remove(0)
        };
        let takes = |shown, value| read(shown).check(value).is_ok();
        assert!(takes("Dropdown", "x") && !takes("Dropdown", "x;y"));
        assert!(takes("MultiSelect", "x;y") && !takes("MultiSelect", "x;z"));
        assert!(takes("DropDownWithOthers", "z"));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let fields = LeadField::usual();
        let json = serde_json::to_string(&fields).unwrap();
        assert!(json.contains(r#""MaxLength":"200""#), "{json}");
        assert_eq!(LeadField::read(&json).unwrap(), fields);
    }

    #[test]
    fn what_is_no_list_of_fields_is_refused() {
        for json in [
            "",
            "{}",
            "[1]",
            r#"[{"DisplayName":"City"}]"#,
            r#"[{"SchemaName":"a","MaxLength":"many"}]"#,
        ] {
            let error = LeadField::read(json).unwrap_err().to_string();
            assert!(error.contains("LeadsMetaData.Get"), "{error}");
        }
    }
}
