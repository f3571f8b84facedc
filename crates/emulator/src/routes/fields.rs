//! Get Metadata: the account's lead fields.

use std::sync::Arc;

use axum::extract::{Extension, Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::answer::{Content, faulty, usual};
use crate::field::LeadField;
use crate::front::Admitted;
use crate::latency::pause;
use crate::shared::Shared;

pub(crate) const PATH: &str = "/v2/LeadManagement.svc/LeadsMetaData.Get";

/// What may be asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    /// This field alone.
    schema_name: Option<String>,
    /// `1` leaves the options out.
    exclude_option_sets: Option<String>,
}

pub(super) async fn fields(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Admitted>,
    Query(asked): Query<Asked>,
) -> Response {
    pause(call.trip.service).await;
    let outcome = Ok(Content::Fields(list(&shared, &asked)));
    let Some(fault) = call.fault else {
        return usual(outcome);
    };
    pause(fault.delay).await;
    faulty(fault, outcome, shared.config.quota).await
}

fn list(shared: &Shared, asked: &Asked) -> Vec<LeadField> {
    let rules = &shared.config.rules;
    let is_asked_for = |field: &&LeadField| {
        let name = asked.schema_name.as_ref();
        name.is_none_or(|name| *name == field.schema_name)
    };
    let fields = rules.fields.iter().filter(is_asked_for).cloned();
    fields
        .map(|mut field| {
            // One truth about them: the rules' own.
            field.is_unique = rules.unique_fields.contains(&field.schema_name);
            if asked.exclude_option_sets.as_deref() == Some("1") {
                field.options.clear();
            }
            field
        })
        .collect()
}
