//! Remembering, searching, contexts, counts.

use serde_json::{Value, json};

use super::{Fixture, json_request};
use crate::{Config, caller::Naming, operation::Right};

fn states(answer: &Value) -> Vec<&str> {
    let items = answer["items"].as_array().unwrap();
    items.iter().map(|item| item["state"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_remembered_text_is_found_and_known_when_it_is_sent_again() {
    let it = Fixture::new().await;
    let items = json!({"items": [
        {"text": "The staging database moved to port 5433.", "tags": ["staging"]},
        {"text": "Deploys happen on Tuesdays.", "importance": 0.9},
        {"text": "Deploys happen on Tuesdays."}
    ]});
    let first = it.post("/api/v1/remember", &items).await.expect(200).json();
    assert_eq!(states(&first), ["new", "new", "known"]);
    assert_eq!(first["items"][1]["key"], first["items"][2]["key"]);
    let again = it.post("/api/v1/remember", &items).await.expect(200).json();
    assert_eq!(states(&again), ["known", "known", "known"]);

    let query = json!({"query": "which port does staging use?", "tags": ["staging"]});
    let found = it.post("/api/v1/recall", &query).await.expect(200).json();
    assert_eq!(found["hits"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found["hits"][0]["key"], first["items"][0]["key"]);
    assert_eq!(found["hits"][0]["text"], "The staging database moved to port 5433.");
}

#[tokio::test]
async fn a_search_without_a_limit_has_that_of_the_settings() {
    let it = Fixture::over(Config::default(), |settings| settings.search.limit = 2).await;
    let items: Vec<Value> =
        (0..4).map(|n| json!({"text": format!("Tea is served at {n} o'clock.")})).collect();
    it.post("/api/v1/remember", &json!({"items": items})).await.expect(200);
    for (query, count) in [(json!({"query": "tea"}), 2), (json!({"query": "tea", "limit": 3}), 3)] {
        let found = it.post("/api/v1/recall", &query).await.expect(200).json();
        assert_eq!(found["hits"].as_array().unwrap().len(), count, "{found}");
    }
}

#[tokio::test]
async fn remembering_again_adds_tags_and_keeps_the_higher_importance() {
    let it = Fixture::new().await;
    let of = |tag: &str, importance: f64| {
        let item = json!({"text": "Tea at four.", "tags": [tag], "importance": importance});
        json!({"items": [item]})
    };
    it.post("/api/v1/remember", &of("a", 0.9)).await.expect(200);
    let second = it.post("/api/v1/remember", &of("b", 0.1)).await.expect(200).json();
    let path = format!("/api/v1/records/{}", second["items"][0]["key"].as_str().unwrap());
    let record = it.get(&path).await.expect(200).json();
    assert_eq!(record["tags"], json!(["a", "b"]));
    assert!(0.89 < record["importance"].as_f64().unwrap(), "{record}");
}

#[tokio::test]
async fn an_own_id_is_replaced_by_another_text_and_keeps_its_history() {
    let it = Fixture::new().await;
    let of = |text: &str| json!({"items": [{"id": "port", "text": text}]});
    let first = it.post("/api/v1/remember", &of("Port 1.")).await.expect(200).json();
    assert_eq!(states(&first), ["new"]);
    let second = it.post("/api/v1/remember", &of("Port 2.")).await.expect(200).json();
    assert_eq!(states(&second), ["replaced"]);
    let history = it.get("/api/v1/records/note/port/history").await.expect(200).json();
    let texts: Vec<&str> = history["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["record"]["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["Port 2.", "Port 1."]);
}

#[tokio::test]
async fn an_invalid_item_refuses_the_request_by_its_index_and_nothing_is_stored() {
    let it = Fixture::new().await;
    for (item, part) in [
        (json!({"text": " "}), "items[1]"),
        (json!({"text": "x", "kind": "goal"}), "items[1]"),
        (json!({"text": "x", "kind": "gaol"}), "items[1]"),
        (json!({"text": "x", "importance": 2}), "items[1]"),
        (json!({"text": "x", "colour": "red"}), "colour"),
        (json!({"text": "x", "occurred_at": "yesterday"}), "occurred_at"),
    ] {
        let body = json!({"items": [{"text": "The good one."}, item]});
        let refused = it.post("/api/v1/remember", &body).await.expect(400).json();
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains(part), "{detail}");
    }
    let found = it.post("/api/v1/recall", &json!({"query": "the good one"})).await.json();
    assert_eq!(found["hits"], json!([]));
}

#[tokio::test]
async fn limits_of_a_search_are_checked_and_a_budget_leaves_hits_out() {
    let it = Fixture::new().await;
    let items: Vec<Value> = (0..5)
        .map(|n| json!({"text": format!("The staging server number {n} runs version {n}.")}))
        .collect();
    it.post("/api/v1/remember", &json!({"items": items})).await.expect(200);
    for (field, value) in [("limit", json!(0)), ("limit", json!(201)), ("max_tokens", json!(0))] {
        let body = json!({"query": "staging", field: value});
        it.post("/api/v1/recall", &body).await.expect(400);
    }
    let body = json!({"query": "staging server", "max_tokens": 25});
    let found = it.post("/api/v1/recall", &body).await.expect(200).json();
    assert!(found["tokens"].as_u64().unwrap() <= 25, "{found}");
    assert!(0 < found["left_out"].as_u64().unwrap(), "{found}");
    let none = json!({"query": "staging", "kinds": ["goals"]});
    assert_eq!(it.post("/api/v1/recall", &none).await.expect(200).json()["hits"], json!([]));
}

#[tokio::test]
async fn a_context_keeps_its_budget_and_reads_tiers_in_any_spelling() {
    let it = Fixture::new().await;
    let items = json!({"items": [{"text": "Staging is on port 5433."}]});
    it.post("/api/v1/remember", &items).await.expect(200);
    for tier in ["longterm", "long_term", "long-term", "LongTerm"] {
        let body = json!({"task": "connect to staging", "max_tokens": 200, "tiers": [tier]});
        let context = it.post("/api/v1/context", &body).await.expect(200).json();
        assert!(context["text"].as_str().unwrap().contains("5433"), "{context}");
        assert!(context["tokens"].as_u64().unwrap() <= 200);
    }
    let body = json!({"task": "x", "tiers": ["longish"]});
    it.post("/api/v1/context", &body).await.expect(400);
    let body = json!({"task": "x", "format": "html"});
    it.post("/api/v1/context", &body).await.expect(400);
    let body = json!({"task": "x", "tokenizer": "abacus"});
    it.post("/api/v1/context", &body).await.expect(400);
}

#[tokio::test]
async fn a_context_without_the_right_to_observe_has_nothing_of_the_machine() {
    let it = Fixture::new().await;
    let reader = it.caller(None, &[Right::Read], Naming::Fixed);
    let path = "/api/v1/context";
    let named = json!({"task": "x", "tiers": ["operational"]});
    let refused = it.send(reader.clone(), json_request(http::Method::POST, path, &named)).await;
    assert_eq!(refused.expect(403).json()["code"], "denied");
    let all = json!({"task": "x"});
    let context = it.send(reader, json_request(http::Method::POST, path, &all)).await.expect(200);
    let chunks = context.json()["chunks"].as_array().unwrap().clone();
    assert!(chunks.iter().all(|chunk| chunk["tier"] != "operational"), "{chunks:?}");
    let context = it.post(path, &all).await.expect(200).json();
    assert!(context["text"].as_str().unwrap().contains("CPU"), "{context}");
}

#[tokio::test]
async fn a_caller_sees_its_own_and_shared_records_and_cannot_widen_that() {
    let it = Fixture::new().await;
    let path = "/api/v1/remember";
    let body = json!({"items": [{"text": "Ada keeps the key under the mat.", "id": "key"}]});
    it.send(it.user("ada"), json_request(http::Method::POST, path, &body)).await.expect(200);
    let query = json!({"query": "where is the key?"});
    let found = it
        .send(it.user("bob"), json_request(http::Method::POST, "/api/v1/recall", &query))
        .await
        .expect(200);
    assert_eq!(found.json()["hits"], json!([]));
    let read = super::request(http::Method::GET, "/api/v1/records/note/key", "".into());
    it.send(it.user("bob"), read).await.expect(404);
    // Requests have no field for the user.
    let body = json!({"items": [{"text": "x", "user": "ada"}]});
    it.send(it.user("bob"), json_request(http::Method::POST, path, &body)).await.expect(400);
    let body = json!({"scope": {"user": "ada"}, "description": "x"});
    let goal = json_request(http::Method::POST, "/api/v1/records/goal", &body);
    it.send(it.user("bob"), goal).await.expect(403);
}

#[tokio::test]
async fn stats_and_snapshot_answer() {
    let it = Fixture::new().await;
    let items = json!({"items": [{"text": "One note."}]});
    it.post("/api/v1/remember", &items).await.expect(200);
    let stats = it.get("/api/v1/stats").await.expect(200).json();
    assert_eq!(stats["longterm"]["collections"]["notes"], 1, "{stats}");
    let snapshot = it.get("/api/v1/snapshot").await.expect(200).json();
    assert!(snapshot["memory_total_mb"].is_number(), "{snapshot}");
    it.get("/api/v1/stats?all=1").await.expect(400);
}

#[tokio::test]
async fn a_report_counts_the_records_of_the_caller() {
    let it = Fixture::new().await;
    let items = json!({"items": [{"text": "One note."}]});
    it.post("/api/v1/remember", &items).await.expect(200);
    let report = it.get("/api/v1/report?days=7").await.expect(200).json();
    assert_eq!(report["totals"]["records"], 1, "{report}");
    assert_eq!(report["days"].as_array().unwrap().len(), 7, "{report}");
    assert!(report["totals"]["disk_bytes"].is_u64(), "{report}");
    for wrong in ["days=0", "days=4000", "days=7&since=2026-01-01T00:00:00Z", "user=ada"] {
        it.get(&format!("/api/v1/report?{wrong}")).await.expect(400);
    }
}

#[tokio::test]
async fn a_time_is_one_of_rfc_3339() {
    let it = Fixture::new().await;
    for time in [
        "2026-01-03T00:00:00+24:00",
        "2026-01-03T00:00:00+01:00[America/New_York]",
        "2026-01-03T00:00:00Z[Nowhere/X]",
        "0001-01-01T00:00:00Z",
        "2026-01-03",
    ] {
        let event = json!({"category": "task", "timestamp": time});
        let message = json!({"content": "x", "timestamp": time});
        for (path, body) in [
            ("/api/v1/remember", json!({"items": [{"text": "x", "occurred_at": time}]})),
            ("/api/v1/recall", json!({"query": "x", "since": time})),
            ("/api/v1/recall", json!({"query": "x", "until": time})),
            ("/api/v1/recall", json!({"query": "x", "as_of": time})),
            ("/api/v1/events", json!({"events": [event]})),
            ("/api/v1/sessions/s/messages", json!({"messages": [message]})),
        ] {
            let refused = it.post(path, &body).await.expect(400).text();
            assert!(refused.contains("write 2026-05-08T13:56:00Z"), "{path}: {refused}");
        }
        let time = time.replace('+', "%2B").replace('[', "%5B").replace(']', "%5D");
        for path in ["/api/v1/facts?as_of=", "/api/v1/report?since="] {
            it.get(&format!("{path}{time}")).await.expect(400);
        }
    }
    let text = json!({"items": [{"text": "x", "occurred_at": "2026-01-03T01:00:00.5+01:00"}]});
    let key = it.post("/api/v1/remember", &text).await.expect(200).json();
    let key = key["items"][0]["key"].as_str().unwrap().to_owned();
    let record = it.get(&format!("/api/v1/records/{key}")).await.expect(200).json();
    assert_eq!(record["occurred_at"], "2026-01-03T00:00:00.5Z");
}

#[tokio::test]
async fn a_search_in_a_period_that_ends_before_it_begins_is_refused() {
    let it = Fixture::new().await;
    let of = |since: &str, until: &str| json!({"query": "x", "since": since, "until": until});
    let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
    it.post("/api/v1/recall", &of(early, late)).await.expect(200);
    let refused = it.post("/api/v1/recall", &of(late, early)).await.expect(400).text();
    assert!(refused.contains("`since` is later than `until`"), "{refused}");
}
