//! Answers in JSON, and the part of an answer that is kept for repeated calls.

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::gate::Changed;

/// Answer to a repeated call with the same idempotency key. It contains keys, states and counts,
/// but never a text.
#[derive(Clone)]
pub(crate) struct Kept(pub(crate) Bytes);

/// Adds the keys of the changed records for the audit line.
pub(crate) fn with_changed(
    mut response: Response,
    keys: impl IntoIterator<Item = impl ToString>,
) -> Response {
    let keys = keys.into_iter().map(|key| key.to_string()).collect();
    response.extensions_mut().insert(Changed(keys));
    response
}

/// Answers with JSON.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    of_bytes(status, bytes(value))
}

/// Answers with JSON without texts of records, and keeps the answer for a repeated call.
pub(crate) fn kept(status: StatusCode, value: &impl Serialize) -> Response {
    let bytes = bytes(value);
    let mut response = of_bytes(status, bytes.clone());
    response.extensions_mut().insert(Kept(bytes));
    response
}

/// Answers with JSON. A repeated call gets `kept`, which contains no text of a record.
pub(crate) fn kept_as(
    status: StatusCode,
    value: &impl Serialize,
    kept: &impl Serialize,
) -> Response {
    let mut response = json(status, value);
    response.extensions_mut().insert(Kept(bytes(kept)));
    response
}

pub(crate) fn bytes(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value).expect("answers have text keys").into()
}

pub(crate) fn of_bytes(status: StatusCode, bytes: Bytes) -> Response {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
