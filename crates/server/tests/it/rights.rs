//! Rights within a request: parts that need another right than their route, and data that the right
//! to read does not include.

use aios_memory_server::{NewToken, Right};
use serde_json::{Value, json};

use crate::support::{Request, Service};

/// Adds a token of Ada with these rights, and returns its secret.
fn ada(service: &Service, name: &str, rights: &[Right]) -> String {
    let mut new = NewToken::new(name);
    new.user = Some("ada".to_owned());
    new.rights = rights.iter().copied().collect();
    service.token(new)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_operation_of_a_batch_demands_its_right() {
    let service = Service::start().await;
    let whole = ada(&service, "whole", &[Right::Read, Right::Write, Right::Forget]);
    let writing = ada(&service, "writing", &[Right::Write]);
    let batch =
        |operation: Value| Request::post("/api/v1/store/batch", json!({"ops": [operation]}));
    let put =
        |value: Value| batch(json!({"op": "put", "namespace": ["a"], "key": "k", "value": value}));
    let stored = service.send(&put(json!("The oven is on the left.")).bearer(&writing)).await;
    assert_eq!(stored.status, 200, "{stored:?}");
    for operation in [
        json!({"op": "get", "namespace": ["a"], "key": "k"}),
        json!({"op": "search", "query": "oven"}),
        json!({"op": "list_namespaces"}),
        json!({"op": "put", "namespace": ["a"], "key": "k", "value": null}),
    ] {
        let refused = service.send(&batch(operation.clone()).bearer(&writing)).await;
        assert_eq!(refused.status, 403, "{operation}: {refused:?}");
        assert!(!refused.body.contains("left"), "{refused:?}");
        let done = service.send(&batch(operation).bearer(&whole)).await;
        assert_eq!(done.status, 200, "{done:?}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_shows_texts_demands_the_right_to_read() {
    let service = Service::start_with(|config| config.mem0 = true).await;
    let whole = ada(&service, "whole", &[Right::Read, Right::Write]);
    let forgetting = ada(&service, "forgetting", &[Right::Forget]);
    let writing = ada(&service, "writing", &[Right::Write]);
    let add = Request::post("/v1/memories/", json!({"messages": "The oven is on the left."}));
    let added = service.send(&add.bearer(&whole)).await.json();
    let filter = json!({"filter": {"query": "oven"}, "dry_run": true});
    let refused = service.send(&Request::post("/api/v1/forget", filter).bearer(&forgetting)).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    let id = added["results"][0]["id"].as_str().unwrap_or_else(|| panic!("{added}"));
    let path = format!("/v1/memories/{id}/");
    let change = Request { method: "PUT", ..Request::post(&path, json!({"metadata": {"a": "b"}})) };
    assert_eq!(service.send(&change.clone().bearer(&writing)).await.status, 403);
    assert_eq!(service.send(&change.bearer(&whole)).await.status, 200);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_seen_with_the_right_to_observe_alone() {
    let service = Service::start().await;
    let reading = ada(&service, "reading", &[Right::Read]);
    let observing = ada(&service, "observing", &[Right::Read, Right::Observe]);
    let mut new = NewToken::new("nobody");
    new.rights = [Right::Read].into();
    let shared = service.token(new);
    let event = json!({"category": "task", "data": "the zeppelin of Bob", "critical": true});
    let pushed = service.send(&Request::post("/api/v1/events", json!({"events": [event]}))).await;
    assert_eq!(pushed.status, 200, "{pushed:?}");
    let listed = service.send(&Request::get("/api/v1/records/event")).await.json();
    let key = listed["records"][0]["key"].as_str().unwrap_or_else(|| panic!("{listed}"));
    let (one, history) =
        (format!("/api/v1/records/{key}"), format!("/api/v1/records/{key}/history"));
    let recall = json!({"query": "zeppelin"});
    let of_events = json!({"query": "zeppelin", "kinds": ["event"]});
    let reads = [
        Request::get("/api/v1/records/event"),
        Request::get(&one),
        Request::get(&history),
        Request::post("/api/v1/recall", recall),
        Request::post("/api/v1/recall", of_events),
        Request::post("/api/v1/context", json!({"task": "zeppelin", "max_tokens": 500})),
        Request::get("/api/v1/export"),
    ];
    for read in reads {
        for secret in [&reading, &shared] {
            let answer = service.send(&read.clone().bearer(secret)).await;
            assert!(!answer.body.contains("of Bob"), "{}: {answer:?}", read.path);
        }
        // A history is empty for a kind without versions, and an export has only the caller's own
        // records.
        if read.path != "/api/v1/export" && read.path != history {
            let answer = service.send(&read.clone().bearer(&observing)).await;
            assert!(answer.body.contains("of Bob"), "{}: {answer:?}", read.path);
        }
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_changing_and_exporting_tell_nothing_of_events_to_others() {
    let service = Service::start().await;
    let rights = [Right::Read, Right::Write, Right::Forget];
    let mut new = NewToken::new("nobody");
    new.rights = rights.into();
    let shared = service.token(new);
    let event = json!({"category": "task", "data": "the zeppelin of Bob", "critical": true});
    service.send(&Request::post("/api/v1/events", json!({"events": [event]}))).await;
    let listed = service.send(&Request::get("/api/v1/records/event")).await.json();
    let key = listed["records"][0]["key"].as_str().unwrap_or_else(|| panic!("{listed}")).to_owned();
    let (here, elsewhere) = (format!("/api/v1/records/{key}"), "/api/v1/records/event/none");
    let forget = |body: Value| Request::post("/api/v1/forget", body);
    let change = json!({"source": "x"});
    let requests = [
        Request { method: "PATCH", ..Request::post(&here, &change) },
        Request { method: "PATCH", ..Request::post(elsewhere, &change) },
        Request { method: "DELETE", ..Request::post(&here, &change) },
        Request { method: "DELETE", ..Request::post(elsewhere, &change) },
        forget(json!({"keys": [key], "dry_run": true})),
        forget(json!({"keys": ["event/none"], "dry_run": true})),
        Request::get("/api/v1/export?kinds=event"),
    ];
    for request in requests {
        let refused = service.send(&request.clone().bearer(&shared)).await;
        assert_eq!(refused.status, 403, "{}: {refused:?}", request.path);
    }
    for query in ["zeppelin", "the zeppelin of Bob"] {
        let filter = json!({"query": query, "min_relevance": 0});
        let dry_run = forget(json!({"filter": filter, "dry_run": true}));
        let proposed = service.send(&dry_run.clone().bearer(&shared)).await;
        assert!(proposed.status == 200 && !proposed.body.contains(&key), "{proposed:?}");
        let proposed = service.send(&dry_run).await;
        assert!(proposed.body.contains(&key), "{proposed:?}");
        let forgotten = service.send(&forget(json!({"filter": filter})).bearer(&shared)).await;
        assert!(!forgotten.body.contains(&key), "{forgotten:?}");
    }
    assert_eq!(service.send(&Request::get(&here)).await.status, 200);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_names_two_users_is_refused() {
    let service = Service::start_with(|config| config.mem0 = true).await;
    let search = |user: &str| {
        Request::post("/v2/memories/search/", json!({"query": "oven", "user_id": user}))
            .with("aios-user", "ada")
    };
    assert_eq!(service.send_over_socket(&search("ada")).await.status, 200);
    assert_eq!(service.send_over_socket(&search("bob")).await.status, 400);
    service.stop().await;
}
