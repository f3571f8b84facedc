//! The routes. A new one is a file with its path and its handler, and a line here.

mod create;
mod fields;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};

use crate::envelope::Refusal;
use crate::front::{guarded, unrouted};
use crate::shared::Shared;

pub(crate) use fields::PATH as FIELDS_PATH;

/// The emulator's service.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let guard = from_fn_with_state(Arc::clone(shared), guarded);
    Router::new()
        .route(
            create::PATH,
            post(create::create).route_layer(guard.clone()),
        )
        .route(fields::PATH, get(fields::fields).route_layer(guard))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(Arc::clone(shared))
}

async fn not_found(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    unrouted(shared, request, Refusal::not_found()).await
}

async fn method_not_allowed(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    unrouted(shared, request, Refusal::method_not_allowed()).await
}
