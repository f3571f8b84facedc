//! What was found, for a report.

use std::sync::Arc;

use leadsquared_sink::{AccountFields, AttributeFinding, ValueCheck, ValueFault, ValueFinding};

use crate::inputs::Opened;
use crate::settings::Reading;

/// What the account's fields say about leads.
pub(crate) struct Findings {
    /// The account, or the file that its fields are in.
    pub(crate) account: String,
    /// How many fields there are.
    pub(crate) fields: usize,
    pub(crate) attributes: Vec<AttributeFinding>,
    pub(crate) values: Vec<ValueFinding>,
    /// How many leads have something wrong in their values.
    pub(crate) rows_at_fault: u64,
}

impl Findings {
    /// What attributes and values come to together.
    pub(crate) fn new(
        account: String,
        fields: &AccountFields,
        mut attributes: Vec<AttributeFinding>,
        values: ValueCheck,
    ) -> Self {
        // A column that only later rows have is known by now.
        attributes.retain(|finding| match finding {
            AttributeFinding::Missing { attribute, .. } => !values.has(attribute),
            _ => true,
        });
        let rows_at_fault = values.rows_at_fault();
        let mut values = values.into_findings();
        // Not twice: once for the whole is enough.
        values.retain(|found| {
            let mut faults = attributes.iter().filter(|finding| finding.is_fault());
            let is_whole = matches!(found.fault, ValueFault::Unknown { .. } | ValueFault::Empty);
            !(is_whole && faults.any(|finding| finding.attribute() == found.attribute))
        });
        Self {
            account,
            fields: fields.len(),
            attributes,
            values,
            rows_at_fault,
        }
    }

    /// Whether anything would be refused.
    pub(crate) fn has_faults(&self) -> bool {
        self.whole().next().is_some() || !self.values.is_empty()
    }

    /// What would have calls refused whole, or every row rejected, in words.
    pub(crate) fn whole(&self) -> impl Iterator<Item = String> {
        let attributes = self.attributes.iter().filter(|finding| finding.is_fault());
        let values = self.values.iter().filter(|found| is_unknown(found));
        let values = values.map(ToString::to_string);
        attributes.map(ToString::to_string).chain(values)
    }

    /// Whether nothing sets a field that is mandatory, so that every row would be rejected.
    pub(crate) fn lacks_mandatory(&self) -> bool {
        let mut attributes = self.attributes.iter();
        attributes.any(|finding| matches!(finding, AttributeFinding::Missing { .. }))
    }

    /// What would have single rows rejected.
    pub(crate) fn single(&self) -> impl Iterator<Item = &ValueFinding> {
        self.values.iter().filter(|found| !is_unknown(found))
    }

    /// What is worth a look, in words.
    pub(crate) fn hints(&self) -> impl Iterator<Item = String> {
        let hints = self.attributes.iter().filter(|finding| !finding.is_fault());
        hints.map(ToString::to_string)
    }
}

fn is_unknown(found: &ValueFinding) -> bool {
    matches!(found.fault, ValueFault::Unknown { .. })
}

/// What the fields say about the inputs' attributes, as far as they are known when they are opened.
///
/// A mandatory field is missing if no input sets it; where only some do, it is a matter of their rows.
pub(crate) fn attributes(
    fields: &AccountFields,
    inputs: &[Opened],
    reading: &Reading,
) -> Vec<AttributeFinding> {
    let mapping = reading.options.mapping();
    let mut plans: Vec<_> = inputs.iter().map(|input| &input.plan).collect();
    plans.dedup_by(|a, b| Arc::ptr_eq(a, b));
    let each = plans.iter().map(|plan| fields.check(plan, mapping));
    together(&each.collect::<Vec<_>>())
}

/// The findings about several plans, each of them once.
pub(crate) fn together(plans: &[Vec<AttributeFinding>]) -> Vec<AttributeFinding> {
    let mut all: Vec<AttributeFinding> = Vec::new();
    for finding in plans.iter().flatten() {
        let is_missing = matches!(finding, AttributeFinding::Missing { .. });
        let counts = !is_missing || plans.iter().all(|plan| plan.contains(finding));
        if counts && !all.contains(finding) {
            all.push(finding.clone());
        }
    }
    all
}
