//! Import and export as streams of JSON lines.

use axum::body::{Body, Bytes};
use http::Method;
use serde_json::{Value, json};

use super::{Answer, Fixture, request, with_header};
use crate::config::Config;

async fn ingest(it: &Fixture, path: &str, body: Body) -> Answer {
    let request = request(Method::POST, path, body);
    it.send(it.shared(), with_header(request, "content-type", "application/x-ndjson")).await
}

#[tokio::test]
async fn lines_become_records_and_a_repetition_adds_nothing() {
    let it = Fixture::new().await;
    let lines = concat!(
        "{\"text\": \"A note about tea.\"}\n",
        "\n",
        "{\"role\": \"user\", \"content\": \"Hello.\", \"session\": \"s1\"}\r\n",
        "{\"role\": \"user\", \"content\": \"Hello.\", \"session\": \"s1\"}\n",
        "{\"kind\": \"goal\", \"description\": \"Ship the parser\"}\n",
        "{\"kind\": \"gaol\"}\n",
        "not json\n",
        "[1]\n",
        "{\"kind\": \"note\", \"content\": \"The last line has no end.\"}",
    );
    let first = ingest(&it, "/api/v1/ingest", Body::from(lines)).await.expect(200).json();
    assert_eq!(first["added"], 5, "{first}");
    let failed: Vec<u64> = first["failed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|failed| failed["line"].as_u64().unwrap())
        .collect();
    assert_eq!(failed, [6, 7, 8]);
    assert_eq!((&first["sessions"], &first["failed_count"]), (&json!(1), &json!(3)));
    let again = ingest(&it, "/api/v1/ingest", Body::from(lines)).await.expect(200).json();
    assert_eq!((&again["added"], &again["known"]), (&json!(0), &json!(5)), "{again}");
    let found = it.post("/api/v1/recall", &json!({"query": "tea"})).await.expect(200).json();
    assert_eq!(found["hits"][0]["text"], "A note about tea.");
}

#[tokio::test]
async fn bytes_may_be_cut_anywhere_and_lines_above_the_limit_are_refused_alone() {
    let config = Config { message_bytes_max: 200, ..Config::default() };
    let it = Fixture::with(config).await;
    let long = format!("{{\"text\": \"{}\"}}\n", "x".repeat(300));
    let text = format!("{{\"text\": \"caf\u{e9} one\"}}\n{long}{{\"text\": \"two\"}}\n");
    let bytes: Vec<Result<Bytes, std::io::Error>> =
        text.bytes().map(|byte| Ok(Bytes::from(vec![byte]))).collect();
    let body = Body::from_stream(futures::stream::iter(bytes));
    let report = ingest(&it, "/api/v1/ingest", body).await.expect(200).json();
    assert_eq!(report["added"], 2, "{report}");
    assert_eq!(report["failed"][0]["line"], 2);
}

#[tokio::test]
async fn a_broken_connection_keeps_the_batches_before() {
    let it = Fixture::new().await;
    let lines: String = (0..300).map(|n| format!("{{\"text\": \"Note {n}.\"}}\n")).collect();
    let broken = Err(std::io::Error::other("gone"));
    let body = Body::from_stream(futures::stream::iter([Ok(Bytes::from(lines)), broken]));
    ingest(&it, "/api/v1/ingest", body).await.expect(400);
    let stats = it.get("/api/v1/stats").await.expect(200).json();
    assert_eq!(stats["longterm"]["collections"]["notes"], 256, "{stats}");
}

#[tokio::test]
async fn a_line_that_names_another_owner_is_refused() {
    let it = Fixture::new().await;
    let line = "{\"text\": \"Mine.\", \"user\": \"ada\"}\n";
    let request = request(Method::POST, "/api/v1/ingest", Body::from(line));
    let request = with_header(request, "content-type", "application/x-ndjson");
    let report = it.send(it.user("bob"), request).await.expect(200).json();
    assert_eq!((&report["added"], &report["failed_count"]), (&json!(0), &json!(1)), "{report}");
}

#[tokio::test]
async fn an_export_is_read_back_by_an_empty_memory() {
    let it = Fixture::new().await;
    let goal = json!({"id": "g1", "description": "Ship the parser"});
    it.post("/api/v1/records/goal", &goal).await.expect(201);
    let task = json!({"id": "t1", "goal_id": "g1", "description": "Write it"});
    it.post("/api/v1/records/task", &task).await.expect(201);
    let items: Vec<Value> =
        (0..230).map(|n| json!({"text": format!("Note number {n}.")})).collect();
    it.post("/api/v1/remember", &json!({"items": items})).await.expect(200);
    let message = json!({"messages": [{"role": "user", "content": "Hello."}]});
    it.post("/api/v1/sessions/s1/messages", &message).await.expect(200);

    let export = it.get("/api/v1/export").await.expect(200);
    assert_eq!(export.header("content-type"), "application/x-ndjson");
    let text = export.text();
    assert_eq!(text.lines().next(), Some("{\"aios_memory_export\":2}"));
    assert_eq!(text.lines().count(), 1 + 1 + 1 + 230 + 2, "{text}");

    let other = Fixture::new().await;
    let report = ingest(&other, "/api/v1/ingest", Body::from(text)).await.expect(200).json();
    assert_eq!((&report["added"], &report["failed_count"]), (&json!(234), &json!(0)), "{report}");
    other.get("/api/v1/records/task/t1").await.expect(200);

    let notes = it.get("/api/v1/export?kinds=notes,goal").await.expect(200).text();
    assert_eq!(notes.lines().count(), 1 + 1 + 230);
    it.get("/api/v1/export?kinds=").await.expect(400);
}

#[tokio::test]
async fn an_export_of_a_user_has_its_own_records_alone() {
    let it = Fixture::new().await;
    let items = json!({"items": [{"text": "Shared."}]});
    it.post("/api/v1/remember", &items).await.expect(200);
    for user in ["ada", "bob"] {
        let items = json!({"items": [{"text": format!("Of {user}.")}]});
        let request = super::json_request(Method::POST, "/api/v1/remember", &items);
        it.send(it.user(user), request).await.expect(200);
    }
    let export = request(Method::GET, "/api/v1/export", Body::empty());
    let text = it.send(it.user("ada"), export).await.expect(200).text();
    assert!(text.contains("Of ada.") && !text.contains("Of bob.") && !text.contains("Shared."));
}

#[tokio::test]
async fn a_repeated_import_answers_the_same_counts_and_another_stream_is_refused() {
    let it = Fixture::new().await;
    let send = async |text: &'static str| {
        let request = request(Method::POST, "/api/v1/ingest", Body::from(text));
        let request = with_header(request, "content-type", "application/x-ndjson");
        it.send(it.shared(), with_header(request, "idempotency-key", "k")).await
    };
    let text = "{\"text\": \"One.\"}\n{\"kind\": \"goal\", \"secret\": \"plan\"}\n";
    let first = send(text).await.expect(200).json();
    assert_eq!((&first["added"], &first["failed_count"]), (&json!(1), &json!(1)), "{first}");
    let again = send(text).await.expect(200);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.json()["added"], 1);
    assert!(!again.text().contains("secret"), "{}", again.text());
    send("{\"text\": \"Two.\"}\n").await.expect(422);
    let export = it.get("/api/v1/export").await.expect(200).text();
    assert!(export.contains("One.") && !export.contains("Two."), "{export}");
}

#[tokio::test]
async fn an_export_of_long_texts_is_whole() {
    let it = Fixture::new().await;
    for n in 0..9 {
        let text = format!("Number {n}: {}", "a long text. ".repeat(30_000));
        let items = json!({"items": [{"text": text, "id": format!("n{n}")}]});
        it.post("/api/v1/remember", &items).await.expect(200);
    }
    let export = it.get("/api/v1/export?kinds=note").await.expect(200).text();
    for n in 0..9 {
        assert_eq!(export.matches(&format!("\"id\":\"n{n}\"")).count(), 1);
    }
}

#[tokio::test]
async fn a_line_with_a_field_given_twice_never_becomes_shared() {
    let it = Fixture::new().await;
    for line in [
        r#"{"text": "x", "metadata": {"user": "ben"}, "metadata": {}}"#,
        r#"{"text": "x", "scope": {"user": "ben"}, "scope": {}}"#,
        r#"{"text": "x", "user": "ben", "user": null}"#,
        r#"{"text": "x", "session": "a", "session": "b"}"#,
        r#"{"kind": "note", "content": "x", "scope": {"user": "ben"}, "scope": {}}"#,
        r#"{"kind": "goal", "description": "x", "description": "y"}"#,
    ] {
        let report = ingest(&it, "/api/v1/ingest", Body::from(line)).await.expect(200).json();
        let counts = (&report["added"], &report["failed_count"]);
        assert_eq!(counts, (&json!(0), &json!(1)), "{line}: {report}");
    }
    let line = r#"{"text": "The first tea.", "text": "The second tea."}"#;
    let report = ingest(&it, "/api/v1/ingest", Body::from(line)).await.expect(200).json();
    assert_eq!(report["unknown"]["text (given before)"], 1, "{report}");
    let export = it.get("/api/v1/export").await.expect(200).text();
    assert!(export.contains("The first tea.") && export.contains("The second tea."), "{export}");
}

#[tokio::test]
async fn a_line_of_a_kind_that_names_an_owner_never_becomes_shared() {
    let it = Fixture::new().await;
    for line in [
        r#"{"kind": "note", "content": "w", "owner": "ben"}"#,
        r#"{"kind": "note", "content": "w", "end_user": "ben"}"#,
        r#"{"kind": "note", "content": "w", "metadata": {"user_id": "ben"}}"#,
        r#"{"kind": "goal", "description": "w", "metadata": {"user_id": "ben"}}"#,
        r#"{"kind": "note", "content": "w", "scope": {"project": " "}}"#,
    ] {
        let report = ingest(&it, "/api/v1/ingest", Body::from(line)).await.expect(200).json();
        assert_eq!(report["added"], 0, "{line}: {report}");
    }
    let line = r#"{"kind": "note", "content": "w", "metadata": {"user_id": "ben", "x": 1}}"#;
    let request = request(Method::POST, "/api/v1/ingest", Body::from(line));
    let request = with_header(request, "content-type", "application/x-ndjson");
    let report = it.send(it.user("ben"), request).await.expect(200).json();
    assert_eq!(report["added"], 1, "{report}");
}
