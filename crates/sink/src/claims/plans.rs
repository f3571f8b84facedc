//! How the rows of a schema become leads.

use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use leadsquared_core::{Error, Mapping, Plan};

/// The plan of the schema that was last met: one, as a rule, for all batches.
pub(super) struct Plans {
    mapping: Mapping,
    last: Mutex<Option<Arc<Plan>>>,
}

impl Plans {
    pub(super) fn new(mapping: Mapping) -> Self {
        Self {
            mapping,
            last: Mutex::default(),
        }
    }

    pub(super) fn of(&self, schema: &SchemaRef) -> Result<Arc<Plan>, Error> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = &*last
            && (Arc::ptr_eq(plan.schema(), schema) || plan.schema() == schema)
        {
            return Ok(Arc::clone(plan));
        }
        let plan = Arc::new(Plan::try_new(schema, &self.mapping)?);
        *last = Some(Arc::clone(&plan));
        Ok(plan)
    }
}
