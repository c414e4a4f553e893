//! Routes of the metadata from which callers find the identity provider (RFC 9728).

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{gate::Gate, oauth};

pub(super) fn router(gate: Arc<Gate>) -> Router {
    Router::new()
        .route(oauth::METADATA, get(metadata))
        .route(&format!("{}/{{*path}}", oauth::METADATA), get(metadata))
        .with_state(gate)
}

/// Answers for the resource named by the rest of the path.
async fn metadata(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let Some(provider) = gate.access.provider() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let base = gate.access.base(request.uri(), request.headers()).unwrap_or_default();
    let path = request.uri().path().strip_prefix(oauth::METADATA).unwrap_or_default();
    Json(oauth::metadata(&provider.settings, format!("{base}{path}"))).into_response()
}
