//! Answers in the form of their transport, and their outcome for the metrics.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tonic::{Code, Status};

use crate::failure::Failure;

/// Header with the details of a status, which only our own failures have.
const DETAILS: &str = "grpc-status-details-bin";

/// Returns `true` for gRPC requests.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

/// Returns a failure in the form of its transport.
pub(super) fn answer(failure: Failure, is_grpc: bool) -> Response {
    match is_grpc {
        true => {
            let mut response = failure.status().into_http::<Body>();
            if let Some(challenge) = failure.challenge {
                response.extensions_mut().insert(challenge);
            }
            response
        }
        false => failure.into_response(),
    }
}

/// Corrects the status of malformed requests and overlong messages: tonic reports the former as
/// internal errors, which would be ours, and the latter as out of range, although they exceed a
/// limit.
pub(super) fn with_cause(response: Response) -> Response {
    let headers = response.headers();
    if headers.contains_key(DETAILS) {
        return response;
    }
    let Some(status) = Status::from_header_map(headers) else { return response };
    match status.code() {
        Code::Internal => answer(Failure::invalid(status.message()), true),
        Code::OutOfRange => answer(Failure::too_large(status.message()), true),
        _ => response,
    }
}

/// Returns the outcome for the metrics: `ok` or a code.
pub(super) fn outcome_of(response: &Response, is_grpc: bool) -> &'static str {
    if is_grpc {
        // Without the header, the status follows the body, which means that the call was carried
        // out.
        return response.headers().get("grpc-status").map_or("ok", grpc_outcome);
    }
    match response.extensions().get::<Outcome>() {
        Some(Outcome(outcome)) => outcome,
        None => outcome(response.status()),
    }
}

/// Outcome of a part of a request, which the status of the whole does not show. A handler inserts
/// it into the extensions of its response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome(pub(crate) &'static str);

/// Returns the outcome of an HTTP status.
pub(crate) fn outcome(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..=399 => "ok",
        401 => "unauthenticated",
        403 => "denied",
        404 => "not_found",
        409 | 412 => "conflict",
        413 | 429 | 507 => "exhausted",
        400..=499 => "invalid",
        503 => "busy",
        504 => "deadline",
        _ => "internal",
    }
}

fn grpc_outcome(status: &HeaderValue) -> &'static str {
    match status.as_bytes() {
        b"0" => "ok",
        b"3" | b"12" => "invalid",
        b"4" => "deadline",
        b"5" => "not_found",
        b"7" => "denied",
        b"8" | b"11" => "exhausted",
        b"9" => "precondition",
        b"10" => "conflict",
        b"14" => "busy",
        b"16" => "unauthenticated",
        _ => "internal",
    }
}
