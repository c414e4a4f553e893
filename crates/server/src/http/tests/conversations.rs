//! Sessions and their messages.

use http::Method;
use serde_json::json;

use super::{Fixture, json_request, with_header};

const PATH: &str = "/api/v1/sessions/standup/messages";

#[tokio::test]
async fn the_latest_messages_come_oldest_first() {
    let it = Fixture::new().await;
    for n in 0..5 {
        let body = json!({"messages": [{"role": "user", "content": format!("Message {n}")}]});
        it.post(PATH, &body).await.expect(200);
    }
    let latest = it.get(&format!("{PATH}?limit=3")).await.expect(200).json();
    let contents: Vec<&str> = latest["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["content"].as_str().unwrap())
        .collect();
    assert_eq!(contents, ["Message 2", "Message 3", "Message 4"]);
    it.get(&format!("{PATH}?limit=1001")).await.expect(400);
}

#[tokio::test]
async fn a_message_with_an_id_is_stored_once() {
    let it = Fixture::new().await;
    let body = json!({"messages": [
        {"id": "m1", "role": "assistant", "content": "The parser is done."},
        {"id": "m2", "content": "Good."}
    ]});
    let first = it.post(PATH, &body).await.expect(200).json();
    assert_eq!(first["messages"][0]["state"], "new");
    let again = it.post(PATH, &body).await.expect(200).json();
    assert_eq!(again["messages"][0]["state"], "known");
    assert_eq!(again["messages"][0]["key"], first["messages"][0]["key"]);
    let other = json!({"messages": [
        {"content": "Never stored."},
        {"id": "m1", "content": "The parser is late."}
    ]});
    let refused = it.post(PATH, &other).await.expect(409).json();
    assert!(refused["detail"].as_str().unwrap().contains("messages[1]"), "{refused}");
    let all = it.get(PATH).await.expect(200).json();
    assert_eq!(all["messages"].as_array().unwrap().len(), 2, "{all}");
}

#[tokio::test]
async fn equal_messages_without_ids_are_several() {
    let it = Fixture::new().await;
    let body = json!({"messages": [{"content": "Yes."}, {"content": "Yes."}]});
    it.post(PATH, &body).await.expect(200);
    let all = it.get(PATH).await.expect(200).json();
    assert_eq!(all["messages"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn invalid_messages_are_refused_by_their_index() {
    let it = Fixture::new().await;
    for (message, part) in [
        (json!({"content": ""}), "messages[1]"),
        (json!({"content": "x", "mood": "good"}), "mood"),
        (json!({"content": "x", "timestamp": "noon"}), "timestamp"),
        (json!({"content": "x", "timestamp": "2026-01-03T00:00:00+24:00"}), "RFC 3339"),
        (json!({"content": "x", "timestamp": "2100-01-01T00:00:00Z"}), "after 2099"),
        (json!({"content": "x", "metadata": {"end_user": "ben"}}), "end_user"),
        (json!({"content": "x", "metadata": {"thread_id": "t"}}), "another conversation"),
        (json!({"role": "user"}), "content"),
    ] {
        let body = json!({"messages": [{"content": "Fine."}, message]});
        let refused = it.post(PATH, &body).await.expect(400).json();
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains(part) && !detail.contains("kept as metadata"), "{refused}");
    }
    assert_eq!(it.get(PATH).await.json()["messages"], json!([]));
}

#[tokio::test]
async fn two_users_have_conversations_of_the_same_name() {
    let it = Fixture::new().await;
    let body = json!({"messages": [{"id": "m1", "content": "I am Ada."}]});
    it.send(it.user("ada"), json_request(Method::POST, PATH, &body)).await.expect(200);
    let body = json!({"messages": [{"id": "m1", "content": "I am Bob."}]});
    it.send(it.user("bob"), json_request(Method::POST, PATH, &body)).await.expect(200);
    let read = super::request(Method::GET, PATH, "".into());
    let bobs = it.send(it.user("bob"), read).await.expect(200).json();
    assert_eq!(bobs["messages"].as_array().unwrap().len(), 1);
    assert_eq!(bobs["messages"][0]["content"], "I am Bob.");
}

#[tokio::test]
async fn a_key_makes_messages_without_ids_known_after_a_restart() {
    let it = Fixture::new().await;
    let body = json!({"messages": [{"content": "Yes."}, {"content": "Yes."}]});
    let send = || with_header(json_request(Method::POST, PATH, &body), "idempotency-key", "k1");
    it.send(it.shared(), send()).await.expect(200);
    // New routes over the same memory have no keys, as after a restart.
    let router = super::super::router(&crate::config::Config::default(), None);
    let other = Fixture { router, ..it };
    let again = other.send(other.shared(), send()).await.expect(200);
    assert_eq!(again.header("idempotent-replayed"), "");
    assert_eq!(again.json()["messages"][0]["state"], "known");
    let all = other.get(PATH).await.expect(200).json();
    assert_eq!(all["messages"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_refused_batch_leaves_nothing() {
    let it = Fixture::new().await;
    let of = |last: &str| {
        json!({"messages": [
            {"content": "one"}, {"id": "d", "content": "two"}, {"id": "d", "content": last},
        ]})
    };
    for _ in 0..2 {
        it.post(PATH, &of("three")).await.expect(400);
        assert_eq!(it.get(PATH).await.json()["messages"], json!([]));
    }
    let added = it.post(PATH, &of("two")).await.expect(200).json();
    assert_eq!(added["messages"][2]["state"], "known");
    assert_eq!(it.get(PATH).await.json()["messages"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_conversation_of_another_project_takes_no_messages() {
    let it = Fixture::new().await;
    let (one, two) = (it.in_project("ada", "one"), it.in_project("ada", "two"));
    let said = json!({"messages": [{"content": "The merger is in May."}]});
    it.send(two, json_request(Method::POST, PATH, &said)).await.expect(200);
    it.send(one, json_request(Method::POST, PATH, &said)).await.expect(409);
    it.send(it.user("ada"), json_request(Method::POST, PATH, &said)).await.expect(200);
}
