//! Forgetting by key, scope and text.

use http::Method;
use serde_json::json;

use super::{Fixture, json_request};

const PATH: &str = "/api/v1/forget";

async fn with_notes() -> Fixture {
    let it = Fixture::new().await;
    let items = json!({"items": [
        {"id": "safe", "text": "The safe is in room 4."},
        {"id": "tea", "text": "Tea is at four.", "project": "tea"},
        {"id": "milk", "text": "Milk goes in first.", "project": "tea"}
    ]});
    it.post("/api/v1/remember", &items).await.expect(200);
    it
}

#[tokio::test]
async fn forgetting_by_key_gives_a_receipt_without_texts() {
    let it = with_notes().await;
    let dry = json!({"keys": ["note/safe"], "dry_run": true});
    let planned = it.post(PATH, &dry).await.expect(200).json();
    assert_eq!((&planned["dry_run"], &planned["forgotten"]), (&json!(true), &json!(1)));
    it.get("/api/v1/records/note/safe").await.expect(200);
    let done = it.post(PATH, &json!({"keys": ["note/safe"]})).await.expect(200);
    assert!(!done.text().contains("room"), "{}", done.text());
    assert_eq!(done.json()["records"], json!([{"key": "note/safe"}]));
    it.get("/api/v1/records/note/safe").await.expect(404);
}

#[tokio::test]
async fn a_purge_is_told() {
    let it = with_notes().await;
    let done = it.post(PATH, &json!({"keys": ["note/safe"], "purge": true})).await.expect(200);
    assert_eq!(done.json()["purged"], true, "{}", done.text());
}

#[tokio::test]
async fn forgetting_a_project_forgets_its_records_alone() {
    let it = with_notes().await;
    let done = it.post(PATH, &json!({"filter": {"project": "tea"}})).await.expect(200).json();
    assert_eq!(done["forgotten"], 2, "{done}");
    it.get("/api/v1/records/note/safe").await.expect(200);
}

#[tokio::test]
async fn a_query_that_needs_review_is_refused_and_its_dry_run_lists_what_it_means() {
    let it = with_notes().await;
    let exact = json!({"filter": {"query": "The safe is in room 4."}, "dry_run": true});
    let planned = it.post(PATH, &exact).await.expect(200).json();
    assert_eq!(planned["certain"], true, "{planned}");
    assert_eq!(planned["proposed"][0]["key"], "note/safe");
    let vague = json!({"filter": {"query": "safe room"}, "dry_run": true});
    let planned = it.post(PATH, &vague).await.expect(200).json();
    assert_eq!(planned["certain"], false, "{planned}");
    it.post(PATH, &json!({"filter": {"query": "safe room"}})).await.expect(400);
    it.get("/api/v1/records/note/safe").await.expect(200);
    let exact = json!({"filter": {"query": "The safe is in room 4."}});
    assert_eq!(it.post(PATH, &exact).await.expect(200).json()["forgotten"], 1);
}

#[tokio::test]
async fn nothing_is_selected_by_nothing() {
    let it = with_notes().await;
    for body in [
        json!({}),
        json!({"keys": []}),
        json!({"filter": {}}),
        json!({"filter": {"project": " "}}),
        json!({"filter": {"project": null}}),
        json!({"filter": {"min_relevance": 0.1}}),
        json!({"keys": ["note/safe"], "filter": {"project": "tea"}}),
        json!({"keys": ["safe"]}),
        json!({"keys": ["note/"]}),
        json!({"keys": ["*"]}),
    ] {
        it.post(PATH, &body).await.expect(400);
    }
    it.post(PATH, &json!({"keys": ["note/never"]})).await.expect(404);
    for id in ["safe", "tea", "milk"] {
        it.get(&format!("/api/v1/records/note/{id}")).await.expect(200);
    }
}

#[tokio::test]
async fn a_user_forgets_its_own_records_alone() {
    let it = with_notes().await;
    let send = |body| it.send(it.user("ada"), json_request(Method::POST, PATH, &body));
    send(json!({"keys": ["note/safe"]})).await.expect(403);
    send(json!({"filter": {"user": "bob"}})).await.expect(403);
    send(json!({"filter": {}})).await.expect(400);
    let path = "/api/v1/remember";
    let items = json!({"items": [{"id": "mine", "text": "Ada likes tea."}]});
    it.send(it.user("ada"), json_request(Method::POST, path, &items)).await.expect(200);
    send(json!({"filter": {}})).await.expect(400);
    send(json!({"filter": {"user": null}})).await.expect(400);
    let done = send(json!({"filter": {"user": "ada"}})).await.expect(200).json();
    assert_eq!(done["records"], json!([{"key": "note/mine", "user": "ada"}]));
    it.get("/api/v1/records/note/safe").await.expect(200);
}

#[tokio::test]
async fn what_another_project_has_is_not_forgotten() {
    let it = Fixture::new().await;
    let (one, two) = (|| it.in_project("ada", "one"), || it.in_project("ada", "two"));
    let item = json!({"items": [{"id": "n", "text": "The merger is in May."}]});
    it.send(two(), json_request(Method::POST, "/api/v1/remember", &item)).await.expect(200);
    for body in [
        json!({"keys": ["note/n"]}),
        json!({"keys": ["note/n"], "dry_run": true}),
        json!({"keys": ["note/n"], "purge": true}),
    ] {
        let refused = it.send(one(), json_request(Method::POST, PATH, &body)).await.expect(404);
        let unknown = json!({"keys": ["note/never"], "dry_run": true});
        let unknown = it.send(one(), json_request(Method::POST, PATH, &unknown)).await.expect(404);
        assert_eq!(refused.json()["detail"], unknown.json()["detail"]);
    }
    let own = json!({"keys": ["note/n"]});
    let gone = it.send(two(), json_request(Method::POST, PATH, &own)).await.expect(200).json();
    assert_eq!(gone["forgotten"], 1);
}

#[tokio::test]
async fn a_session_is_not_forgotten_with_messages_of_another_project() {
    let it = Fixture::new().await;
    let session = json!({"id": "s"});
    let add = json_request(Method::POST, "/api/v1/records/session", &session);
    it.send(it.user("ada"), add).await.expect(201);
    for project in ["one", "two"] {
        let said = json!({"messages": [{"role": "user", "content": project}]});
        let path = "/api/v1/sessions/s/messages";
        let caller = it.in_project("ada", project);
        it.send(caller, json_request(Method::POST, path, &said)).await.expect(200);
    }
    let path = "/api/v1/records/session/s";
    let refused = it.in_project("ada", "two");
    let refused = it.send(refused, json_request(Method::DELETE, path, &json!({}))).await;
    assert_eq!(refused.expect(403).json()["code"], "scope");
    let body = json!({"keys": ["session/s"]});
    let refused = it.in_project("ada", "two");
    it.send(refused, json_request(Method::POST, PATH, &body)).await.expect(403);
    let whole = json_request(Method::POST, PATH, &body);
    let gone = it.send(it.user("ada"), whole).await.expect(200).json();
    assert_eq!(gone["forgotten"], 3);
}

#[tokio::test]
async fn an_event_in_the_ring_is_forgotten_by_its_key() {
    let it = Fixture::new().await;
    let event = json!({"id": "e", "category": "custom", "source": "test", "data": {"a": 1}});
    it.post("/api/v1/events", &json!({"events": [event]})).await.expect(200);
    let forget = json!({"keys": ["event/e"]});
    assert_eq!(it.post(PATH, &forget).await.expect(200).json()["forgotten"], 1);
    it.post(PATH, &forget).await.expect(404);
}

#[tokio::test]
async fn the_records_that_keep_a_project_from_being_forgotten_are_named_to_their_owner() {
    let it = Fixture::new().await;
    let store = |caller, kind: &str, body: serde_json::Value| {
        let path = format!("/api/v1/records/{kind}");
        it.send(caller, json_request(Method::POST, &path, &body))
    };
    let goal = json!({"id": "g", "description": "Plant a garden"});
    store(it.in_project("ada", "two"), "goal", goal).await.expect(201);
    let task = json!({"id": "t", "goal_id": "g", "description": "Dig"});
    store(it.in_project("ada", "one"), "task", task.clone()).await.expect(404);
    let mut task = task;
    task["scope"] = json!({"project": "one"});
    store(it.user("ada"), "task", task).await.expect(201);
    let body = json!({"filter": {"project": "two"}});
    let send = |caller| it.send(caller, json_request(Method::POST, PATH, &body));
    let refused = send(it.user("ada")).await.expect(403).json();
    assert!(refused["detail"].as_str().unwrap().contains("`task/t`"), "{refused}");
    let refused = send(it.in_project("ada", "two")).await.expect(403).text();
    assert!(!refused.contains("task/t"), "{refused}");
    let key = json!({"keys": ["task/t"]});
    it.send(it.user("ada"), json_request(Method::POST, PATH, &key)).await.expect(200);
    send(it.user("ada")).await.expect(200);
}
