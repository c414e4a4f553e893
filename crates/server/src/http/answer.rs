//! Answers: JSON, and the part of an answer that is kept for a repeated call.

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::Value;

use crate::gate::Changed;

use crate::gate::Changed;

/// The answer to a repeated call with the same idempotency key. It has keys, states and counts,
/// never a text.
#[derive(Clone)]
pub(crate) struct Kept(pub(crate) Bytes);

/// Names the changed records for the audit line.
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

/// Answers with JSON that holds no text of a record, and is given again to a repeated call.
pub(crate) fn kept(status: StatusCode, value: &impl Serialize) -> Response {
    let bytes = bytes(value);
    let mut response = of_bytes(status, bytes.clone());
    let mut keys = Vec::new();
    collect_keys(&serde_json::from_slice(&bytes).unwrap_or_default(), &mut keys);
    response.extensions_mut().insert(Changed(keys));
    response.extensions_mut().insert(Kept(bytes));
    response
}

/// Collects the keys of records in an answer, which stand under `key` and `keys` everywhere.
fn collect_keys(value: &Value, keys: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("key", Value::String(key)) => keys.push(key.clone()),
                    ("keys", Value::Array(listed)) => {
                        keys.extend(
                            listed.iter().filter_map(|key| key.as_str().map(str::to_owned)),
                        );
                    }
                    _ => collect_keys(value, keys),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_keys(item, keys)),
        _ => {}
    }
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
