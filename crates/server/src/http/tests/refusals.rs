//! Requests that no route accepts. Each is refused with a problem document that states the reason.

use axum::body::Body;
use http::{Method, header};
use serde_json::{Value, json};

use super::{Answer, Fixture, json_request, request, with_header};
use crate::config::Config;

fn check_problem(answer: &Answer, status: u16, part: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem: Value = answer.json();
    assert_eq!(problem["status"], status);
    assert!(problem["code"].is_string() && problem["title"].is_string(), "{problem}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(part), "{detail}");
}

#[tokio::test]
async fn malformed_json_is_refused_with_its_position() {
    let it = Fixture::new().await;
    for (body, part) in [
        ("{\"query\": }", "line 1 column 11"),
        ("{\"query\": \"x\"", "EOF"),
        ("{\"query\": \"x\"} y", "trailing"),
        ("", "EOF"),
        ("[]", "list"),
        (" [\"x\"]", "list"),
        ("{\"query\": \"a\", \"query\": \"b\"}", "duplicate field"),
        ("{\"query\": 5}", "query"),
        ("{\"query\": \"x\", \"limits\": 5}", "limits"),
        ("{\"query\": \"x\", \"user\": \"ada\"}", "user"),
    ] {
        let request = request(Method::POST, "/api/v1/recall", Body::from(body));
        let request = with_header(request, "content-type", "application/json; charset=utf-8");
        check_problem(&it.send(it.shared(), request).await, 400, part);
    }
}

#[tokio::test]
async fn a_body_in_another_charset_is_refused() {
    let it = Fixture::new().await;
    for (charset, status) in
        [("utf-8", 200), ("\"UTF-8\"", 200), ("us-ascii", 200), ("latin1", 415)]
    {
        let request = json_request(Method::POST, "/api/v1/recall", &json!({"query": "x"}));
        let kind = format!("application/json;charset={charset}");
        let answer = it.send(it.shared(), with_header(request, "content-type", &kind)).await;
        assert_eq!(answer.status.as_u16(), status, "{charset}: {}", answer.text());
    }
}

#[tokio::test]
async fn json_that_is_nested_10_000_deep_is_refused() {
    let it = Fixture::new().await;
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    for (path, body) in [
        ("/api/v1/records/entry", format!("{{\"category\":\"a\",\"key\":\"b\",\"value\":{deep}}}")),
        ("/api/v1/records/goal", format!("{{\"description\":{deep}}}")),
        ("/api/v1/store/batch", format!("{{\"ops\":[{{\"op\":\"put\",\"value\":{deep}}}]}}")),
        ("/api/v1/events", format!("{{\"events\":[{{\"category\":\"a\",\"data\":{deep}}}]}}")),
    ] {
        let request = request(Method::POST, path, Body::from(body));
        let request = with_header(request, "content-type", "application/json");
        check_problem(&it.send(it.shared(), request).await, 400, "recursion limit");
    }
}

#[tokio::test]
async fn a_body_of_another_type_is_refused() {
    let it = Fixture::new().await;
    let none = request(Method::POST, "/api/v1/recall", Body::from("{}"));
    check_problem(&it.send(it.shared(), none).await, 415, "content-type");
    let form = request(Method::POST, "/api/v1/recall", Body::from("query=x"));
    let form = with_header(form, "content-type", "application/x-www-form-urlencoded");
    check_problem(&it.send(it.shared(), form).await, 415, "application/x-www-form-urlencoded");
    let json = json_request(Method::POST, "/api/v1/ingest", &json!({"text": "x"}));
    check_problem(&it.send(it.shared(), json).await, 415, "application/x-ndjson");
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused() {
    let config = Config { message_bytes_max: 1_000, ..Config::default() };
    let it = Fixture::with(config).await;
    let body = json!({"query": "x".repeat(2_000)});
    check_problem(&it.post("/api/v1/recall", &body).await, 413, "1000 bytes");
    let keyed = json_request(Method::POST, "/api/v1/recall", &body);
    let keyed = with_header(keyed, "idempotency-key", "k");
    check_problem(&it.send(it.shared(), keyed).await, 413, "1000 bytes");
}

#[tokio::test]
async fn query_parameters_of_a_route_without_any_are_refused_by_name() {
    let it = Fixture::new().await;
    let answer = it.post("/api/v1/recall?user=ada", &json!({"query": "x"})).await;
    check_problem(&answer, 400, "`user`");
    check_problem(&it.get("/api/v1/snapshot?deep=1").await, 400, "deep");
    check_problem(&it.get("/api/v1/export?kind=note").await, 400, "kind");
}

#[tokio::test]
async fn a_call_without_a_gate_is_refused() {
    use tower::ServiceExt;
    let it = Fixture::new().await;
    let request = json_request(Method::POST, "/api/v1/recall", &json!({"query": "x"}));
    let response = it.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 500);
    let json = response.headers().get(header::CONTENT_TYPE).unwrap();
    assert_eq!(json, "application/problem+json");
}

#[tokio::test]
async fn a_field_that_is_given_twice_is_refused_at_any_depth() {
    let it = Fixture::new().await;
    let goal = json!({"id": "g1", "description": "Ship it"});
    it.post("/api/v1/records/goal", &goal).await.expect(201);
    for (method, path, body, field) in [
        (
            Method::POST,
            "/api/v1/records/note",
            r#"{"content": "x", "scope": {"user": "ben"}, "scope": {}}"#,
            "scope",
        ),
        (
            Method::POST,
            "/api/v1/records/note",
            r#"{"content": "x", "scope": {"user": "ben", "user": null}}"#,
            "user",
        ),
        (Method::POST, "/api/v1/records/note", r#"{"content": "x", "content": "y"}"#, "content"),
        (
            Method::PATCH,
            "/api/v1/records/goal/g1",
            r#"{"metadata": {"a": [{"b": 1, "b": 2}]}}"#,
            "b",
        ),
        (
            Method::POST,
            "/api/v1/learn",
            r#"{"messages": [{"content": "x", "content": "y"}]}"#,
            "content",
        ),
    ] {
        let request = request(method, path, Body::from(body));
        let request = with_header(request, "content-type", "application/json");
        let expect = format!("duplicate field `{field}`");
        check_problem(&it.send(it.shared(), request).await, 400, &expect);
    }
    check_problem(&it.get("/api/v1/records/goal?limit=1&limit=2").await, 400, "`limit`");
}
