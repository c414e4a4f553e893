//! Names from the semantic conventions of OpenTelemetry: those of HTTP and RPC for a call, those of
//! generative AI (in development) for an operation of a memory.

#[cfg(test)]
mod tests;

use http::{Method, Version};
use opentelemetry::{KeyValue, trace::Status};

use crate::operation::Operation;

/// Name of the RPC service.
const SERVICE: &str = "aios.memory.MemoryService";

pub(super) const OPERATION_NAME: &str = "gen_ai.operation.name";
pub(super) const QUERY: &str = "gen_ai.memory.query.text";
pub(super) const RECORDS: &str = "gen_ai.memory.records";
pub(super) const RECORD_COUNT: &str = "gen_ai.memory.record.count";
pub(super) const ERROR_TYPE: &str = "error.type";
const HTTP_STATUS: &str = "http.response.status_code";
const GRPC_STATUS: &str = "rpc.grpc.status_code";

/// Returns the name of the span of a call: `POST /api/v1/recall`, or
/// `aios.memory.MemoryService/Recall`.
pub(super) fn span_name(operation: &Operation) -> String {
    match operation.name.contains(' ') {
        true => operation.name.to_owned(),
        false => format!("{SERVICE}/{}", operation.name),
    }
}

/// Returns the attributes of a call that are known at its start. Excludes the path, which may
/// contain the id of a record.
pub(super) fn attributes(
    operation: &Operation,
    method: &Method,
    version: Version,
) -> Vec<KeyValue> {
    let protocol = match version {
        Version::HTTP_2 => "2",
        Version::HTTP_10 => "1.0",
        _ => "1.1",
    };
    let mut attributes = vec![KeyValue::new("network.protocol.version", protocol)];
    match operation.name.split_once(' ') {
        Some((_, route)) => {
            attributes.push(KeyValue::new("http.request.method", method.as_str().to_owned()));
            attributes.push(KeyValue::new("http.route", route));
        }
        None => {
            attributes.push(KeyValue::new("rpc.system", "grpc"));
            attributes.push(KeyValue::new("rpc.service", SERVICE));
            attributes.push(KeyValue::new("rpc.method", operation.name));
        }
    }
    attributes
}

/// Returns the attributes and the status of an answer. Only failures of the service are errors of
/// its span; invalid requests are errors of the caller.
pub(super) fn outcome<B>(
    response: &http::Response<B>,
    is_grpc: bool,
    outcome: &str,
) -> (Vec<KeyValue>, Status) {
    let code = match is_grpc {
        true => grpc_status(response),
        false => i64::from(response.status().as_u16()),
    };
    // gRPC: unknown, deadline, unimplemented, internal, unavailable, data loss.
    let is_ours = match is_grpc {
        true => matches!(code, 2 | 4 | 12 | 13 | 14 | 15),
        false => 500 <= code,
    };
    let mut attributes = vec![KeyValue::new(if is_grpc { GRPC_STATUS } else { HTTP_STATUS }, code)];
    if outcome != "ok" {
        attributes.push(KeyValue::new(ERROR_TYPE, outcome.to_owned()));
    }
    (attributes, if is_ours { Status::error(outcome.to_owned()) } else { Status::Unset })
}

/// Returns the gRPC status of an answer. Without the header, the status follows the body.
fn grpc_status<B>(response: &http::Response<B>) -> i64 {
    let status = response.headers().get("grpc-status").and_then(|status| status.to_str().ok());
    status.and_then(|status| status.parse().ok()).unwrap_or(0)
}

/// Returns the memory operation that a call corresponds to. `None` if the conventions have no name
/// for it: reading by key, lists, events, metrics, the machine state, mixed batches.
pub(super) fn memory_operation(operation: &Operation) -> Option<&'static str> {
    Some(match operation.name {
        "SemanticSearch"
        | "SearchKnowledge"
        | "FindPattern"
        | "AssembleContext"
        | "Recall"
        | "Context"
        | "SearchFacts"
        | "GET /api/v1/facts/search"
        | "POST /api/v1/recall"
        | "POST /api/v1/context"
        | "POST /v1/memories/search/"
        | "POST /v2/memories/search/"
        | "POST /v3/memories/search/"
        | "POST /v1/default/banks/{bank}/memories/recall" => "search_memory",
        "StoreGoal"
        | "StoreTask"
        | "StoreToolCall"
        | "StoreDecision"
        | "StorePattern"
        | "StoreAgentState"
        | "StoreProcedure"
        | "StoreIncident"
        | "StoreConfigChange"
        | "AddKnowledge"
        | "Remember"
        | "RememberStream"
        | "AddMessages"
        | "Learn"
        | "POST /api/v1/learn"
        | "Begin"
        | "Log"
        | "POST /api/v1/remember"
        | "POST /api/v1/ingest"
        | "POST /api/v1/records/{kind}"
        | "POST /api/v1/sessions/{id}/messages"
        | "POST /api/v1/tasks/begin"
        | "POST /api/v1/tasks/{id}/log"
        | "POST /v1/memories/"
        | "POST /v3/memories/add/"
        | "POST /v1/default/banks/{bank}/memories" => "create_memory",
        "UpdateGoal"
        | "Finish"
        | "UpdatePatternStats"
        | "ConfirmFact"
        | "POST /api/v1/facts/{id}/confirm"
        | "PATCH /api/v1/records/{kind}/{id}"
        | "POST /api/v1/tasks/{id}/finish"
        | "PUT /v1/memories/{id}/"
        | "PUT /v1/batch/" => "update_memory",
        "Forget"
        | "RejectFact"
        | "POST /api/v1/facts/{id}/reject"
        | "POST /api/v1/forget"
        | "DELETE /api/v1/records/{kind}/{id}"
        | "DELETE /v1/memories/"
        | "DELETE /v1/memories/{id}/"
        | "DELETE /v1/batch/"
        | "DELETE /v1/entities/{type}/{id}/"
        | "DELETE /v2/entities/{type}/{id}/" => "delete_memory",
        _ => return None,
    })
}
