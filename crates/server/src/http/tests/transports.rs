//! HTTP and gRPC refuse the same requests.

use aios_memory::Key;
use axum::Extension;
use serde_json::{Value, json};
use tonic::Code;

use super::Fixture;
use crate::{
    Config, grpc,
    wire::{
        AddMessagesRequest, ChatMessage, ContextRequest, FactsRequest, ForgetRequest, LearnRequest,
        ListRecordsRequest, RecallRequest, RememberItem, RememberRequest, Scope,
        TaskContextRequest, memory_service_client::MemoryServiceClient,
    },
};

type Client = MemoryServiceClient<axum::Router>;

async fn client(it: &Fixture) -> Client {
    let (router, _) = grpc::routes(&Config::default()).await;
    MemoryServiceClient::new(router.layer(Extension(it.call(it.shared()))))
}

/// Checks that both transports accept a request, or that both refuse it as invalid.
#[track_caller]
fn agree(rule: &str, is_valid: bool, http: u16, grpc: Result<(), tonic::Status>) {
    let code = grpc.err().map_or(Code::Ok, |status| status.code());
    let expected = if is_valid { (200, Code::Ok) } else { (400, Code::InvalidArgument) };
    assert_eq!((http, code), expected, "{rule}");
}

async fn post(it: &Fixture, path: &str, body: Value) -> u16 {
    it.post(path, &body).await.status.as_u16()
}

#[tokio::test]
async fn searches_and_contexts_have_the_same_bounds() {
    let it = Fixture::new().await;
    let mut client = client(&it).await;
    for (limit, is_valid) in [(200, true), (201, false)] {
        let http = post(&it, "/api/v1/recall", json!({"query": "tea", "limit": limit})).await;
        let request = RecallRequest { query: "tea".to_owned(), limit, ..Default::default() };
        agree("limit of hits", is_valid, http, client.recall(request).await.map(drop));
    }
    for (share, is_valid) in [(1.0, true), (1.5, false), (-0.5, false)] {
        let body = json!({"query": "tea", "min_relevance": share});
        let http = post(&it, "/api/v1/recall", body).await;
        let request =
            RecallRequest { query: "tea".to_owned(), min_relevance: share, ..Default::default() };
        agree("relevance", is_valid, http, client.recall(request).await.map(drop));
    }
    for (max_tokens, is_valid) in [(1_000_000, true), (1_000_001, false)] {
        let body = json!({"task": "brew tea", "max_tokens": max_tokens});
        let http = post(&it, "/api/v1/context", body).await;
        let task = "brew tea".to_owned();
        let request = TaskContextRequest { task: task.clone(), max_tokens, ..Default::default() };
        agree("budget", is_valid, http, client.context(request).await.map(drop));
        let request =
            ContextRequest { task_description: task, max_tokens, memory_tiers: Vec::new() };
        agree("budget", is_valid, http, client.assemble_context(request).await.map(drop));
    }
    for (session, is_valid) in [("s".to_owned(), true), (" ".to_owned(), false)] {
        let body = json!({"task": "brew tea", "session": session});
        let http = post(&it, "/api/v1/context", body).await;
        let task = "brew tea".to_owned();
        let request = TaskContextRequest { task, session, ..Default::default() };
        agree("session", is_valid, http, client.context(request).await.map(drop));
    }
}

#[tokio::test]
async fn scopes_have_the_same_rules() {
    let it = Fixture::new().await;
    let mut client = client(&it).await;
    let parts = [
        ("project", "p".repeat(1_024), true),
        ("project", "p".repeat(1_025), false),
        ("project", "\u{200b} ".to_owned(), false),
        ("agent", " ".to_owned(), false),
        ("agent", "a".repeat(1_024), true),
        ("session", "s".repeat(128), true),
        ("session", "s".repeat(129), false),
    ];
    for (name, part, is_valid) in parts {
        let http = post(&it, "/api/v1/recall", json!({"query": "tea", name: part})).await;
        let mut scope = Scope::default();
        *match name {
            "project" => &mut scope.project,
            "agent" => &mut scope.agent,
            _ => &mut scope.session,
        } = part;
        let query = "tea".to_owned();
        let request = RecallRequest { query, scope: Some(scope), ..Default::default() };
        agree(name, is_valid, http, client.recall(request).await.map(drop));
    }
}

#[tokio::test]
async fn texts_to_remember_have_the_same_rules() {
    let it = Fixture::new().await;
    let mut client = client(&it).await;
    let item = |text: &str| RememberItem { text: text.to_owned(), ..Default::default() };
    let texts = |count: usize| (0..count).map(|n| format!("Reading {n}.")).collect::<Vec<_>>();
    for (count, is_valid) in [(0, false), (1, true), (256, true), (257, false)] {
        let items: Vec<Value> = texts(count).iter().map(|text| json!({"text": text})).collect();
        let http = post(&it, "/api/v1/remember", json!({"items": items})).await;
        let items = texts(count).iter().map(|text| item(text)).collect();
        let request = RememberRequest { items, scope: None };
        agree("number of texts", is_valid, http, client.remember(request).await.map(drop));
    }
    let cases = [
        ("empty", json!({"text": " "}), item(" ")),
        (
            "kind",
            json!({"text": "x", "kind": "dream"}),
            RememberItem { kind: "dream".to_owned(), ..item("x") },
        ),
        (
            "home",
            json!({"text": "x", "kind": "goal"}),
            RememberItem { kind: "goal".to_owned(), ..item("x") },
        ),
        (
            "tags",
            json!({"text": "x", "tags": [" "]}),
            RememberItem { tags: vec![" ".to_owned()], ..item("x") },
        ),
        (
            "importance",
            json!({"text": "x", "importance": 1.5}),
            RememberItem { importance: 1.5, ..item("x") },
        ),
        (
            "id",
            json!({"text": "x", "id": "i".repeat(129)}),
            RememberItem { id: "i".repeat(129), ..item("x") },
        ),
    ];
    for (rule, json, wire) in cases {
        let body = json!({"items": [{"text": "fine"}, json]});
        let http = it.post("/api/v1/remember", &body).await;
        let detail = http.json()["detail"].as_str().unwrap_or_default().to_owned();
        let request = RememberRequest { items: vec![item("fine"), wire], scope: None };
        let status = client.remember(request).await.map(drop);
        let told = status.as_ref().err().map_or("", |status| status.message()).to_owned();
        agree(rule, false, http.status.as_u16(), status);
        assert!(detail.starts_with("items[1]") && told.starts_with("items[1]"), "{detail}; {told}");
    }
    let found = it.post("/api/v1/recall", &json!({"query": "fine"})).await.expect(200).json();
    let hits = found["hits"].as_array().expect("a list");
    assert!(hits.iter().all(|hit| hit["text"] != "fine"), "nothing of a refused call stays");
}

#[tokio::test]
async fn an_id_of_the_caller_is_replaced_by_either_transport() {
    let it = Fixture::new().await;
    let mut client = client(&it).await;
    let items = json!({"items": [{"text": "The key is under the mat.", "id": "key"}]});
    let first = it.post("/api/v1/remember", &items).await.expect(200).json();
    assert_eq!(first["items"][0]["state"], "new");
    let item = RememberItem {
        text: "The key is in the shed.".to_owned(),
        id: "key".to_owned(),
        ..Default::default()
    };
    let mut remember = async || {
        let request = RememberRequest { items: vec![item.clone()], scope: None };
        client.remember(request).await.unwrap().into_inner().results.remove(0)
    };
    let second = remember().await;
    assert_eq!((second.key.as_str(), second.known, second.replaced), ("note/key", false, true));
    let third = remember().await;
    assert!(third.known && !third.replaced);
    let key: Key = "note/key".parse().unwrap();
    assert_eq!(it.memory.get(&key).await.unwrap().unwrap().text, "The key is in the shed.");
    assert_eq!(it.memory.history(&key).await.unwrap().len(), 2);
}

#[tokio::test]
async fn lists_messages_and_keys_have_the_same_bounds() {
    let it = Fixture::new().await;
    let mut client = client(&it).await;
    for (limit, is_valid) in [(500, true), (501, false)] {
        let http = it.get(&format!("/api/v1/records/goal?limit={limit}")).await.status.as_u16();
        let kind = "goal".to_owned();
        let request = ListRecordsRequest { kind, page_size: limit, ..Default::default() };
        agree("page", is_valid, http, client.list_records(request).await.map(drop));
    }
    for (count, is_valid) in [(1, true), (256, true), (0, false), (257, false)] {
        let messages = vec![json!({"content": "Hello."}); count];
        let body = json!({"messages": messages});
        let http = post(&it, "/api/v1/sessions/s/messages", body).await;
        let message = ChatMessage { content: "Hello.".to_owned(), ..Default::default() };
        let session = "s".to_owned();
        let request = AddMessagesRequest { session, messages: vec![message; count], scope: None };
        agree("messages", is_valid, http, client.add_messages(request).await.map(drop));
    }
    for (limit, is_valid) in [(500, true), (501, false)] {
        let http = it.get(&format!("/api/v1/facts?limit={limit}")).await.status.as_u16();
        let request = FactsRequest { page_size: limit, ..Default::default() };
        agree("page of facts", is_valid, http, client.facts(request).await.map(drop));
    }
    for (count, is_valid) in [(1, true), (257, true), (0, false), (10_001, false)] {
        let body = json!({"messages": vec![json!({"content": "Hello."}); count]});
        let http = post(&it, "/api/v1/learn", body).await;
        let message = ChatMessage { content: "Hello.".to_owned(), ..Default::default() };
        let request = LearnRequest { messages: vec![message; count], scope: None };
        agree("messages to learn from", is_valid, http, client.learn(request).await.map(drop));
    }
    let keys = vec!["note/none".to_owned(); 1_001];
    let http = post(&it, "/api/v1/forget", json!({"keys": keys})).await;
    let request = ForgetRequest { keys, ..Default::default() };
    agree("keys", false, http, client.forget(request).await.map(drop));
}
