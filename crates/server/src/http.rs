//! HTTP: the routes of `/api/v1`, and facades for clients of other services. `operation` lists each
//! route with its right; the gate checks the caller before a handler runs.
//!
//! Handlers only convert between JSON and the memory. Every failure is a problem document. Not
//! here: listeners, tokens, rate and concurrency limits, health and metrics.

mod answer;
mod context;
mod events;
mod export;
mod facade;
mod facts;
mod files;
mod forget;
mod hindsight;
mod idempotency;
mod ingest;
mod learn;
mod mem0;
mod messages;
mod openapi;
mod recall;
mod records;
mod remember;
mod replays;
mod report;
mod request;
mod service;
mod shapes;
mod stats;
mod store;
mod tasks;
#[cfg(test)]
mod tests;
mod version;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};

use self::service::Service;
pub(crate) use self::{
    files::{check_command, further_right},
    request::{check_type, id_of, key_of, kind_named, whole_body},
    shapes::State,
    tasks::{BeginTask, FinishTask, TaskLog, begun, finished, logged},
};
use crate::{config::Config, importer::Importer, mcp};

/// Returns the routes. The caller adds the gate, which inserts the [`Call`](crate::call::Call) of
/// each request.
pub(crate) fn router(config: &Config, importer: Option<Arc<dyn Importer>>) -> Router {
    with_quiet(config, importer, events::QUIET_MAX)
}

/// Returns the routes, with a comment in event streams after `quiet_max` without an event.
fn with_quiet(config: &Config, importer: Option<Arc<dyn Importer>>, quiet_max: Duration) -> Router {
    let service = Service::new(config, importer, quiet_max);
    let repeated = middleware::from_fn_with_state(service.clone(), idempotency::answer_once);
    let mut routes = api();
    if config.mem0 {
        routes = routes.merge(mem0::routes());
    }
    if config.hindsight {
        routes = routes.merge(hindsight::routes());
    }
    routes.layer(repeated).with_state(service).merge(mcp::router(config))
}

fn api() -> Router<Service> {
    Router::new()
        .route("/api/v1/remember", post(remember::remember))
        .route("/api/v1/recall", post(recall::recall))
        .route("/api/v1/context", post(context::context))
        // An upload is a stream, with separate limits for its parts.
        .route("/api/v1/ingest", post(ingest::ingest).layer(DefaultBodyLimit::disable()))
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
        .route("/api/v1/files", post(files::files))
        .route("/api/v1/learn", post(learn::learn))
        .route("/api/v1/facts", get(facts::list_facts))
        .route("/api/v1/facts/search", get(facts::search_facts))
        .route("/api/v1/facts/history", get(facts::fact_history))
        .route("/api/v1/facts/contradictions", get(facts::contradictions))
        .route("/api/v1/facts/{id}/confirm", post(facts::confirm_fact))
        .route("/api/v1/facts/{id}/reject", post(facts::reject_fact))
        .route("/api/v1/tasks/begin", post(tasks::begin_task))
        .route("/api/v1/tasks/{id}/log", post(tasks::log_task))
        .route("/api/v1/tasks/{id}/finish", post(tasks::finish_task))
        .route("/api/v1/resume", get(tasks::resume_list))
        .route("/api/v1/events", get(events::watch_events).post(events::push_events))
        .route("/api/v1/report", get(report::report))
        .route("/api/v1/stats", get(stats::stats))
        .route("/api/v1/snapshot", get(stats::snapshot))
        .route("/api/v1/openapi.json", get(openapi::serve))
}
