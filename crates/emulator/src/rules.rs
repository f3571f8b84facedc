//! What makes a lead acceptable, beyond being well formed. Where the contract is silent, a switch.

use std::collections::HashSet;

use crate::envelope::Refusal;
use crate::field::LeadField;
use crate::lead::Draft;
use crate::names::named;

/// What becomes of a lead that names one attribute twice. The contract does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RepeatedAttribute {
    /// The call is refused with 400: the default, as it hides no mistake.
    #[default]
    Refuse,
    /// The last value counts, at the place of the first.
    LastWins,
}

named!(RepeatedAttribute, "rule for repeated attributes", {
    Refuse => "refuse",
    LastWins => "last-wins",
});

/// What becomes of a lead that has a unique value of an earlier lead of the same call. The
/// contract does not say; the two leads of its sample request share a phone number, and both are
/// created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DuplicateInCall {
    /// It is a duplicate, as if the two had come in two calls: the default, as unique then means
    /// unique.
    #[default]
    Refuse,
    /// Both are created: only leads of earlier calls are looked at.
    Create,
}

named!(DuplicateInCall, "rule for duplicates in a call", {
    Refuse => "refuse",
    Create => "create",
});

/// How a duplicate is told. The contract does not say.
///
/// The row of a duplicate, by default and with [`RowWithLeadId`](Self::RowWithLeadId):
///
/// ```json
/// {"RowNumber":1,"LeadCreated":false,"ErrorMessage":"Duplicate Phone: there is a lead with this value","ExceptionType":"MXDuplicateEntryException"}
/// {"RowNumber":1,"LeadId":"72f6999d-951f-45fc-984c-97e978ed3bc2","LeadCreated":false,"ErrorMessage":"Duplicate Phone: there is a lead with this value","ExceptionType":"MXDuplicateEntryException"}
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DuplicateAnswer {
    /// In its row: `LeadCreated` is false, `ErrorMessage` begins with `Duplicate`, and there is no
    /// `LeadId`. The other rows are created. The default.
    #[default]
    Row,
    /// The same, with the `LeadId` of the lead that is there already.
    RowWithLeadId,
    /// The whole call is refused with 500 and `MXDuplicateEntryException`; nothing is created.
    WholeCall,
}

named!(DuplicateAnswer, "answer to a duplicate", {
    Row => "row",
    RowWithLeadId => "row-with-lead-id",
    WholeCall => "whole-call",
});

/// The account's rules.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) unique_fields: Vec<String>,
    pub(crate) known_attributes: Option<HashSet<String>>,
    pub(crate) fields: Vec<LeadField>,
    /// Whether leads are held against the fields.
    pub(crate) strict_fields: bool,
    pub(crate) poison: Vec<(String, String)>,
    pub(crate) check_formats: bool,
    pub(crate) repeated_attribute: RepeatedAttribute,
    pub(crate) duplicate_in_call: DuplicateInCall,
    pub(crate) duplicate_answer: DuplicateAnswer,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            unique_fields: vec!["EmailAddress".to_owned(), "Phone".to_owned()],
            known_attributes: None,
            fields: LeadField::usual(),
            strict_fields: false,
            poison: Vec::new(),
            check_formats: false,
            repeated_attribute: RepeatedAttribute::default(),
            duplicate_in_call: DuplicateInCall::default(),
            duplicate_answer: DuplicateAnswer::default(),
        }
    }
}

/// Why a lead's row failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowRefusal {
    pub(crate) exception: &'static str,
    pub(crate) message: String,
}

const NAMES: [&str; 4] = ["FirstName", "LastName", "EmailAddress", "Phone"];

impl Rules {
    /// What refuses a call whole.
    pub(crate) fn check_call(&self, leads: &[Draft]) -> Result<(), Refusal> {
        let mut unknown: Vec<&str> = Vec::new();
        for (attribute, _) in leads.iter().flat_map(|lead| &lead.fields) {
            if !self.is_known(attribute) && !unknown.contains(&attribute.as_str()) {
                unknown.push(attribute);
            }
        }
        if !unknown.is_empty() {
            return Err(Refusal::exception(
                "MXUnknownAttributeException",
                format!("Attribute(s) does not exist - {}", unknown.join(", ")),
            ));
        }
        let poisoned = |lead: &Draft| {
            let mut poison = self.poison.iter();
            poison.any(|(attribute, value)| lead.get(attribute) == Some(value))
        };
        if leads.iter().any(poisoned) {
            return Err(Refusal::exception(
                "MXInvalidInputException",
                "Invalid data",
            ));
        }
        Ok(())
    }

    fn is_known(&self, attribute: &str) -> bool {
        let is_a_field = |name: &str| self.fields.iter().any(|field| field.schema_name == name);
        self.known_attributes
            .as_ref()
            .is_none_or(|known| known.contains(attribute))
            && (!self.strict_fields || is_a_field(attribute))
    }

    /// What refuses one lead of a call.
    pub(crate) fn check_lead(&self, lead: &Draft) -> Result<(), RowRefusal> {
        self.check_data(lead).map_err(|message| RowRefusal {
            exception: "MXInvalidInputException",
            message,
        })?;
        if !self.strict_fields {
            return Ok(());
        }
        let is_missing = |field: &&LeadField| {
            field.must_be_given()
                && !lead.has(&field.schema_name)
                && !lead.has_set(&field.schema_name)
        };
        let missing = self.fields.iter().filter(is_missing);
        let missing: Vec<&str> = missing.map(LeadField::schema_name).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(RowRefusal {
            exception: "MXMandatoryAttributeMissingException",
            message: format!("Mandatory attribute(s) missing - {}", missing.join(", ")),
        })
    }

    /// What is wrong with a lead's values.
    fn check_data(&self, lead: &Draft) -> Result<(), String> {
        if !NAMES.iter().any(|name| lead.has(name)) {
            return Err(format!(
                "Invalid data: one of {} is needed",
                NAMES.join(", ")
            ));
        }
        if !self.unique_fields.iter().any(|name| lead.has(name)) {
            return Err(format!(
                "Invalid data: one of the unique fields is needed: {}",
                self.unique_fields.join(", "),
            ));
        }
        if self.check_formats {
            if lead.has("EmailAddress") && !lead.get("EmailAddress").is_some_and(is_email) {
                return Err("Invalid Email format".to_owned());
            }
            if lead.has("Phone") && !lead.get("Phone").is_some_and(is_phone) {
                return Err("Invalid Phone format".to_owned());
            }
        }
        if self.strict_fields {
            for field in &self.fields {
                lead.get(&field.schema_name)
                    .map_or(Ok(()), |value| field.check(value))?;
            }
        }
        Ok(())
    }
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let labels_are_fine = domain.split('.').all(|label| !label.is_empty());
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '@';
    !local.is_empty()
        && domain.contains('.')
        && labels_are_fine
        && !text.replacen('@', "", 1).contains(odd)
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let rest_is_fine =
        |(at, c): (usize, char)| c.is_ascii_digit() || " -.()".contains(c) || (c == '+' && at == 0);
    (5..=15).contains(&digits) && text.char_indices().all(rest_is_fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        for email in ["a@b.c", "a.b+c@d-e.f.g", "é@b.c"] {
            assert!(is_email(email), "{email}");
        }
        for email in [
            "a", "@b.c", "a@", "a@b", "a@b..c", "a@.b", "a@b.", "a b@c.d", "a@b@c.d",
        ] {
            assert!(!is_email(email), "{email}");
        }
        for phone in ["8888888888", "+91-8888888888", "(030) 123.45"] {
            assert!(is_phone(phone), "{phone}");
        }
        for phone in ["1234", "12345678901234567", "12345x", "1+2345", "phone"] {
            assert!(!is_phone(phone), "{phone}");
        }
    }
}
