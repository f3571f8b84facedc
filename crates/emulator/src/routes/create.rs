//! Create Leads in Bulk.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::response::Response;

use crate::answer::{Content, Outcome, faulty, usual};
use crate::envelope::Refusal;
use crate::front::{Admitted, Payload};
use crate::latency::pause;
use crate::lead;
use crate::shared::Shared;

pub(super) const PATH: &str = "/v2/LeadManagement.svc/Lead/Bulk/Create";

pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Admitted>,
    headers: HeaderMap,
) -> Response {
    pause(call.trip.service).await;
    let commit = call.fault.as_ref().is_none_or(|fault| fault.stores);
    let outcome = carry_out(&shared, &call, &headers, commit);
    let Some(fault) = call.fault else {
        return usual(outcome);
    };
    pause(fault.delay).await;
    faulty(fault, outcome, shared.config.quota).await
}

fn carry_out(shared: &Shared, call: &Admitted, headers: &HeaderMap, commit: bool) -> Outcome {
    let rules = &shared.config.rules;
    check_headers(headers)?;
    let Payload::Body(body) = &call.payload else {
        return Err(Refusal::too_large(shared.config.memory.body_limit));
    };
    let leads = lead::parse(body, rules.repeated_attribute).map_err(Refusal::bad_request)?;
    if let Some(record) = shared.desk().call(call.number) {
        record.leads = Some(leads.len());
    }
    rules.check_call(&leads)?;
    let rows = shared.store().create(call.number, leads, rules, commit)?;
    if commit && let Some(record) = shared.desk().call(call.number) {
        record.created = rows.iter().filter(|row| row.lead_created).count();
    }
    Ok(Content::Rows(rows))
}

fn check_headers(headers: &HeaderMap) -> Result<(), Refusal> {
    let content_type = headers
        .get(CONTENT_TYPE)
        .map(|value| value.to_str().unwrap_or_default());
    let media_type = content_type.and_then(|value| value.split(';').next());
    if !media_type.is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json")) {
        return Err(Refusal::bad_request(
            "The content type must be application/json",
        ));
    }
    let encoding = headers.get(CONTENT_ENCODING);
    if encoding.is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Refusal::bad_request("The body must not be encoded"));
    }
    Ok(())
}
