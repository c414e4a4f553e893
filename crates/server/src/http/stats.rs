//! `GET /api/v1/stats` and `/api/v1/snapshot`: counts, and the machine state.

use axum::response::Response;
use http::StatusCode;

use super::{
    answer,
    request::{NoParameters, Query},
};
use crate::{call::Call, failure::Failure};

/// Counts the records visible to the caller, by tier and collection.
#[utoipa::path(
    get,
    path = "/api/v1/stats",
    tag = "operation",
    responses((status = 200, description = "The counts", body = serde_json::Value))
)]
pub(crate) async fn stats(
    call: Call,
    Query(NoParameters {}): Query<NoParameters>,
) -> Result<Response, Failure> {
    let stats = call.read(Box::pin(call.caller.view().stats())).await?;
    Ok(answer::json(StatusCode::OK, &stats))
}

/// Returns the state of the machine and of its agents.
#[utoipa::path(
    get,
    path = "/api/v1/snapshot",
    tag = "operation",
    responses((status = 200, description = "The state", body = serde_json::Value))
)]
pub(crate) async fn snapshot(
    call: Call,
    Query(NoParameters {}): Query<NoParameters>,
) -> Result<Response, Failure> {
    let snapshot = call.read(Box::pin(call.caller.view().snapshot())).await?;
    Ok(answer::json(StatusCode::OK, &snapshot))
}
