//! Bodies that are not one message. Each is answered with a JSON-RPC error.

use serde_json::{Value, json};

use super::{message, request};
use crate::support::{Request, Service};

#[tokio::test(flavor = "multi_thread")]
async fn batches_and_malformed_bodies_are_errors_of_the_protocol() {
    let service = Service::start().await;
    let ping = message("ping", json!({}));
    for (body, code, id) in [
        (json!([ping, ping]).to_string(), -32600, Value::Null),
        ("[]".to_owned(), -32600, Value::Null),
        ("{".to_owned(), -32700, Value::Null),
        (String::new(), -32600, Value::Null),
        (json!({"method": "ping"}).to_string(), -32600, Value::Null),
        (json!({"jsonrpc": "1.0", "id": 7, "method": "ping"}).to_string(), -32600, 7.into()),
    ] {
        for revision in ["2025-03-26", "2025-06-18", "2025-11-25"] {
            let sent = Request::post("/mcp", &body)
                .with("accept", "application/json, text/event-stream")
                .with("mcp-protocol-version", revision);
            let answer = service.send(&sent).await;
            assert_eq!(answer.status, 400, "{body}: {answer:?}");
            assert!(answer.head.to_lowercase().contains("application/json"), "{answer:?}");
            let error = answer.json();
            assert_eq!((&error["error"]["code"], &error["id"]), (&code.into(), &id), "{body}");
            assert_eq!(error["jsonrpc"], "2.0");
        }
    }
    let batch = Request { body: json!([ping]).to_string(), ..request("", json!({})) };
    let told = service.send(&batch).await.json()["error"]["message"].clone();
    assert_eq!(told, "expected one message: batches are not supported");
    // A notification is accepted, even an unknown one.
    for method in ["notifications/initialized", "notifications/unheard"] {
        let told = json!({"jsonrpc": "2.0", "method": method}).to_string();
        let told = Request { body: told, ..request("", json!({})) };
        assert_eq!(service.send(&told).await.status, 202, "{method}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_another_type_or_length_is_refused() {
    let service = Service::start_with(|config| config.message_bytes_max = 4_096).await;
    let mut other = request("tools/list", json!({}));
    other.headers.retain(|(name, _)| *name != "content-type");
    let refused = service.send(&other.clone().with("content-type", "text/plain")).await;
    assert_eq!(refused.status, 415, "{refused:?}");
    let long = Request { body: " ".repeat(5_000), ..request("tools/list", json!({})) };
    assert_eq!(service.send(&long).await.status, 413);
    service.stop().await;
}
