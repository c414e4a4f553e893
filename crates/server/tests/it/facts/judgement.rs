//! Confirming and rejecting facts: a person's judgement, which a model cannot give.

use aios_memory_server::{NewToken, Right};
use serde_json::{Value, json};

use super::{key, of_ada, ok, refused, said, texts, token};
use crate::support::{Request, Service};

fn judge(key: &str, verb: &str) -> String {
    format!("/api/v1/facts/{}/{verb}", key.replace('/', "%2F"))
}

fn post(path: &str) -> Request<'_> {
    Request { method: "POST", ..Request::get(path) }
}

async fn facts(service: &Service, secret: &str) -> Value {
    ok(&service.send(&Request::get("/api/v1/facts").bearer(secret)).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_fact_has_the_authority_of_the_person() {
    let service = Service::start().await;
    let ada = token(&service, "ada", "ada", &[Right::Read, Right::Write, Right::Forget]);
    ok(&service.send(&of_ada().bearer(&ada)).await);
    let home = key(&facts(&service, &ada).await, "Ada lives in Oslo now.");
    // By its key, and by its id.
    let bare = home.split_once('/').unwrap().1.to_owned();
    for name in [&home, &bare] {
        let confirmed = ok(&service.send(&post(&judge(name, "confirm")).bearer(&ada)).await);
        assert_eq!(confirmed["key"], home.as_str(), "{confirmed}");
        assert_eq!((&confirmed["trust"], &confirmed["confidence"]), (&json!("high"), &json!(1.0)));
        assert!(confirmed["confirmed_at"].is_string() && confirmed["text"].is_null());
    }
    let listed = facts(&service, &ada).await;
    let fact = &listed["items"].as_array().unwrap().iter().find(|it| it["key"] == home.as_str());
    assert_eq!(fact.unwrap()["trust"], "high", "{listed}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_value_goes_and_never_comes_back() {
    let service = Service::start().await;
    let ada = token(&service, "ada", "ada", &[Right::Read, Right::Write, Right::Forget]);
    ok(&service.send(&of_ada().bearer(&ada)).await);
    let home = key(&facts(&service, &ada).await, "Ada lives in Oslo now.");
    let gone = ok(&service.send(&post(&judge(&home, "reject")).bearer(&ada)).await);
    assert_eq!(gone, json!({"rejected": [home]}));
    assert!(texts(&facts(&service, &ada).await).contains(&"Ada lives in Ghent.".to_owned()));
    let again = super::learn(&[said("I live in  OSLO now!", 9)]).bearer(&ada);
    let report = ok(&service.send(&again).await);
    assert_eq!((&report["added"], &report["refused"]), (&json!(0), &json!(1)), "{report}");
    let path = judge(&home, "reject");
    refused(&service.send(&post(&path).bearer(&ada)).await, 404, "fact");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judgement_needs_the_right_to_forget_and_concerns_the_callers_own_facts() {
    let service = Service::start().await;
    let ada = token(&service, "ada", "ada", &[Right::Read, Right::Write]);
    let bob = token(&service, "bob", "bob", &Right::ALL);
    ok(&service.send(&of_ada().bearer(&ada)).await);
    let shared = json!({"id": "shared", "text": "The oven is on the left."});
    let stored = service.send(&Request::post("/api/v1/records/fact", shared)).await;
    assert_eq!(stored.status, 201, "{stored:?}");
    let listed = facts(&service, &ada).await;
    let home = key(&listed, "Ada lives in Oslo now.");
    for verb in ["confirm", "reject"] {
        let path = judge(&home, verb);
        refused(&service.send(&post(&path).bearer(&ada)).await, 403, "`forget`");
        // Another owner's fact does not exist.
        refused(&service.send(&post(&path).bearer(&bob)).await, 404, "fact");
        let named = post(&path).with("aios-user", "ada");
        assert_eq!(service.send(&named.bearer(&bob)).await.status, 403);
        // A judgement is always that of one person, with any rights.
        let all = post(&path).with("aios-all-users", "true").bearer(&bob);
        refused(&service.send(&all).await, 400, "one owner");
        let path = judge("shared", verb);
        let answer = service.send(&post(&path).bearer(&bob)).await;
        assert_eq!((answer.status, &answer.json()["code"]), (403, &json!("not_yours")));
        let path = judge("note/none", verb);
        refused(&service.send(&post(&path).bearer(&bob)).await, 400, "`id`");
        let path = judge("none", verb);
        let body = Request::post(&path, json!({"trust": "high"})).bearer(&bob);
        refused(&service.send(&body).await, 400, "trust");
    }
    assert_eq!(facts(&service, &ada).await, listed);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_field_and_no_tool_claims_a_confirmation() {
    let service = Service::start().await;
    let all = token(&service, "all", "ada", &Right::ALL);
    let high = json!({"id": "f", "text": "Ada owns the bank.", "confirmed_at": "2026-01-01"});
    let stored = service.send(&Request::post("/api/v1/records/fact", high).bearer(&all)).await;
    refused(&stored, 400, "confirmed_at");
    let plain = json!({"id": "f", "text": "Ada owns a boat.", "trust": "high"});
    let stored = service.send(&Request::post("/api/v1/records/fact", plain).bearer(&all)).await;
    refused(&stored, 400, "trust");
    let plain = json!({"id": "f", "text": "Ada owns a boat."});
    let stored = service.send(&Request::post("/api/v1/records/fact", plain).bearer(&all)).await;
    assert_eq!(stored.status, 201, "{stored:?}");
    let trust = async || facts(&service, &all).await["items"][0]["trust"].clone();
    assert_eq!(trust().await, "normal");
    let change = json!({"confirmed_at": "2026-01-01T00:00:00Z"});
    let path = "/api/v1/records/fact/f";
    let change = Request { method: "PATCH", ..Request::post(path, change) };
    refused(&service.send(&change.bearer(&all)).await, 400, "confirmed_at");

    // A changed statement loses the confirmation of the former one.
    ok(&service.send(&post("/api/v1/facts/f/confirm").bearer(&all)).await);
    assert_eq!(trust().await, "high");
    let change = Request { method: "PATCH", ..Request::post(path, json!({"metadata": {"a": 1}})) };
    ok(&service.send(&change.bearer(&all)).await);
    assert_eq!(trust().await, "high");
    let change =
        Request { method: "PATCH", ..Request::post(path, json!({"text": "Ada owns it."})) };
    ok(&service.send(&change.bearer(&all)).await);
    assert_eq!(trust().await, "normal");

    // So does one that a model corrects; and no tool confirms.
    ok(&service.send(&post("/api/v1/facts/f/confirm").bearer(&all)).await);
    let call = |method: &str, params: Value| {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        Request::post("/mcp", message)
            .with("accept", "application/json, text/event-stream")
            .with("mcp-protocol-version", "2025-11-25")
            .bearer(&all)
    };
    let listed = service.send(&call("tools/list", json!({}))).await;
    assert!(!listed.body.contains("confirm"), "{listed:?}");
    let arguments = json!({"text": "Ada owns a fleet.", "replaces": "fact/f"});
    let replaced = json!({"name": "remember", "arguments": arguments});
    let replaced = service.send(&call("tools/call", replaced)).await;
    assert!(replaced.body.contains("replaced fact/f"), "{replaced:?}");
    assert_eq!(trust().await, "normal");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_an_export_brings_its_confirmation_with_the_right_to_judge_alone() {
    let service = Service::start().await;
    let ada = token(&service, "ada", "ada", &[Right::Read, Right::Write, Right::Forget]);
    let writing = token(&service, "writing", "ada", &[Right::Read, Right::Write]);
    ok(&service.send(&super::learn(&[said("I play the oboe.", 1)]).bearer(&ada)).await);
    let oboe = key(&facts(&service, &ada).await, "Ada plays the oboe.");
    ok(&service.send(&post(&judge(&oboe, "confirm")).bearer(&ada)).await);
    let export = service.send(&Request::get("/api/v1/export?kinds=fact").bearer(&ada)).await.body;
    assert!(export.contains("confirmed_at"), "{export}");
    let id = oboe.split_once('/').unwrap().1;
    let forged = export.replace(id, "forged").replace("oboe", "lute");
    let line = json!({"kind": "fact", "text": "Ada sings.", "confirmed_at": "2026-01-01"});
    let ingest = |body: String| {
        let headers = vec![("content-type", "application/x-ndjson".to_owned())];
        Request { method: "POST", headers, body, ..Request::get("/api/v1/ingest") }
    };
    for (body, part) in [(forged.clone(), "`forget`"), (format!("{line}\n"), "confirmed_at")] {
        let report = ok(&service.send(&ingest(body).bearer(&writing)).await);
        let error = report["failed"][0]["error"].as_str().unwrap_or_else(|| panic!("{report}"));
        assert!(report["added"] == 0 && error.contains(part), "{report}");
    }
    let report = ok(&service.send(&ingest(forged).bearer(&ada)).await);
    assert_eq!(report["added"], 1, "{report}");
    assert_eq!(facts(&service, &ada).await["items"][0]["trust"], "high");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegate_judges_for_the_user_that_it_names() {
    let service = Service::start().await;
    let mut new = NewToken::new("app");
    new.delegate = Some("app:".to_owned());
    new.rights = Right::ALL.into();
    let secret = service.token(new);
    let of = |user: &'static str| {
        let secret = secret.clone();
        move |request: Request<'static>| request.bearer(&secret).with("aios-user", user)
    };
    let (ada, bob) = (of("app:ada"), of("app:bob"));
    ok(&service.send(&ada(of_ada())).await);
    let listed = ok(&service.send(&ada(Request::get("/api/v1/facts"))).await);
    let path: &'static str = judge(&key(&listed, "Ada plays the oboe."), "confirm").leak();
    assert_eq!(service.send(&bob(post(path))).await.status, 404);
    assert_eq!(service.send(&post(path).bearer(&secret)).await.status, 400);
    ok(&service.send(&ada(post(path))).await);
    service.stop().await;
}
