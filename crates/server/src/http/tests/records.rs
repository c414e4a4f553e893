//! Single records: lists, versions, conditions.

use axum::body::Body;
use http::Method;
use serde_json::json;

use super::{Fixture, json_request, request, with_header};

const GOALS: &str = "/api/v1/records/goal";

#[tokio::test]
async fn a_record_is_created_changed_and_read_by_its_version() {
    let it = Fixture::new().await;
    let body = json!({"id": "g 1/2", "description": "Ship the parser"});
    let created = it.post(GOALS, &body).await.expect(201);
    assert_eq!(created.json()["key"], "goal/g 1/2");
    let path = created.header("location").to_owned();
    assert_eq!(path, "/api/v1/records/goal/g%201%2F2");
    let etag = created.header("etag").to_owned();

    let read = it.get(&path).await.expect(200);
    assert_eq!(read.header("etag"), etag);
    assert_eq!(read.json()["fields"]["description"], "Ship the parser");
    let known = with_header(request(Method::GET, &path, Body::empty()), "if-none-match", &etag);
    it.send(it.shared(), known).await.expect(304);
    // The comparison of `If-None-Match` is a weak one.
    let weak = format!("\"00\", W/{etag}");
    let known = with_header(request(Method::GET, &path, Body::empty()), "if-none-match", &weak);
    it.send(it.shared(), known).await.expect(304);

    let change = json_request(Method::PATCH, &path, &json!({"priority": 1}));
    let changed = it.send(it.shared(), with_header(change, "if-match", &etag)).await.expect(200);
    assert_ne!(changed.header("etag"), etag);
    let late = json_request(Method::PATCH, &path, &json!({"priority": 2}));
    let late = it.send(it.shared(), with_header(late, "if-match", &etag)).await.expect(412);
    assert_eq!(late.json()["code"], "changed");
    for (tags, status) in [("W/\"00\"", 412), ("\"00\", \"11\"", 412), ("00", 400), ("*", 200)] {
        let change = json_request(Method::PATCH, &path, &json!({"priority": 1}));
        it.send(it.shared(), with_header(change, "if-match", tags)).await.expect(status);
    }
    assert_eq!(it.get(&path).await.json()["fields"]["priority"], 1);
}

#[tokio::test]
async fn a_record_is_stored_on_a_condition() {
    let it = Fixture::new().await;
    let put = |name: &'static str, value: &str, text: &str| {
        let body = json!({"id": "g1", "description": text});
        it.send(it.shared(), with_header(json_request(Method::POST, GOALS, &body), name, value))
    };
    put("if-match", "*", "None").await.expect(412);
    let created = put("if-none-match", "*", "One").await.expect(201);
    let etag = created.header("etag").to_owned();
    let again = put("if-none-match", "*", "One").await.expect(412);
    assert!(again.text().contains(etag.trim_matches('"')), "{}", again.text());
    put("if-none-match", &etag, "Two").await.expect(412);
    put("if-match", "\"00\"", "Two").await.expect(412);
    put("if-match", &format!("W/{etag}"), "Two").await.expect(412);
    put("if-match", &etag, "Two").await.expect(200);
    put("if-match", &etag, "Three").await.expect(412);
    put("if-match", "00", "Three").await.expect(400);
    let path = "/api/v1/records/goal/g1";
    assert_eq!(it.get(path).await.json()["fields"]["description"], "Two");
    for method in [Method::PATCH, Method::DELETE] {
        let change = json_request(method, path, &json!({"priority": 1}));
        let change = with_header(change, "if-none-match", "*");
        it.send(it.shared(), change).await.expect(412);
    }
    let unnamed = json_request(Method::POST, GOALS, &json!({"description": "Another"}));
    it.send(it.shared(), with_header(unnamed, "if-none-match", "*")).await.expect(201);
}

#[tokio::test]
async fn of_many_changes_of_one_version_one_is_made() {
    let it = Fixture::new().await;
    let created = it.post(GOALS, &json!({"id": "g1", "description": "One"})).await.expect(201);
    let etag = created.header("etag").to_owned();
    let changes = (0..16).map(|priority| {
        let change =
            json_request(Method::PATCH, "/api/v1/records/goal/g1", &json!({"priority": priority}));
        it.send(it.shared(), with_header(change, "if-match", &etag))
    });
    let answers = futures::future::join_all(changes).await;
    let made = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.status == 412).count();
    assert_eq!((made, refused), (1, 15));
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let it = Fixture::new().await;
    for n in 0..7 {
        let body = json!({"id": format!("g{n}"), "description": format!("Goal {n}")});
        it.post(GOALS, &body).await.expect(201);
    }
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = it.get(&format!("{GOALS}?limit=3{cursor}")).await.expect(200).json();
        let records = page["records"].as_array().unwrap();
        ids.extend(records.iter().map(|record| record["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(ids, ["g0", "g1", "g2", "g3", "g4", "g5", "g6"]);
    it.get(&format!("{GOALS}?limit=501")).await.expect(400);
    it.get(&format!("{GOALS}?limit=0")).await.expect(400);
    it.get(&format!("{GOALS}?cursor=mad")).await.expect(400);
    let refused = it.get(&format!("{GOALS}?offset=3")).await.expect(400);
    assert!(refused.text().contains("offset"), "{}", refused.text());
}

#[tokio::test]
async fn deleting_a_goal_tells_that_its_task_went_with_it() {
    let it = Fixture::new().await;
    it.post(GOALS, &json!({"id": "g1", "description": "Goal"})).await.expect(201);
    let task = json!({"id": "t1", "goal_id": "g1", "description": "Task"});
    it.post("/api/v1/records/task", &task).await.expect(201);
    let path = "/api/v1/records/goal/g1";
    let wrong = with_header(request(Method::DELETE, path, Body::empty()), "if-match", "\"00\"");
    it.send(it.shared(), wrong).await.expect(412);
    let deleted =
        it.send(it.shared(), request(Method::DELETE, path, Body::empty())).await.expect(200);
    let expected = json!({"deleted": [{"key": "task/t1"}, {"key": "goal/g1"}]});
    assert_eq!(deleted.changed, ["task/t1", "goal/g1"]);
    assert_eq!(deleted.json(), expected);
    it.get(path).await.expect(404);
    it.get("/api/v1/records/task/t1").await.expect(404);
    it.send(it.shared(), request(Method::DELETE, path, Body::empty())).await.expect(404);
}

#[tokio::test]
async fn deleting_a_note_forgets_it() {
    let it = Fixture::new().await;
    let items = json!({"items": [{"id": "n1", "text": "A secret plan."}]});
    it.post("/api/v1/remember", &items).await.expect(200);
    let path = "/api/v1/records/note/n1";
    it.send(it.shared(), request(Method::DELETE, path, Body::empty())).await.expect(200);
    it.get(path).await.expect(404);
    let found = it.post("/api/v1/recall", &json!({"query": "secret plan"})).await.json();
    assert_eq!(found["hits"], json!([]));
}

#[tokio::test]
async fn storing_the_same_record_again_says_so() {
    let it = Fixture::new().await;
    let body = json!({"id": "n1", "content": "Tea."});
    let path = "/api/v1/records/notes";
    assert_eq!(it.post(path, &body).await.expect(201).json()["state"], "new");
    assert_eq!(it.post(path, &body).await.expect(200).json()["state"], "known");
    let other = json!({"id": "n1", "content": "Coffee."});
    assert_eq!(it.post(path, &other).await.expect(200).json()["state"], "replaced");
}

#[tokio::test]
async fn fields_and_kinds_that_do_not_exist_are_refused_by_name() {
    let it = Fixture::new().await;
    let body = json!({"description": "x", "colour": "red"});
    let refused = it.post(GOALS, &body).await.expect(400);
    assert!(refused.text().contains("colour"), "{}", refused.text());
    it.get("/api/v1/records/gaol/g1").await.expect(400);
    it.get("/api/v1/records/goal/nothing").await.expect(404);
    it.get("/api/v1/records/goal/nothing/history").await.expect(404);
    let change = json_request(Method::PATCH, "/api/v1/records/goal/g1", &json!({"x": 1}));
    it.send(it.shared(), change).await.expect(404);
}

#[tokio::test]
async fn a_user_cannot_change_a_shared_record() {
    let it = Fixture::new().await;
    it.post(GOALS, &json!({"id": "g1", "description": "Shared"})).await.expect(201);
    let path = "/api/v1/records/goal/g1";
    it.send(it.user("ada"), request(Method::GET, path, Body::empty())).await.expect(200);
    let change = json_request(Method::PATCH, path, &json!({"priority": 1}));
    let refused = it.send(it.user("ada"), change).await.expect(403);
    assert_eq!(refused.json()["code"], "not_yours");
    let delete = request(Method::DELETE, path, Body::empty());
    it.send(it.user("ada"), delete).await.expect(403);
}

#[tokio::test]
async fn a_record_that_names_another_owner_is_refused() {
    let it = Fixture::new().await;
    for (kind, body) in [
        ("note", json!({"content": "w", "owner": "ben"})),
        ("note", json!({"content": "w", "end_user": "ben"})),
        ("note", json!({"content": "w", "metadata": {"user_id": "ben"}})),
        ("goal", json!({"description": "w", "metadata": {"user_id": "ben"}})),
    ] {
        let answer = it.post(&format!("/api/v1/records/{kind}"), &body).await;
        assert!(answer.status.is_client_error(), "{body}: {}", answer.text());
        let request = json_request(Method::POST, &format!("/api/v1/records/{kind}"), &body);
        let status = it.send(it.user("ben"), request).await.status;
        assert_eq!(status.is_success(), body.get("end_user").is_none(), "{body}");
    }
    it.post(GOALS, &json!({"id": "g1", "description": "Shared"})).await.expect(201);
    let change = json!({"metadata": {"user_id": "ben"}});
    let path = "/api/v1/records/goal/g1";
    let changed = it.send(it.shared(), json_request(Method::PATCH, path, &change)).await;
    assert!(changed.status.is_client_error(), "{}", changed.text());
}

#[tokio::test]
async fn the_owner_of_a_record_may_name_itself_in_a_change() {
    let it = Fixture::new().await;
    let body = json!({"id": "g1", "description": "Mine", "scope": {"project": "p"}});
    it.send(it.user("ben"), json_request(Method::POST, GOALS, &body)).await.expect(201);
    let path = "/api/v1/records/goal/g1";
    let change = json!({"metadata": {"user_id": "ben", "x": 1}});
    it.send(it.user("ben"), json_request(Method::PATCH, path, &change)).await.expect(200);
    let read = it.send(it.user("ben"), request(Method::GET, path, Body::empty())).await;
    assert_eq!(read.expect(200).json()["fields"]["metadata"], json!({"x": 1}));
}

#[tokio::test]
async fn values_that_no_record_has_are_refused() {
    let it = Fixture::new().await;
    for (kind, body) in [
        ("tool_call", json!({"tool_name": "sh", "duration_ms": -1})),
        (
            "fact",
            json!({"text": "x", "valid_from": "2026-01-02T00:00:00Z",
                   "valid_to": "2026-01-01T00:00:00Z"}),
        ),
        ("note", json!({"content": "x", "scope": {"session": "s".repeat(200)}})),
        ("message", json!({"content": "x", "scope": {"session": ""}})),
        ("message", json!({"content": "x", "scope": {"session": "\u{200b}"}})),
    ] {
        it.post(&format!("/api/v1/records/{kind}"), &body).await.expect(400);
    }
}
