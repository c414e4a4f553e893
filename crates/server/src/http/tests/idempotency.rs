//! Calls that are repeated with an idempotency key.

use http::Method;
use serde_json::json;

use super::{Fixture, json_request, with_header};

const PATH: &str = "/api/v1/records/goal";

fn keyed(key: &str, path: &str, body: &serde_json::Value) -> http::Request<axum::body::Body> {
    with_header(json_request(Method::POST, path, body), "idempotency-key", key)
}

#[tokio::test]
async fn a_repeated_call_answers_the_same_keys_and_stores_nothing() {
    let it = Fixture::new().await;
    let body = json!({"description": "Ship the parser"});
    let first = it.send(it.shared(), keyed("k", PATH, &body)).await.expect(201);
    let again = it.send(it.shared(), keyed("k", PATH, &body)).await.expect(201);
    assert_eq!(again.bytes, first.bytes);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(again.header("etag"), first.header("etag"));
    let list = it.get(PATH).await.expect(200).json();
    assert_eq!(list["records"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn another_body_or_route_under_the_same_key_is_refused() {
    let it = Fixture::new().await;
    let body = json!({"description": "One"});
    it.send(it.shared(), keyed("k", PATH, &body)).await.expect(201);
    let other = json!({"description": "Two"});
    let refused = it.send(it.shared(), keyed("k", PATH, &other)).await.expect(422);
    assert_eq!(refused.json()["code"], "key_reused");
    let task = "/api/v1/records/task";
    it.send(it.shared(), keyed("k", task, &body)).await.expect(422);
}

#[tokio::test]
async fn keys_of_two_users_are_two_keys() {
    let it = Fixture::new().await;
    let body = json!({"description": "Mine"});
    it.send(it.user("ada"), keyed("k", PATH, &body)).await.expect(201);
    let bobs = it.send(it.user("bob"), keyed("k", PATH, &body)).await.expect(201);
    assert_eq!(bobs.header("idempotent-replayed"), "");
}

#[tokio::test]
async fn a_failed_call_can_be_repeated() {
    let it = Fixture::new().await;
    let path = "/api/v1/forget";
    let body = json!({"keys": ["note/n1"]});
    it.send(it.shared(), keyed("k", path, &body)).await.expect(404);
    let items = json!({"items": [{"id": "n1", "text": "Tea at four."}]});
    it.post("/api/v1/remember", &items).await.expect(200);
    let done = it.send(it.shared(), keyed("k", path, &body)).await.expect(200);
    assert_eq!(done.header("idempotent-replayed"), "");
}

#[tokio::test]
async fn a_search_is_computed_again_because_its_texts_are_not_kept() {
    let it = Fixture::new().await;
    let (path, body) = ("/api/v1/recall", json!({"query": "tea"}));
    let first = it.send(it.shared(), keyed("k", path, &body)).await.expect(200);
    assert_eq!(first.json()["hits"], json!([]));
    let items = json!({"items": [{"text": "Tea at four."}]});
    it.post("/api/v1/remember", &items).await.expect(200);
    let again = it.send(it.shared(), keyed("k", path, &body)).await.expect(200);
    assert_eq!(again.json()["hits"].as_array().unwrap().len(), 1);
    let other = json!({"query": "coffee"});
    it.send(it.shared(), keyed("k", path, &other)).await.expect(422);
}

#[tokio::test]
async fn of_many_equal_calls_at_once_one_is_carried_out() {
    let it = Fixture::new().await;
    let body = json!({"messages": [{"content": "Yes."}]});
    let path = "/api/v1/sessions/s/messages";
    let calls = (0..16).map(|_| it.send(it.shared(), keyed("k", path, &body)));
    let answers = futures::future::join_all(calls).await;
    assert!(answers.iter().all(|it| matches!(it.status.as_u16(), 200 | 409)), "{answers:?}");
    let is_first =
        |it: &&super::Answer| it.status == 200 && it.header("idempotent-replayed").is_empty();
    assert_eq!(answers.iter().filter(is_first).count(), 1, "{answers:?}");
    let messages = it.get(path).await.expect(200).json();
    assert_eq!(messages["messages"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_of_the_wrong_form_is_refused() {
    let it = Fixture::new().await;
    let body = json!({"query": "x"});
    for key in [String::new(), "k".repeat(256)] {
        let refused = it.send(it.shared(), keyed(&key, "/api/v1/recall", &body)).await;
        assert!(refused.expect(400).text().contains("idempotency-key"));
    }
}
