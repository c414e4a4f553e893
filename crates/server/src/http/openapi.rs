//! The OpenAPI document, at `GET /api/v1/openapi.json` and in `docs/openapi.json`. Routes and
//! shapes describe themselves; parts common to all routes are added here.

use std::sync::LazyLock;

use aios_memory::Kind;
use axum::{body::Bytes, response::Response};
use http::StatusCode;
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use super::{
    answer, context, events, export, facts, files, forget, ingest, learn, messages, recall,
    records, remember, report,
    request::{NoParameters, Query},
    stats, store, tasks,
};
use crate::{
    failure::Failure,
    operation::{self, Operation},
};

/// The description of the service.
const ABOUT: &str = "The memory of AI agents over HTTP. Times are RFC 3339. Unknown fields and \
    query parameters are refused by name. A failure is a problem document (RFC 9457) with a stable \
    word in `code` and the next step in `try`. A caller reads its own and the shared records, and \
    changes its own; no field of a request widens that. The header `aios-all-users` does, with the \
    right `admin`.";

#[derive(OpenApi)]
#[openapi(
    info(title = "aios-memory", license(name = "MIT OR Apache-2.0")),
    paths(
        remember::remember,
        recall::recall,
        context::context,
        forget::forget,
        ingest::ingest,
        export::export,
        records::list_records,
        records::put_record,
        records::get_record,
        records::change_record,
        records::delete_record,
        records::record_history,
        messages::list_messages,
        messages::add_messages,
        store::store_batch,
        files::files,
        learn::learn,
        facts::list_facts,
        facts::search_facts,
        facts::fact_history,
        facts::contradictions,
        facts::confirm_fact,
        facts::reject_fact,
        tasks::begin_task,
        tasks::log_task,
        tasks::finish_task,
        tasks::resume_list,
        events::push_events,
        events::watch_events,
        report::report,
        stats::stats,
        stats::snapshot,
        serve
    )
)]
struct Routes;

/// Returns this document.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    tag = "operation",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value))
)]
pub(crate) async fn serve(
    Query(NoParameters {}): Query<NoParameters>,
) -> Result<Response, Failure> {
    static BYTES: LazyLock<Bytes> = LazyLock::new(|| answer::bytes(&document()));
    Ok(answer::of_bytes(StatusCode::OK, BYTES.clone()))
}

/// Returns the document.
pub(crate) fn document() -> Value {
    let mut document = serde_json::to_value(Routes::openapi()).expect("it has text keys");
    document["info"]["description"] = json!(ABOUT);
    let components = &mut document["components"];
    for &kind in Kind::ALL {
        let mut schema = kind.schema();
        schema.as_object_mut().expect("a schema is an object").remove("$schema");
        components["schemas"][format!("record-{kind}")] = schema;
    }
    components["schemas"]["Problem"] = problem();
    components["securitySchemes"] = json!({
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of `aios-memory token add`, or an access token of the identity \
                            provider. Not needed over the socket and loopback, unless the service \
                            requires it."
        }
    });
    components["parameters"] = parameters();
    document["security"] = json!([{}, {"token": []}]);
    let paths = document["paths"].as_object_mut().expect("there are paths");
    for (path, methods) in paths {
        for (method, operation) in methods.as_object_mut().into_iter().flatten() {
            complete(method, path, operation);
        }
    }
    let kinds: Vec<Value> = Kind::ALL
        .iter()
        .map(|kind| json!({"$ref": format!("#/components/schemas/record-{kind}")}))
        .collect();
    let records = &mut document["paths"]["/api/v1/records/{kind}"]["post"];
    records["requestBody"]["content"]["application/json"]["schema"] = json!({"anyOf": kinds});
    document
}

/// Adds the parts common to all operations.
fn complete(method: &str, path: &str, operation: &mut Value) {
    operation["responses"]["default"] = json!({
        "description": "A failure",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        }
    });
    let mut shared = vec!["user"];
    if method == "post" {
        shared.push("idempotencyKey");
    }
    let named = operation::named(&format!("{} {path}", method.to_uppercase()));
    if named.is_some_and(Operation::admits_all_users) {
        shared.push("allUsers");
    }
    let shared =
        shared.iter().map(|name| json!({"$ref": format!("#/components/parameters/{name}")}));
    match operation["parameters"].as_array_mut() {
        Some(own) => own.extend(shared),
        None => operation["parameters"] = shared.collect(),
    }
}

fn parameters() -> Value {
    json!({
        "user": {
            "name": "aios-user",
            "in": "header",
            "required": false,
            "description": "The user that the caller acts for, if it may name one.",
            "schema": {"type": "string", "maxLength": 128}
        },
        "allUsers": {
            "name": "aios-all-users",
            "in": "header",
            "required": false,
            "description": "`true` for the records of every owner, if the caller has the right \
                            `admin`. Default: the caller's own and the shared ones.",
            "schema": {"type": "string", "enum": ["true"]}
        },
        "idempotencyKey": {
            "name": "idempotency-key",
            "in": "header",
            "required": false,
            "description": "Carries the request out once: for 24 hours, a repetition with the same \
                            body answers the same keys, and another body is a 422.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255}
        }
    })
}

fn problem() -> Value {
    let text = |about: &str| json!({"type": "string", "description": about});
    let fields = Map::from_iter([
        ("type".to_owned(), text("Always `about:blank`.")),
        ("title".to_owned(), text("The status in words.")),
        ("status".to_owned(), json!({"type": "integer", "description": "The status."})),
        ("code".to_owned(), text("The stable word by which programs distinguish failures.")),
        ("detail".to_owned(), text("The problem.")),
        ("try".to_owned(), text("The next step, if the problem alone does not show it.")),
        ("remedy".to_owned(), json!({"description": "The next step, for programs."})),
    ]);
    json!({
        "type": "object",
        "description": "A failure (RFC 9457), as `application/problem+json`.",
        "properties": fields,
        "required": ["type", "title", "status", "code", "detail"]
    })
}
