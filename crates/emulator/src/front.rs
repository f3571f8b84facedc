//! The way of every request: its body, its journey, its arrival, and the answer's way back.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;

use crate::desk::{Admission, Kind};
use crate::envelope::Refusal;
use crate::fault::{Cut, Fault};
use crate::keys::KeyPlace;
use crate::latency::{Trip, pause};
use crate::record::Call;
use crate::routes::FIELDS_PATH;
use crate::server::KillSwitch;
use crate::shared::{Shared, now};
use crate::throttle::{Throttled, throttled};

/// A call that got past keys and limit, for the handler of its route (as a request extension).
#[derive(Clone)]
pub(crate) struct Admitted {
    /// Its number in the record.
    pub(crate) number: usize,
    pub(crate) payload: Payload,
    pub(crate) fault: Option<Fault>,
    pub(crate) trip: Trip,
}

/// The body, read to its end.
#[derive(Clone)]
pub(crate) enum Payload {
    Body(Bytes),
    TooLarge,
}

impl Payload {
    /// Reads the body. What is above `limit` is read and not kept, so that the caller gets to
    /// reading the answer; an error says that the caller is gone.
    async fn read(body: Body, limit: usize) -> Result<Self, axum::Error> {
        let mut chunks = body.into_data_stream();
        let mut kept = Vec::new();
        let mut length = 0_usize;
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            length = length.saturating_add(chunk.len());
            if length <= limit {
                kept.extend_from_slice(&chunk);
            } else {
                kept = Vec::new();
            }
        }
        Ok(if length <= limit {
            Self::Body(kept.into())
        } else {
            Self::TooLarge
        })
    }
}

/// Goes around the handlers of routes that need keys and count against the limit.
pub(crate) async fn guarded(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    pass(shared, request, async |shared, mut parts, journey| {
        let (place, keys_are_right) = shared.config.keys.check(&parts);
        let kind = match parts.uri.path() {
            FIELDS_PATH => Kind::Fields,
            _ => Kind::Create,
        };
        let counts = kind == Kind::Create || shared.config.fields_count;
        let (number, admission) = {
            let mut desk = shared.desk();
            let now = now();
            let admission = keys_are_right.then(|| desk.admit(now, kind, counts));
            let mut call = arrival(&shared, &parts, place, &journey.payload, now);
            call.counted = keys_are_right && counts;
            call.faulty = matches!(admission, Some(Admission::Admitted(Some(_))));
            let number = desk.record(call);
            shared.tell_arrived(number);
            (number, admission)
        };
        let response = match admission {
            None => Refusal::unauthorized().into_response(),
            Some(Admission::Throttled { wait }) => {
                let config = &shared.config;
                let retry_after = config.retry_after.then_some(wait);
                let (calls, window) = (config.quota.calls, config.quota.window);
                throttled(config.throttle_shape, calls, window, retry_after)
            }
            Some(Admission::Admitted(fault)) => {
                parts.extensions.insert(Admitted {
                    number,
                    payload: journey.payload,
                    fault,
                    trip: journey.trip,
                });
                next.run(Request::from_parts(parts, Body::empty())).await
            }
        };
        (number, response)
    })
    .await
}

/// Goes around an answer for which keys don't matter: there is no such route.
pub(crate) async fn unrouted(shared: Arc<Shared>, request: Request, refusal: Refusal) -> Response {
    pass(shared, request, async |shared, parts, journey| {
        let (place, _) = shared.config.keys.check(&parts);
        let number = {
            let mut desk = shared.desk();
            let call = arrival(&shared, &parts, place, &journey.payload, now());
            let number = desk.record(call);
            shared.tell_arrived(number);
            number
        };
        (number, refusal.into_response())
    })
    .await
}

/// A request's body and times.
struct Journey {
    payload: Payload,
    trip: Trip,
}

/// Takes a request through `handle`, which records it and answers its number.
///
/// From the last byte of the request the caller has no part in it: as on a real server, a call
/// whose caller hangs up is counted and carried out all the same.
async fn pass<H, F>(shared: Arc<Shared>, request: Request, handle: H) -> Response
where
    H: FnOnce(Arc<Shared>, Parts, Journey) -> F + Send + 'static,
    F: Future<Output = (usize, Response)> + Send + 'static,
{
    let (parts, body) = request.into_parts();
    let kill = parts.extensions.get::<KillSwitch>().cloned();
    let Ok(payload) = Payload::read(body, shared.config.memory.body_limit).await else {
        return std::future::pending().await; // the connection is gone, and this with it
    };
    let trip = shared.next_trip();
    let work = async move {
        let stopped = Arc::clone(&shared);
        let work = async {
            pause(trip.inbound).await;
            let journey = Journey { payload, trip };
            let (number, response) = handle(Arc::clone(&shared), parts, journey).await;
            let cut = response.extensions().get::<Cut>().copied();
            if let Some(call) = shared.desk().call(number) {
                call.status = cut.is_none().then(|| response.status().as_u16());
                call.throttled = response.extensions().get::<Throttled>().is_some();
            }
            pause(trip.outbound).await;
            cut.map_or(Ok(response), Err)
        };
        tokio::select! {
            answer = work => answer,
            () = stopped.stopped() => Err(Cut::Close),
        }
    };
    let answer = tokio::spawn(work).await.unwrap_or(Err(Cut::Reset));
    match answer {
        Ok(response) => response,
        Err(cut) => {
            if let Some(kill) = kill {
                kill.cut(cut);
            }
            std::future::pending().await
        }
    }
}

fn arrival(
    shared: &Shared,
    parts: &Parts,
    keys: KeyPlace,
    payload: &Payload,
    now: Instant,
) -> Call {
    let body = match payload {
        Payload::Body(body) if shared.config.memory.record_bodies => Some(body.clone()),
        _ => None,
    };
    Call {
        number: 0,
        at: now.saturating_duration_since(shared.started),
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        keys,
        status: None,
        leads: None,
        created: 0,
        throttled: false,
        faulty: false,
        body,
        counted: false,
    }
}
