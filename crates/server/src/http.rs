//! HTTP: the routes of `/api/v1`, and the facades for clients of other services. Each route is
//! listed with its right in `operation`; the gate has checked the caller before a handler runs.
//!
//! Handlers convert between JSON and the memory, and nothing else. Every failure is a problem
//! document. Not here: listeners, tokens, limits of rate and number, health and metrics.

mod answer;
mod context;
mod events;
mod export;
mod facade;
mod forget;
mod hindsight;
mod idempotency;
mod ingest;
mod mem0;
mod messages;
mod openapi;
mod recall;
mod records;
mod remember;
mod replays;
mod request;
mod service;
mod shapes;
mod stats;
mod store;
#[cfg(test)]
mod tests;
mod turns;
mod version;

use std::time::Duration;

use axum::{
    Router, middleware,
    routing::{get, post},
};
use http::{Method, Uri};

pub(crate) use self::{
    remember::{Item, store},
    request::{Part, id_of, key_of, kind_named},
    service::Service,
    shapes::State,
};
use crate::{
    config::Config,
    failure::{Class, Failure},
    mcp,
};

/// Returns the routes. The gate, which inserts the [`Call`](crate::call::Call) of each request,
/// is the caller's.
pub(crate) fn router(config: &Config) -> Router {
    with_quiet(config, events::QUIET_MAX)
}

/// Returns the routes, with a comment in event streams after `quiet_max`.
fn with_quiet(config: &Config, quiet_max: Duration) -> Router {
    let service = Service::new(config, quiet_max);
    let repeated = middleware::from_fn_with_state(service.clone(), idempotency::answer_once);
    let mut routes = api();
    if config.mem0 {
        routes = routes.merge(mem0::routes());
    }
    if config.hindsight {
        routes = routes.merge(hindsight::routes());
    }
    routes
        .layer(repeated)
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .with_state(service.clone())
        .merge(mcp::router(config, service))
}

fn api() -> Router<Service> {
    Router::new()
        .route("/api/v1/remember", post(remember::remember))
        .route("/api/v1/recall", post(recall::recall))
        .route("/api/v1/context", post(context::context))
        .route("/api/v1/ingest", post(ingest::ingest))
        .route("/api/v1/export", get(export::export))
        .route("/api/v1/records/{kind}", get(records::list_records).post(records::put_record))
        .route(
            "/api/v1/records/{kind}/{id}",
            get(records::get_record).patch(records::change_record).delete(records::delete_record),
        )
        .route("/api/v1/records/{kind}/{id}/history", get(records::record_history))
        .route("/api/v1/forget", post(forget::forget))
        .route(
            "/api/v1/sessions/{id}/messages",
            get(messages::list_messages).post(messages::add_messages),
        )
        .route("/api/v1/store/batch", post(store::store_batch))
        .route("/api/v1/events", get(events::watch_events).post(events::push_events))
        .route("/api/v1/stats", get(stats::stats))
        .route("/api/v1/snapshot", get(stats::snapshot))
        .route("/api/v1/openapi.json", get(openapi::serve))
}

async fn no_route(uri: Uri) -> Failure {
    let message = format!("no route `{}`", uri.path());
    Failure::new(Class::Unimplemented, "no_route", message)
        .with_advice("`GET /api/v1/openapi.json` describes the routes")
}

async fn no_method(method: Method, uri: Uri) -> Failure {
    let message = format!("`{}` has no method {method}", uri.path());
    Failure::new(Class::Method, "no_method", message)
        .with_advice("the header `allow` of this answer lists the methods")
}
