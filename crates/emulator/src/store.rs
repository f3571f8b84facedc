//! The leads that were created, and the row-by-row answer to new ones.

use std::collections::HashMap;

use serde::Serialize;
use uuid::Uuid;

use crate::envelope::Refusal;
use crate::lead::{Draft, Lead};
use crate::rules::{DuplicateAnswer, DuplicateInCall, Rules};

/// One row of a 200.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Row {
    #[serde(rename = "RowNumber")]
    pub(crate) number: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lead_id: Option<String>,
    pub(crate) lead_created: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exception_type: Option<&'static str>,
}

impl Row {
    pub(crate) fn created(number: usize, id: String) -> Self {
        Self {
            number,
            lead_id: Some(id),
            lead_created: true,
            error_message: None,
            exception_type: None,
        }
    }

    fn failed(number: usize, exception: &'static str, message: String) -> Self {
        Self {
            number,
            lead_id: None,
            lead_created: false,
            error_message: Some(message),
            exception_type: Some(exception),
        }
    }
}

/// A value of a unique field: the field's place in the rules, and the value as it is compared.
type UniqueValue = (usize, String);

/// Where leads are put.
pub(crate) struct Store {
    keep_leads: bool,
    leads: Vec<Lead>,
    count: usize,
    /// The id of the lead that has a unique value.
    taken: HashMap<UniqueValue, String>,
}

impl Store {
    /// Without `keep_leads` only their number and their unique values are kept.
    pub(crate) fn new(keep_leads: bool) -> Self {
        Self {
            keep_leads,
            leads: Vec::new(),
            count: 0,
            taken: HashMap::new(),
        }
    }

    pub(crate) fn leads(&self) -> &[Lead] {
        &self.leads
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Answers a call's leads row by row, and stores those that are created if `commit` says so.
    pub(crate) fn create(
        &mut self,
        call: usize,
        leads: Vec<Draft>,
        rules: &Rules,
        commit: bool,
    ) -> Result<Vec<Row>, Refusal> {
        let mut in_call = HashMap::new();
        let mut rows = Vec::with_capacity(leads.len());
        for (at, lead) in leads.iter().enumerate() {
            let number = at + 1;
            if let Err(refusal) = rules.check_lead(lead) {
                rows.push(Row::failed(number, refusal.exception, refusal.message));
                continue;
            }
            let values = unique_values(lead, rules);
            let clash = values.iter().find_map(|value| {
                let id = self.taken.get(value).or_else(|| in_call.get(value))?;
                Some((rules.unique_fields.get(value.0)?, id.clone()))
            });
            if let Some((field, id)) = clash {
                let message = format!("Duplicate {field}: there is a lead with this value");
                if rules.duplicate_answer == DuplicateAnswer::WholeCall {
                    return Err(Refusal::exception("MXDuplicateEntryException", message));
                }
                let mut row = Row::failed(number, "MXDuplicateEntryException", message);
                if rules.duplicate_answer == DuplicateAnswer::RowWithLeadId {
                    row.lead_id = Some(id);
                }
                rows.push(row);
                continue;
            }
            let id = Uuid::new_v4().to_string();
            if rules.duplicate_in_call == DuplicateInCall::Refuse {
                in_call.extend(values.into_iter().map(|value| (value, id.clone())));
            }
            rows.push(Row::created(number, id));
        }
        if commit {
            self.commit(call, leads, &rows, rules);
        }
        Ok(rows)
    }

    fn commit(&mut self, call: usize, leads: Vec<Draft>, rows: &[Row], rules: &Rules) {
        for (lead, row) in leads.into_iter().zip(rows) {
            let (true, Some(id)) = (row.lead_created, &row.lead_id) else {
                continue;
            };
            for value in unique_values(&lead, rules) {
                self.taken.entry(value).or_insert_with(|| id.clone());
            }
            self.count += 1;
            if self.keep_leads {
                self.leads.push(Lead {
                    id: id.clone(),
                    call,
                    row: row.number,
                    fields: lead.fields,
                    field_sets: lead.field_sets,
                });
            }
        }
    }
}

/// The values that no other lead may have. An e-mail address is compared without regard to case.
fn unique_values(lead: &Draft, rules: &Rules) -> Vec<UniqueValue> {
    let value = |(at, field): (usize, &String)| {
        let value = lead.get(field).filter(|value| !value.trim().is_empty())?;
        let compared = match field.as_str() {
            "EmailAddress" => value.to_lowercase(),
            _ => value.to_owned(),
        };
        Some((at, compared))
    };
    rules
        .unique_fields
        .iter()
        .enumerate()
        .filter_map(value)
        .collect()
}
