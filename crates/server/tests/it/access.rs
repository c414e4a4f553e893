//! Rights: every operation, as each kind of caller.

use std::collections::BTreeSet;

use aios_memory::AgentMemory;
use aios_memory_server::{
    CommandLine, CommandOutput, Commands, NewToken, Right, Running, Server, wire,
};
use prost::Message;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    oauth::issuer::{Filed, claims, with},
    support::{Answer, PATIENCE, Request, Service},
};

/// A route whose parts need different rights, which the tests in `mcp` check.
const MCP: &str = "/mcp";
/// Operations that write data without an owner.
const OF_NO_USER: [&str; 2] =
    ["/aios.memory.MemoryService/PushEvent", "/aios.memory.MemoryService/UpdateMetric"];
/// A text that only Ada may see.
const SECRET: &str = "The wedding cake for Ada hides behind the left oven.";

/// Commands that do nothing.
struct Silent;

impl Commands for Silent {
    fn run(&self, _: AgentMemory, _: CommandLine) -> Running {
        Box::pin(async { Some(CommandOutput::new(0, String::new(), String::new())) })
    }
}

fn token(name: &str, change: impl FnOnce(&mut NewToken)) -> NewToken {
    let mut new = NewToken::new(name);
    new.rights = Right::ALL.into();
    change(&mut new);
    new
}

fn of_user(name: &str) -> NewToken {
    token(name, |new| new.user = Some(name.to_owned()))
}

/// Every route of the OpenAPI document, and every RPC of the descriptor, as requests.
async fn operations(service: &Service) -> Vec<(String, String)> {
    let document = service.send(&Request::get("/api/v1/openapi.json")).await.json();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            operations.push((method.to_uppercase(), path.clone()));
        }
    }
    let descriptors = prost_types::FileDescriptorSet::decode(wire::DESCRIPTOR).unwrap();
    for file in descriptors.file {
        for offered in &file.service {
            let service = format!("/{}.{}", file.package(), offered.name());
            for method in &offered.method {
                operations.push(("POST".to_owned(), format!("{service}/{}", method.name())));
            }
        }
    }
    operations.push(("POST".to_owned(), MCP.to_owned()));
    assert!(40 < operations.len(), "{operations:?}");
    operations
}

fn is_rpc(path: &str) -> bool {
    path.starts_with("/aios.memory.")
}

/// Calls an operation with an empty body.
async fn call(service: &Service, operation: &(String, String), secret: Option<&str>) -> Answer {
    let (method, path) = operation;
    let filled = path
        .replace("{kind}", "note")
        .replace("{id}", "none")
        .replace("{memory_id}", "none")
        .replace("{bank_id}", "none");
    let mut request = Request { method, path: &filled, headers: Vec::new(), body: String::new() };
    match is_rpc(path) {
        true => {
            request.headers.push(("content-type", "application/grpc".to_owned()));
            request.body = "\0\0\0\0\0".to_owned();
        }
        false => request.headers.push(("content-type", "application/json".to_owned())),
    }
    if let Some(secret) = secret {
        request = request.bearer(secret);
    }
    service.send(&request).await
}

fn refusal(answer: &Answer, path: &str) -> &'static str {
    let is = |code: &str| answer.head.contains(&format!("grpc-status: {code}\r\n"));
    match (is_rpc(path), answer.status) {
        (true, _) if is("16") => "unauthenticated",
        (true, _) if is("7") => "denied",
        (false, 401) => "unauthenticated",
        (false, 403) => "denied",
        _ => "passed",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_demands_its_right() {
    let provider = Filed::new("ES256");
    let oauth = provider.settings();
    let service = Service::start_with(|config| {
        config.oauth = Some(oauth);
        config.calls_per_second = 10_000;
        config.calls_burst = 10_000;
        config.mem0 = true;
        config.hindsight = true;
    })
    .await;
    let mut secrets = Vec::new();
    for right in Right::ALL {
        let new = token(right.as_str(), |new| new.rights = BTreeSet::from([right]));
        secrets.push((right, service.token(new)));
    }
    // The callers of the identity provider have the same rights by their scopes.
    for right in Right::ALL {
        let scope = format!("memory:{}", right.as_str());
        secrets.push((right, provider.token(right.as_str(), &scope)));
    }
    let spoilt = provider.key.token(&with(
        claims("ada", "memory:read memory:write memory:forget memory:observe memory:admin"),
        json!({"aud": "https://other.example.com"}),
    ));
    let open = ["/api/v1/openapi.json", "/healthz", "/readyz"];
    for operation in operations(&service).await {
        let path = operation.1.as_str();
        if open.contains(&path) {
            continue;
        }
        let answer = call(&service, &operation, Some("aim_00")).await;
        assert_eq!(refusal(&answer, path), "unauthenticated", "{operation:?}: {answer:?}");
        let answer = call(&service, &operation, Some(&spoilt)).await;
        assert_eq!(refusal(&answer, path), "unauthenticated", "{operation:?}: {answer:?}");
        let mut passed = Vec::new();
        for (right, secret) in &secrets {
            // A stream that was started does not end by itself.
            let is_stream = path.ends_with("/WatchEvents")
                || (path == "/api/v1/events" && operation.0 == "GET");
            if is_stream && *right == Right::Observe {
                passed.push(*right);
                continue;
            }
            let answer = call(&service, &operation, Some(secret)).await;
            match refusal(&answer, path) {
                "denied" => {}
                "passed" => passed.push(*right),
                other => panic!("{operation:?} as {right:?}: {other}: {answer:?}"),
            }
        }
        if operation.0 == "POST" && OF_NO_USER.contains(&path) {
            // The provider's callers act for a user, who needs a second right.
            assert_eq!(passed, [Right::Write], "{operation:?}");
            continue;
        }
        let expected = if path == MCP { 2 * Right::ALL.len() } else { 2 };
        assert_eq!(passed.len(), expected, "{operation:?} passes with {passed:?}");
        let (of_tokens, of_provider) = passed.split_at(expected / 2);
        assert_eq!(of_tokens, of_provider, "{operation:?}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_do_not_see_each_other() {
    let provider = Filed::new("EdDSA");
    let oauth = provider.settings();
    let service = Service::start_with(|config| config.oauth = Some(oauth)).await;
    let ada = service.token(of_user("ada"));
    let bob = service.token(of_user("bob"));
    let scope = "memory:read memory:write memory:forget memory:observe memory:admin";
    let (known, stranger) = (provider.token("ada", scope), provider.token("bob", scope));
    let remember = Request::post("/api/v1/remember", json!({"items": [{"text": SECRET}]}));
    let stored = service.send(&remember.clone().bearer(&ada)).await;
    assert_eq!(stored.status, 200, "{stored:?}");
    let key = stored.json()["items"][0]["key"].as_str().unwrap().to_owned();
    let route = format!("/api/v1/records/{key}");
    let recall = Request::post("/api/v1/recall", json!({"query": "wedding cake oven"}));
    let context =
        Request::post("/api/v1/context", json!({"task": "wedding cake", "max_tokens": 500}));
    let reads = [
        recall,
        context,
        Request::get("/api/v1/export"),
        Request::get("/api/v1/records/note"),
        Request::get(&route),
    ];
    for read in reads {
        let own = service.send(&read.clone().bearer(&ada)).await;
        assert!(own.body.contains("left oven"), "{}: {own:?}", read.path);
        let own = service.send(&read.clone().bearer(&known)).await;
        assert!(own.body.contains("left oven"), "{}: {own:?}", read.path);
        // As Bob, as nobody over loopback, as nobody over the socket.
        let others = [
            service.send(&read.clone().bearer(&bob)).await,
            service.send(&read.clone().bearer(&stranger)).await,
            service.send(&read).await,
            service.send_over_socket(&read).await,
        ];
        for other in others {
            assert!(!other.body.contains("left oven"), "{}: {other:?}", read.path);
        }
        // No header widens a scope.
        for (name, value) in [("aios-user", "ada"), ("aios-user", "*"), ("aios-user", "")] {
            let claimed = read.clone().with(name, value);
            let answers = [
                service.send(&claimed.clone().bearer(&bob)).await,
                service.send(&claimed.clone().bearer(&stranger)).await,
                service.send(&claimed).await,
            ];
            for answer in answers {
                assert!(matches!(answer.status, 400 | 403), "{value}: {answer:?}");
                assert!(!answer.body.contains("left oven"));
            }
        }
        // The owner of the files may name any user.
        let named = service.send_over_socket(&read.clone().with("aios-user", "ada")).await;
        assert!(named.body.contains("left oven"), "{}: {named:?}", read.path);
    }
    let removed =
        Request { method: "DELETE", path: &route, headers: Vec::new(), body: String::new() };
    assert_eq!(service.send(&removed.clone().bearer(&bob)).await.status, 404);
    assert_eq!(service.send(&removed.bearer(&ada)).await.status, 200);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegate_names_a_user_in_each_call() {
    let service = Service::start().await;
    let secret = service.token(token("app", |new| new.delegate = Some("app:".to_owned())));
    let remember = Request::post("/api/v1/remember", json!({"items": [{"text": SECRET}]}));
    let remember = remember.bearer(&secret);
    let unnamed = service.send(&remember).await;
    assert_eq!(unnamed.status, 400, "{unnamed:?}");
    for user in ["ada", "app", "APP:ada"] {
        let other = service.send(&remember.clone().with("aios-user", user)).await;
        assert_eq!(other.status, 403, "{user}: {other:?}");
    }
    let named = service.send(&remember.clone().with("aios-user", "app:ada")).await;
    assert_eq!(named.status, 200, "{named:?}");
    let recall = Request::post("/api/v1/recall", json!({"query": "wedding cake"})).bearer(&secret);
    let other = service.send(&recall.clone().with("aios-user", "app:bob")).await.json();
    assert_eq!(other["hits"], json!([]));
    let own = service.send(&recall.with("aios-user", "app:ada")).await.json();
    assert_eq!(own["hits"][0]["scope"]["user"], json!("app:ada"), "{own}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_project_stays_in_it() {
    let service = Service::start().await;
    let within = service.token(token("within", |new| {
        new.user = Some("ada".to_owned());
        new.project = Some("atlas".to_owned());
    }));
    let whole = service.token(of_user("ada"));
    let remember =
        |text: &str| Request::post("/api/v1/remember", json!({"items": [{"text": text}]}));
    service.send(&remember("The atlas is bound in leather.").bearer(&within)).await;
    let other = whole.clone();
    let named = service.token(token("other", |new| {
        new.user = Some("ada".to_owned());
        new.project = Some("zenith".to_owned());
    }));
    service.send(&remember("The zenith is bound in cloth.").bearer(&named)).await;
    let bound = Request::post("/api/v1/recall", json!({"query": "bound in leather or cloth"}));
    let texts = |answer: Answer| -> BTreeSet<String> {
        let hits = answer.json()["hits"].as_array().unwrap().clone();
        hits.iter().map(|hit| hit["text"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(texts(service.send(&bound.clone().bearer(&within)).await).len(), 1);
    assert_eq!(texts(service.send(&bound.bearer(&other)).await).len(), 2);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_page_and_a_forwarded_call_are_refused() {
    let commands = |server: Server| server.with_commands(Silent);
    let service = Service::start_over(|_| {}, |_| {}, commands).await;
    let stats = Request::get("/api/v1/stats");
    assert_eq!(service.send(&stats).await.status, 200);
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("host", "evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let answer = service.send(&stats.clone().with(name, value)).await;
        assert_eq!(answer.status, 403, "{name}: {value}: {answer:?}");
    }
    for name in ["forwarded", "via", "x-forwarded-for", "x-forwarded-proto", "cf-connecting-ip"] {
        let forwarded = stats.clone().with(name, "10.0.0.1");
        assert_eq!(service.send(&forwarded).await.status, 401, "{name}");
        assert_eq!(service.send_over_socket(&forwarded).await.status, 401, "{name}");
    }
    let secret = service.token(of_user("ada"));
    let forwarded = stats.clone().with("forwarded", "for=10.0.0.1").bearer(&secret);
    assert_eq!(service.send_over_socket(&forwarded).await.status, 200);
    // Only a process of this user may run command lines.
    let line = json!({"words": ["x"], "circumstances": ""});
    let line = Request::post("/internal/v1/command", line).bearer(&secret);
    assert_eq!(service.send_over_socket(&line).await.status, 200);
    let forwarded = line.with("forwarded", "for=10.0.0.1");
    assert_eq!(service.send_over_socket(&forwarded).await.status, 403);
    let elsewhere = stats.with("host", "evil.example");
    assert_eq!(service.send_over_socket(&elsewhere).await.status, 403);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_ends_its_stream_and_its_calls() {
    let service = Service::start().await;
    let secret = service.token(of_user("ada"));
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    let request = format!(
        "GET /api/v1/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {secret}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut byte = [0];
    stream.read_exact(&mut byte).await.unwrap();
    service.tokens().revoke("ada").unwrap();
    let recall = Request::post("/api/v1/recall", json!({"query": "x"})).bearer(&secret);
    assert_eq!(service.send(&recall).await.status, 401);
    let ended = tokio::time::timeout(PATIENCE, async {
        let mut text = Vec::new();
        // A chunk of length 0 ends the body. The connection may stay open for another call.
        while !text.ends_with(b"0\r\n\r\n") {
            let mut more = [0; 1024];
            match stream.read(&mut more).await {
                Ok(0) | Err(_) => break,
                Ok(count) => text.extend_from_slice(&more[..count]),
            }
        }
    });
    ended.await.expect("the stream ends");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_headers_of_a_part_narrow_every_call() {
    let service = Service::start_with(|config| config.mem0 = true).await;
    let within = service.token(token("within", |new| new.project = Some("atlas".to_owned())));
    let remember = Request::post("/api/v1/remember", json!({"items": [{"text": SECRET}]}));
    let in_atlas = |request: &Request<'static>| request.clone().with("aios-project", "atlas");
    assert_eq!(service.send(&in_atlas(&remember)).await.status, 200);
    let recall = Request::post("/api/v1/recall", json!({"query": "wedding cake"}));
    let hits = |answer: Answer| answer.json()["hits"].as_array().unwrap().clone();
    let found = hits(service.send(&in_atlas(&recall)).await);
    assert_eq!(found[0]["scope"]["project"], "atlas", "{found:?}");
    let elsewhere = recall.clone().with("aios-project", "zenith");
    assert!(hits(service.send(&elsewhere).await).is_empty());
    let facade = |project: &'static str| {
        Request::post("/v2/memories/search/", json!({"query": "wedding cake", "user_id": "ada"}))
            .with("aios-project", project)
    };
    let add = Request::post("/v1/memories/", json!({"messages": SECRET, "user_id": "ada"}));
    let added = service.send_over_socket(&in_atlas(&add)).await;
    assert_eq!(added.status, 200, "{added:?}");
    let found = service.send_over_socket(&facade("atlas")).await;
    assert!(found.body.contains("left oven"), "{found:?}");
    let found = service.send_over_socket(&facade("zenith")).await;
    assert!(found.status == 200 && !found.body.contains("left oven"), "{found:?}");
    // A header narrows a token but does not widen it.
    assert_eq!(service.send(&in_atlas(&recall).bearer(&within)).await.status, 200);
    assert_eq!(service.send(&elsewhere.bearer(&within)).await.status, 403);
    // The machine has no projects.
    let events = json!({"events": [{"category": "task", "data": "x"}]});
    for request in [Request::get("/api/v1/stats"), Request::post("/api/v1/events", events)] {
        assert_eq!(service.send(&in_atlas(&request)).await.status, 400, "{}", request.path);
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_beyond_its_rate_is_told_when_to_try_again() {
    let service = Service::start_with(|config| {
        config.calls_per_second = 1;
        config.calls_burst = 2;
    })
    .await;
    let secret = service.token(of_user("ada"));
    let stats = Request::get("/api/v1/stats").bearer(&secret);
    let mut statuses = Vec::new();
    for _ in 0..8 {
        let answer = service.send(&stats).await;
        if answer.status == 429 {
            assert!(answer.head.contains("retry-after: 1"), "{answer:?}");
            assert_eq!(answer.json()["code"], Value::from("rate"));
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses[..2], [200, 200]);
    assert!(statuses.contains(&429), "{statuses:?}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_on_a_version_is_obeyed_or_refused() {
    let service = Service::start().await;
    let note = json!({"id": "n", "content": "Tea."});
    let put = Request::post("/api/v1/records/note", note).with("if-none-match", "*");
    assert_eq!(service.send(&put).await.status, 201);
    assert_eq!(service.send(&put).await.status, 412);
    let batch = json!({"ops": [{"op": "put", "namespace": ["a"], "key": "k", "value": "v"}]});
    let remember = json!({"items": [{"text": "Tea.", "id": "n"}]});
    let create = json!({"command": "create", "path": "/memories/a", "file_text": "a"});
    for (path, body) in [
        ("/api/v1/store/batch", batch),
        ("/api/v1/remember", remember),
        ("/api/v1/files", create),
        ("/mcp", json!({})),
    ] {
        for (name, value) in [("if-match", "\"00\""), ("if-none-match", "*")] {
            let refused = service.send(&Request::post(path, &body).with(name, value)).await;
            assert_eq!(refused.status, 400, "{path}: {refused:?}");
            assert!(refused.body.contains(name), "{path}: {refused:?}");
        }
    }
    service.stop().await;
}
