//! Lines of a batch of OpenAI or Anthropic: a request or its answer, with the caller's `custom_id`.

use aios_draft::{content::text_in, repeated};
use serde_json::{Map, Value, json};

/// Field that identifies a line of a batch.
const ID: &str = "custom_id";

/// Fields that enclose a request or an answer, from the outside in.
const AROUND: &[&str] = &["response", "result", "params", "body"];

/// Fields that describe the transport, not the content.
const OF_TRANSPORT: &[&str] = &[
    "status_code",
    "request_id",
    "method",
    "url",
    "object",
    "usage",
    "system_fingerprint",
    "service_tier",
    "error",
    "type",
];

/// Returns the reason why a line of a batch has no content, if its request failed.
pub(super) fn failure(line: &Map<String, Value>) -> Option<String> {
    line.get(ID)?;
    let object = |of: &Value, name: &str| of.get(name).filter(|it| it.is_object()).cloned();
    let whole = Value::Object(line.clone());
    let response = object(&whole, "response");
    let body = response.as_ref().and_then(|response| object(response, "body"));
    let result = object(&whole, "result");
    let said = |error: Value| error.get("message").and_then(Value::as_str).map(str::to_owned);
    let error = [Some(&whole), body.as_ref(), result.as_ref()];
    let error = error.into_iter().flatten().find_map(|of| object(of, "error"));
    let outcome = result.as_ref().and_then(|result| text_in(result.as_object()?, &["type"]));
    match (error, outcome) {
        (Some(error), _) => {
            let nested = object(&error, "error").and_then(said);
            let said = nested.or_else(|| said(error)).unwrap_or_default();
            Some(format!("failed batch request: {said}").trim_end_matches(": ").into())
        }
        (None, Some(outcome)) if matches!(&*outcome, "canceled" | "expired" | "errored") => {
            Some(format!("batch request with the result `{outcome}`"))
        }
        _ => None,
    }
}

/// Unwraps the request or answer in a line of a batch into a conversation with its id. Other
/// elements are unchanged.
pub(super) fn unfolded(mut fields: Map<String, Value>) -> Map<String, Value> {
    let Some(id) = text_in(&fields, &[ID]) else { return fields };
    let is_response = |fields: &Map<String, Value>| {
        fields.get("object").and_then(Value::as_str) == Some("response")
    };
    let to_responses =
        fields.get("url").and_then(Value::as_str).is_some_and(|it| it.ends_with("/responses"));
    let is_enclosed = AROUND.iter().any(|name| fields.get(*name).is_some_and(Value::is_object));
    if !is_enclosed {
        return fields;
    }
    // The id of the line belongs to the transport.
    fields.remove("id");
    for name in AROUND {
        let Some(Value::Object(_)) = fields.get(*name) else { continue };
        let Some(Value::Object(inner)) = fields.remove(*name) else { continue };
        for (name, value) in inner {
            repeated::put(&mut fields, name, value);
        }
    }
    if is_response(&fields) {
        return fields;
    }
    fields.remove(ID);
    if let Some(response) = fields.insert("id".to_owned(), id.into()) {
        fields.insert("response_id".to_owned(), response);
    }
    fields.retain(|name, _| !OF_TRANSPORT.contains(&&**name));
    if let Some(message @ Value::Object(_)) = fields.remove("message") {
        fields.insert("messages".to_owned(), json!([message]));
    }
    if to_responses && !fields.contains_key("messages") {
        open_request(&mut fields);
    }
    fields
}

/// Converts a request for a response into a conversation: its messages are its `instructions` and
/// its `input`.
fn open_request(fields: &mut Map<String, Value>) {
    let messages = match fields.remove("input") {
        Some(Value::Array(items)) => items,
        Some(text @ Value::String(_)) => vec![json!({"role": "user", "content": text})],
        _ => return,
    };
    if let Some(instructions @ Value::String(_)) = fields.remove("instructions") {
        fields.insert("system".to_owned(), instructions);
    }
    fields.insert("messages".to_owned(), messages.into());
}
