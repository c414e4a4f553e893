//! The facades, as the clients of mem0 and Hindsight call them.

use axum::body::Body;
use http::Method;
use serde_json::{Value, json};

use super::{Answer, Fixture, json_request, request};
use crate::{
    caller::{Caller, Naming},
    config::Config,
    operation::{FACADES, Right},
};

async fn fixture() -> Fixture {
    Fixture::with(Config { mem0: true, hindsight: true, ..Config::default() }).await
}

/// Returns a caller that acts for users whose names begin with `app-`.
fn delegate(it: &Fixture) -> Caller {
    let naming = Naming::Delegate { prefix: "app-".to_owned() };
    it.caller(None, &Right::ALL, naming)
}

async fn send(it: &Fixture, method: Method, path: &str, body: &Value) -> Answer {
    it.send(delegate(it), json_request(method, path, body)).await
}

async fn get(it: &Fixture, path: &str) -> Answer {
    it.send(delegate(it), request(Method::GET, path, Body::empty())).await
}

async fn add(it: &Fixture, user: &str, text: &str) -> Answer {
    let body = json!({
        "messages": [{"role": "user", "content": text}],
        "user_id": user,
        "metadata": {"topic": "home"},
        "infer": false
    });
    send(it, Method::POST, "/v3/memories/add/", &body).await
}

#[tokio::test]
async fn facades_are_served_if_the_settings_include_them() {
    let (with, without) = (fixture().await, Fixture::new().await);
    for operation in FACADES {
        let (method, template) = operation.name.split_once(' ').unwrap();
        let path =
            template.replace("{id}", "x").replace("{type}", "user").replace("{bank}", "app-x");
        let send = async |it: &Fixture| {
            let request = json_request(method.parse().unwrap(), &path, &json!({}));
            it.send(delegate(it), request).await
        };
        // The router's refusal has no body, but a handler's has.
        let is_served = |answer: &Answer| answer.status.is_success() || !answer.bytes.is_empty();
        assert!(!is_served(&send(&without).await), "{}", operation.name);
        assert!(is_served(&send(&with).await), "{}", operation.name);
    }
}

#[tokio::test]
async fn a_memory_of_mem0_is_added_searched_listed_changed_and_deleted() {
    let it = fixture().await;
    // The Python client does not work without these.
    let pong = get(&it, "/v1/ping/").await.expect(200).json();
    assert!(pong["org_id"].is_string() && pong["project_id"].is_string(), "{pong}");
    let added = add(&it, "app-ada", "I keep the key under the mat.").await.expect(200).json();
    assert_eq!(added["results"][0]["event"], "ADD", "{added}");
    let id = added["results"][0]["id"].as_str().unwrap().to_owned();
    let again = add(&it, "app-ada", "I keep the key under the mat.").await.expect(200).json();
    assert_eq!(
        (&again["results"][0]["event"], &again["results"][0]["id"]),
        (&json!("NOOP"), &json!(id))
    );

    let query =
        json!({"query": "where is the key?", "filters": {"user_id": "app-ada"}, "top_k": 5});
    let found = send(&it, Method::POST, "/v3/memories/search/", &query).await.expect(200).json();
    let hit = &found["results"][0];
    assert_eq!((&hit["id"], &hit["user_id"]), (&json!(id), &json!("app-ada")), "{found}");
    assert_eq!(hit["memory"], "I keep the key under the mat.");
    assert_eq!(hit["metadata"]["topic"], "home");
    assert!(hit["score"].is_number());

    let filters = json!({"filters": {"AND": [{"user_id": "app-ada"}]}});
    let listed = send(&it, Method::POST, "/v3/memories/?page=1&page_size=50", &filters).await;
    let listed = listed.expect(200).json();
    assert_eq!((&listed["count"], &listed["results"][0]["id"]), (&json!(1), &json!(id)));

    let path = format!("/v1/memories/{id}/");
    let text = json!({"text": "The key is with Bob."});
    send(&it, Method::PUT, &path, &text).await.expect(200);
    assert_eq!(get(&it, &path).await.expect(200).json()["memory"], "The key is with Bob.");
    let history = get(&it, &format!("{path}history/")).await.expect(200).json();
    assert_eq!(history[0]["event"], "ADD", "{history}");
    assert_eq!(history[1]["old_memory"], "I keep the key under the mat.");
    assert_eq!(history[1]["new_memory"], "The key is with Bob.");
    it.send(delegate(&it), request(Method::DELETE, &path, Body::empty())).await.expect(200);
    get(&it, &path).await.expect(404);
}

#[tokio::test]
async fn a_facade_reaches_the_named_user_alone_and_never_more_than_its_token() {
    let it = fixture().await;
    let added = add(&it, "app-ada", "Ada's secret.").await.expect(200).json();
    let id = added["results"][0]["id"].as_str().unwrap().to_owned();
    add(&it, "other", "Not allowed.").await.expect(403);
    let search = |filters: Value| {
        let query = json!({"query": "secret", "filters": filters});
        async move { query }
    };
    for (filters, status) in [
        (json!({"user_id": "app-bob"}), 200),
        (json!({"user_id": "other"}), 403),
        (json!({}), 403),
        (json!({"user_id": "*"}), 400),
        (json!({"user_id": ""}), 400),
        (json!({"user_id": {"in": ["app-ada"]}}), 400),
        (json!({"OR": [{"user_id": "app-ada"}, {"user_id": "other"}]}), 400),
        (json!({"AND": [{"user_id": "app-ada"}, {"user_id": "app-bob"}]}), 400),
        (json!({"metadata": {"a": 1}}), 400),
    ] {
        let query = search(filters).await;
        let answer = send(&it, Method::POST, "/v3/memories/search/", &query).await.expect(status);
        assert!(!answer.text().contains("Ada's secret."), "{}", answer.text());
    }
    // The id includes its user, and a caller for another user cannot access it.
    let path = format!("/v1/memories/{id}/");
    it.send(it.user("app-bob"), request(Method::GET, &path, Body::empty())).await.expect(403);
    it.send(it.user("app-ada"), request(Method::GET, &path, Body::empty())).await.expect(200);
    let bare = id.split_once('.').unwrap().1;
    let bare = format!("/v1/memories/{bare}/");
    it.send(it.shared(), request(Method::GET, &bare, Body::empty())).await.expect(404);
}

#[tokio::test]
async fn mem0_deletes_all_memories_of_a_user_and_of_nobody_else() {
    let it = fixture().await;
    for user in ["app-ada", "app-bob"] {
        add(&it, user, "The same text.").await.expect(200);
    }
    let all = request(Method::DELETE, "/v1/memories/", Body::empty());
    it.send(delegate(&it), all).await.expect(400);
    let path = "/v1/memories/?user_id=app-ada";
    it.send(delegate(&it), request(Method::DELETE, path, Body::empty())).await.expect(200);
    for (user, count) in [("app-ada", 0), ("app-bob", 1)] {
        let path = format!("/v1/memories/?user_id={user}");
        let listed = get(&it, &path).await.expect(200).json();
        assert_eq!(listed.as_array().unwrap().len(), count, "{listed}");
    }
}

#[tokio::test]
async fn hindsight_retains_recalls_and_lists() {
    let it = fixture().await;
    let path = "/v1/default/banks/app-ada/memories";
    let body = json!({"items": [
        {"content": "Alice works at the harbour.", "tags": ["work"], "document_id": "d1",
         "timestamp": "2026-01-15T10:30:00Z", "metadata": {"source": "chat"}},
        {"content": [{"type": "text", "text": "Bob sails."}], "timestamp": "unset"}
    ], "async": false});
    let retained = send(&it, Method::POST, path, &body).await.expect(200).json();
    assert_eq!(retained["items_count"], 2, "{retained}");
    let recall = format!("{path}/recall");
    let query = json!({"query": "where does Alice work?", "budget": "mid", "max_tokens": 4096});
    let found = send(&it, Method::POST, &recall, &query).await.expect(200).json();
    assert_eq!(found["results"][0]["text"], "Alice works at the harbour.", "{found}");
    assert_eq!(found["results"][0]["document_id"], "d1");
    assert_eq!(found["results"][0]["metadata"], json!({"source": "chat"}));
    let strict = json!({"query": "sails", "tags": ["work"], "tags_match": "any_strict"});
    let found = send(&it, Method::POST, &recall, &strict).await.expect(200).text();
    assert!(!found.contains("Bob"), "{found}");

    // A document that is retained again is replaced.
    let body = json!({"items": [{"content": "Alice works at sea.", "document_id": "d1"}]});
    send(&it, Method::POST, path, &body).await.expect(200);
    let listed = get(&it, &format!("{path}/list?limit=10&offset=0")).await.expect(200).json();
    assert_eq!(listed["total"], 2, "{listed}");
    let texts = listed.to_string();
    assert!(texts.contains("at sea") && !texts.contains("harbour"), "{texts}");

    send(&it, Method::POST, "/v1/default/banks/other/memories", &body).await.expect(403);
    let image = json!({"items": [{"content": [{"type": "image", "source": {}}]}]});
    send(&it, Method::POST, path, &image).await.expect(400);
}

#[tokio::test]
async fn mem0_refuses_a_request_that_names_two_users() {
    let it = fixture().await;
    for user in ["app-ada", "app-bob"] {
        add(&it, user, "The same text.").await.expect(200);
    }
    let both = "/v1/memories/?user_id=app-ada&user_id=app-bob";
    it.send(delegate(&it), request(Method::DELETE, both, Body::empty())).await.expect(400);
    get(&it, both).await.expect(400);
    let filters = "%7B'user_id':'app-ada','user_id':'app-bob'%7D";
    get(&it, &format!("/v1/memories/?filters={filters}")).await.expect(400);
    for (path, body) in [
        ("/v3/memories/add/", r#"{"messages": "x", "user_id": "app-ada", "user_id": "app-bob"}"#),
        (
            "/v3/memories/search/",
            r#"{"query": "x", "filters": {"user_id": "app-ada", "user_id": "app-bob"}}"#,
        ),
        ("/v3/memories/?user_id=app-bob", r#"{"user_id": "app-ada"}"#),
    ] {
        let request = request(Method::POST, path, Body::from(body));
        let request = super::with_header(request, "content-type", "application/json");
        it.send(delegate(&it), request).await.expect(400);
    }
    for user in ["app-ada", "app-bob"] {
        let listed = get(&it, &format!("/v1/memories/?user_id={user}")).await.expect(200).json();
        assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    }
}

#[tokio::test]
async fn hindsight_refuses_unknown_types_and_fields_given_twice() {
    let it = fixture().await;
    let path = "/v1/default/banks/app-ada/memories";
    let recall = format!("{path}/recall");
    let of = |types: Value| json!({"query": "x", "types": types});
    send(&it, Method::POST, &recall, &of(json!(["world", "opinion"]))).await.expect(200);
    send(&it, Method::POST, &recall, &of(json!(["world", "dream"]))).await.expect(400);
    get(&it, &format!("{path}/list?type=dream")).await.expect(400);
    let body = r#"{"items": [{"content": "x", "content": "y"}]}"#;
    let request = request(Method::POST, path, Body::from(body));
    let request = super::with_header(request, "content-type", "application/json");
    it.send(delegate(&it), request).await.expect(400);
}
