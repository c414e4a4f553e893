//! Routes for a supervisor: liveness, readiness and metrics.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{call::Call, failure::Failure, gate::Gate};

pub(super) fn router(gate: Arc<Gate>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures))
        .with_state(gate)
}

/// Answers 200 while calls are accepted, 503 while the service shuts down.
async fn ready(State(gate): State<Arc<Gate>>) -> Response {
    match gate.draining.is_cancelled() {
        false => "ready\n".into_response(),
        true => (StatusCode::SERVICE_UNAVAILABLE, "ending\n").into_response(),
    }
}

async fn figures(
    State(gate): State<Arc<Gate>>,
    axum::Extension(call): axum::Extension<Call>,
) -> Result<Response, Failure> {
    let text = call.read(gate.figures()).await?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
