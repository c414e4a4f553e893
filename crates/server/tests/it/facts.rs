//! Facts over the network: learning, reading as of a time, a person's judgement.

mod judgement;
mod rpcs;

use aios_memory_server::{NewToken, Right};
use serde_json::{Value, json};

use crate::support::{Answer, Request, Service};

/// The fields of a fact, which the command line prints as well.
const FIELDS: [&str; 20] = [
    "attribute",
    "confidence",
    "confirmed_at",
    "ended_at",
    "ended_by",
    "evidence",
    "key",
    "origin",
    "project",
    "recorded_at",
    "stated_at",
    "subject",
    "superseded_by",
    "text",
    "time",
    "trust",
    "user",
    "valid_from",
    "valid_to",
    "value",
];

/// Adds a token of a user, and returns its secret.
fn token(service: &Service, name: &str, user: &str, rights: &[Right]) -> String {
    let mut new = NewToken::new(name);
    new.user = Some(user.to_owned());
    new.rights = rights.iter().copied().collect();
    service.token(new)
}

/// Returns a message of Ada.
fn said(text: &str, day: u32) -> Value {
    json!({
        "content": text, "name": "Ada", "session": "s",
        "timestamp": format!("2026-01-{day:02}T10:00:00Z"),
    })
}

fn learn(messages: &[Value]) -> Request<'static> {
    Request::post("/api/v1/learn", json!({"messages": messages}))
}

/// Ada moves from Ghent to Oslo, and plays the oboe.
fn of_ada() -> Request<'static> {
    learn(&[
        said("I live in Ghent.", 1),
        said("I live in Oslo now.", 5),
        said("I play the oboe.", 7),
    ])
}

#[track_caller]
fn ok(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[track_caller]
fn texts(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap_or_else(|| panic!("{list}"));
    items.iter().map(|fact| fact["text"].as_str().unwrap().to_owned()).collect()
}

/// Returns the key of the fact with this text.
#[track_caller]
fn key(list: &Value, text: &str) -> String {
    let items = list["items"].as_array().unwrap_or_else(|| panic!("{list}"));
    let fact = items.iter().find(|fact| fact["text"] == text).unwrap_or_else(|| panic!("{list}"));
    fact["key"].as_str().unwrap().to_owned()
}

/// Checks that a request is refused with a problem document whose detail names `part`.
#[track_caller]
fn refused(answer: &Answer, status: u16, part: &str) {
    assert_eq!(answer.status, status, "{part}: {answer:?}");
    assert!(answer.head.to_lowercase().contains("application/problem+json"), "{answer:?}");
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(part), "{part}: {detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_become_facts_that_are_read_as_of_now_and_of_then() {
    let service = Service::start().await;
    let report = ok(&service.send(&of_ada()).await);
    assert_eq!((&report["added"], &report["superseded"]), (&json!(3), &json!(1)), "{report}");
    assert_eq!((&report["failed"], &report["failed_count"]), (&json!([]), &json!(0)));
    assert_eq!(report["facts"].as_array().unwrap().len(), 3);
    let again = ok(&service.send(&of_ada()).await);
    assert_eq!((&again["added"], &again["superseded"]), (&json!(0), &json!(0)), "{again}");

    let now = ok(&service.send(&Request::get("/api/v1/facts")).await);
    assert_eq!(texts(&now), ["Ada plays the oboe.", "Ada lives in Oslo now."]);
    assert_eq!(now["next"], Value::Null);
    let home = &now["items"][1];
    let mut fields: Vec<&str> = home.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, FIELDS);
    assert_eq!((&home["subject"], &home["attribute"]), (&json!("Ada"), &json!("home")));
    assert_eq!((&home["value"], &home["origin"]), (&json!("Oslo"), &json!("rules")));
    assert_eq!(
        (&home["stated_at"], &home["trust"]),
        (&json!("2026-01-05T10:00:00Z"), &json!("normal"))
    );
    assert!(home["evidence"][0].as_str().unwrap().starts_with("message/"), "{home}");

    let list = async |query: &str| {
        let path = format!("/api/v1/facts?{query}");
        texts(&ok(&service.send(&Request::get(&path)).await))
    };
    assert_eq!(list("as_of=2026-01-03T00:00:00Z").await, ["Ada lives in Ghent."]);
    assert_eq!(list("subject=ada&attribute=HOME").await, ["Ada lives in Oslo now."]);
    assert_eq!(list("attribute=home&all=true").await.len(), 2);
    assert!(list("subject=bob").await.is_empty());

    let history = "/api/v1/facts/history?subject=Ada&attribute=home";
    let history = ok(&service.send(&Request::get(history)).await);
    assert_eq!(texts(&history), ["Ada lives in Ghent.", "Ada lives in Oslo now."]);
    assert_eq!(history["items"][0]["superseded_by"], home["key"], "{history}");
    assert_eq!(history["left_out"], 0);
    let found = ok(&service.send(&Request::get("/api/v1/facts/search?q=oboe&limit=1")).await);
    assert_eq!(texts(&found), ["Ada plays the oboe."]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_stored_is_reported_by_its_line() {
    let service = Service::start().await;
    let bad_time = json!({"content": "I like tea.", "timestamp": "the day before"});
    let messages = [said("I live in Ghent.", 1), json!({"name": "Ada"}), bad_time, said(" ", 2)];
    let report = ok(&service.send(&learn(&messages)).await);
    assert_eq!((&report["added"], &report["failed_count"]), (&json!(1), &json!(3)), "{report}");
    let failed = report["failed"].as_array().unwrap();
    let lines: Vec<u64> = failed.iter().map(|it| it["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [2, 3, 4], "{report}");
    assert!(failed[1]["error"].as_str().unwrap().contains("timestamp"), "{report}");
    // A message that names another owner is not stored for the caller.
    let ada = token(&service, "ada", "ada", &[Right::Write]);
    let foreign = json!({"content": "I live in Rome.", "user": "bob"});
    let report = ok(&service.send(&learn(&[foreign]).bearer(&ada)).await);
    assert_eq!(
        (&report["added"], &report["failed"][0]["line"]),
        (&json!(0), &json!(1)),
        "{report}"
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_does_not_fit_is_refused_by_the_field() {
    let service = Service::start().await;
    for (path, part) in [
        ("/api/v1/facts?as_of=yesterday", "as_of"),
        ("/api/v1/facts?cursor=mad", "`cursor`"),
        ("/api/v1/facts?cursor=66616374730a31", "`cursor`"),
        ("/api/v1/facts?limit=0", "`limit`"),
        ("/api/v1/facts?limit=501", "`limit`"),
        ("/api/v1/facts?all=maybe", "all"),
        ("/api/v1/facts?user=ada", "user"),
        ("/api/v1/facts?subject=%20", "`subject`"),
        ("/api/v1/facts?project=%20", "`project`"),
        ("/api/v1/facts/search?limit=3", "`q`"),
        ("/api/v1/facts/search?q=a&limit=201", "`limit`"),
        ("/api/v1/facts/history?subject=Ada", "`attribute`"),
        ("/api/v1/facts/history?subject=&attribute=home", "`subject`"),
        ("/api/v1/facts/contradictions?limit=3", "limit"),
    ] {
        refused(&service.send(&Request::get(path)).await, 400, part);
    }
    for (body, part) in [
        (json!({"messages": []}), "`messages`"),
        (json!({"messages": ["I live in Ghent."]}), "messages[0]"),
        (json!({"messages": [{"content": "a"}], "user": "ada"}), "user"),
        (json!({"messages": vec![json!({"content": "a"}); 10_001]}), "`messages`"),
    ] {
        refused(&service.send(&Request::post("/api/v1/learn", body)).await, 400, part);
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_read_page_by_page() {
    let service = Service::start().await;
    for n in 0..7 {
        let fact = json!({"text": format!("Fact {n}."), "id": format!("f{n}")});
        let stored = service.send(&Request::post("/api/v1/records/fact", fact)).await;
        assert_eq!(stored.status, 201, "{stored:?}");
    }
    let (mut listed, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/facts?limit=3{cursor}");
        let page = ok(&service.send(&Request::get(&path)).await);
        let page_texts = texts(&page);
        assert!(page_texts.len() <= 3, "{page}");
        listed.extend(page_texts);
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let expected: Vec<String> = (0..7).rev().map(|n| format!("Fact {n}.")).collect();
    assert_eq!(listed, expected);
    // A cursor of another list is not one of this.
    let other = ok(&service.send(&Request::get("/api/v1/records/fact?limit=3")).await);
    let path = format!("/api/v1/facts?cursor={}", other["next"].as_str().unwrap());
    refused(&service.send(&Request::get(&path)).await, 400, "`cursor`");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_with_several_current_values_are_listed() {
    let service = Service::start().await;
    let none = ok(&service.send(&Request::get("/api/v1/facts/contradictions")).await);
    assert_eq!(none, json!({"contradictions": [], "left_out": 0}));
    // The older statement arrives last, so that it ends nothing.
    for (id, port) in [("a", "5432"), ("b", "5433")] {
        let fact = json!({
            "id": id, "subject": "staging", "attribute": "port", "value": port,
            "stated_at": if id == "a" { "2026-01-02T00:00:00Z" } else { "2026-01-01T00:00:00Z" },
        });
        let stored = service.send(&Request::post("/api/v1/records/fact", fact)).await;
        assert_eq!(stored.status, 201, "{stored:?}");
    }
    let found = ok(&service.send(&Request::get("/api/v1/facts/contradictions")).await);
    let slot = &found["contradictions"][0];
    assert_eq!(
        (&slot["subject"], &slot["attribute"]),
        (&json!("staging"), &json!("port")),
        "{found}"
    );
    let values: Vec<&str> =
        slot["facts"].as_array().unwrap().iter().map(|it| it["value"].as_str().unwrap()).collect();
    assert_eq!(values, ["5433", "5432"]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_of_another_owner_and_another_project_are_absent() {
    let service = Service::start().await;
    let rights = [Right::Read, Right::Write, Right::Forget];
    let ada = token(&service, "ada", "ada", &rights);
    let bob = token(&service, "bob", "bob", &rights);
    ok(&service.send(&of_ada().bearer(&ada)).await);
    let mine = ok(&service.send(&Request::get("/api/v1/facts").bearer(&ada)).await);
    assert_eq!((texts(&mine).len(), &mine["items"][0]["user"]), (2, &json!("ada")));
    for path in [
        "/api/v1/facts",
        "/api/v1/facts?all=true",
        "/api/v1/facts?as_of=2026-01-03T00:00:00Z",
        "/api/v1/facts/search?q=where+does+Ada+live",
        "/api/v1/facts/history?subject=Ada&attribute=home",
        "/api/v1/facts/contradictions",
    ] {
        let request = Request::get(path);
        for answer in
            [service.send(&request.clone().bearer(&bob)).await, service.send(&request).await]
        {
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(!answer.body.contains("Ada"), "{path}: {answer:?}");
        }
        let named = request.with("aios-user", "ada");
        assert_eq!(service.send(&named.clone().bearer(&bob)).await.status, 403, "{path}");
        assert_eq!(service.send_over_socket(&named).await.status, 200, "{path}");
    }
    let fact = json!({"text": "The parser is done.", "scope": {"project": "parser"}});
    let stored = service.send(&Request::post("/api/v1/records/fact", fact).bearer(&ada)).await;
    assert_eq!(stored.status, 201, "{stored:?}");
    for (project, count) in [("parser", 3), ("website", 2)] {
        let path = format!("/api/v1/facts?project={project}");
        let listed = ok(&service.send(&Request::get(&path).bearer(&ada)).await);
        assert_eq!(texts(&listed).len(), count, "{project}: {listed}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn learning_that_is_switched_off_is_a_typed_answer() {
    let off = |settings: &mut aios_memory::Config| settings.learning.enabled = false;
    let service = Service::start_over(off, |_| {}, |server| server).await;
    let answer = service.send(&of_ada()).await;
    refused(&answer, 409, "learning.enabled");
    let problem = answer.json();
    assert_eq!(problem["code"], "learning_off");
    assert!(problem["try"].as_str().unwrap().contains("operator"), "{problem}");
    // Facts that were told explicitly are read nevertheless.
    let fact = json!({"text": "The oven is on the left."});
    assert_eq!(service.send(&Request::post("/api/v1/records/fact", fact)).await.status, 201);
    let listed = ok(&service.send(&Request::get("/api/v1/facts")).await);
    assert_eq!(texts(&listed), ["The oven is on the left."]);
    rpcs::learning_is_off(&service).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_call_answers_the_same_counts_without_a_text() {
    let service = Service::start().await;
    let messages =
        [said("I live in Ghent.", 1), json!({"content": "tea", "timestamp": "the oboe"})];
    let request = learn(&messages).with("idempotency-key", "k");
    let first = ok(&service.send(&request).await);
    assert!(first["failed"][0]["error"].as_str().unwrap().contains("oboe"), "{first}");
    let again = service.send(&request).await;
    assert!(again.head.contains("idempotent-replayed: true"), "{again:?}");
    assert_eq!(again.json()["added"], 1, "{again:?}");
    assert!(!again.body.contains("oboe"), "{again:?}");
    service.stop().await;
}
