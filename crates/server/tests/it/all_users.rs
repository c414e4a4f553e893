//! The records of every owner in one call: only if the call requests it, and with the right
//! `admin`.

use aios_memory_server::{
    NewToken, Right,
    wire::{RecallRequest, RememberRequest, memory_service_client::MemoryServiceClient},
};
use serde_json::{Value, json};
use tonic::{Code, transport::Endpoint};

use crate::{
    oauth::issuer::Filed,
    support::{Answer, Request, Service},
};

/// A service in which two users have a record each, with the secret of a token.
async fn service(rights: &[Right], change: impl FnOnce(&mut NewToken)) -> (Service, String) {
    let service = Service::start().await;
    let text = |text: &str| json!({"items": [{"text": text}]});
    for (user, cake) in [("ada", "cherries"), ("bob", "apples")] {
        let remember = Request::post("/api/v1/remember", text(&format!("A cake with {cake}.")));
        let stored = service.send_over_socket(&remember.with("aios-user", user)).await;
        assert_eq!(stored.status, 200, "{stored:?}");
    }
    let mut new = NewToken::new("operator");
    new.rights = rights.iter().copied().collect();
    change(&mut new);
    let secret = service.token(new);
    (service, secret)
}

fn reads() -> Vec<Request<'static>> {
    vec![
        Request::post("/api/v1/recall", json!({"query": "cake"})),
        Request::post("/api/v1/context", json!({"task": "cake", "max_tokens": 500})),
        Request::get("/api/v1/export"),
        Request::get("/api/v1/records/note"),
    ]
}

fn for_all<'a>(request: &Request<'a>) -> Request<'a> {
    request.clone().with("aios-all-users", "true")
}

/// Returns the number of users whose record the answer shows.
fn shown(answer: &Answer) -> usize {
    ["cherries", "apples"].iter().filter(|cake| answer.body.contains(**cake)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_the_records_of_all_users_is_explicit_and_needs_admin() {
    let (service, secret) = service(&Right::ALL, |new| new.user = Some("ada".to_owned())).await;
    let mut without = NewToken::new("reader");
    without.rights = Right::ALL.into_iter().filter(|right| *right != Right::Admin).collect();
    let without = service.token(without);
    for read in reads() {
        assert_eq!(shown(&service.send(&read.clone().bearer(&secret)).await), 1, "{}", read.path);
        let all = service.send(&for_all(&read).bearer(&secret)).await;
        assert_eq!((all.status, shown(&all)), (200, 2), "{}: {all:?}", read.path);
        let all = service.send_over_socket(&for_all(&read)).await;
        assert_eq!((all.status, shown(&all)), (200, 2), "{}: {all:?}", read.path);
        // Loopback may be any process of the machine.
        for refused in [
            service.send(&for_all(&read)).await,
            service.send(&for_all(&read).bearer(&without)).await,
        ] {
            assert_eq!((refused.status, shown(&refused)), (403, 0), "{}: {refused:?}", read.path);
        }
        let both = for_all(&read).with("aios-user", "ada").bearer(&secret);
        assert_eq!(service.send(&both).await.status, 400, "{}", read.path);
        for value in ["1", "TRUE", "", "false"] {
            let other = read.clone().with("aios-all-users", value).bearer(&secret);
            assert_eq!(service.send(&other).await.status, 400, "{value}");
        }
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn admin_alone_reads_nothing_and_writing_concerns_one_owner() {
    let (service, secret) = service(&[Right::Admin, Right::Write], |_| {}).await;
    for read in reads() {
        let refused = service.send(&for_all(&read).bearer(&secret)).await;
        assert_eq!((refused.status, shown(&refused)), (403, 0), "{}: {refused:?}", read.path);
    }
    let remember = Request::post("/api/v1/remember", json!({"items": [{"text": "A pie."}]}));
    let refused = service.send(&for_all(&remember).bearer(&secret)).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_reaches_the_records_of_a_named_user() {
    let (service, secret) = service(&Right::ALL, |_| {}).await;
    let forget = Request::post("/api/v1/forget", json!({"filter": {"user": "bob"}}));
    assert_eq!(service.send(&forget.clone().bearer(&secret)).await.status, 403);
    let receipt = service.send(&for_all(&forget).bearer(&secret)).await;
    assert_eq!(receipt.status, 200, "{receipt:?}");
    let left = service.send(&for_all(&reads()[0]).bearer(&secret)).await;
    assert_eq!(shown(&left), 1, "{left:?}");
    assert!(left.body.contains("cherries"), "{left:?}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegate_with_admin_may_name_all_users_and_a_project_still_narrows() {
    let (service, secret) =
        service(&Right::ALL, |new| new.delegate = Some("app:".to_owned())).await;
    let all = service.send(&for_all(&reads()[0]).bearer(&secret)).await;
    assert_eq!((all.status, shown(&all)), (200, 2), "{all:?}");
    let mut new = NewToken::new("within");
    new.rights = Right::ALL.into();
    new.project = Some("atlas".to_owned());
    let within = service.token(new);
    let text = json!({"items": [{"text": "The cake of zenith."}]});
    let remember = Request::post("/api/v1/remember", text);
    let mut other = NewToken::new("zenith");
    other.rights = Right::ALL.into();
    other.user = Some("ada".to_owned());
    other.project = Some("zenith".to_owned());
    let stored = service.send(&remember.bearer(&service.token(other))).await;
    assert_eq!(stored.status, 200, "{stored:?}");
    let narrow = service.send(&for_all(&reads()[0]).bearer(&within)).await;
    assert!(narrow.status == 200 && !narrow.body.contains("zenith"), "{narrow:?}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_grpc_and_with_the_scope_of_the_provider_it_is_the_same() {
    let provider = Filed::new("ES256");
    let settings = provider.settings();
    let service = Service::start_with(|config| config.oauth = Some(settings)).await;
    let endpoint = Endpoint::from_shared(format!("http://{}", service.address)).unwrap();
    let mut client = MemoryServiceClient::new(endpoint.connect().await.unwrap());
    for user in ["ada", "bob"] {
        service.memory.for_user(user).unwrap().remember("A cake with cherries.").await.unwrap();
    }
    fn request<T>(message: T, token: &str) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        let metadata = request.metadata_mut();
        metadata.insert("authorization", format!("Bearer {token}").parse().unwrap());
        metadata.insert("aios-all-users", "true".parse().unwrap());
        request
    }
    let query = RecallRequest { query: "cake".to_owned(), ..Default::default() };
    let admin = provider.token("eve", "memory:read memory:admin memory:write");
    let found = client.recall(request(query.clone(), &admin)).await.unwrap().into_inner();
    assert_eq!(found.hits.len(), 2, "{found:?}");
    let reading = provider.token("eve", "memory:read");
    let refused = client.recall(request(query, &reading)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused:?}");
    let written = client.remember(request(RememberRequest::default(), &admin)).await.unwrap_err();
    assert_eq!(written.code(), Code::InvalidArgument, "{written:?}");
    drop(client);
    service.stop().await;
}

/// Sends a message of the Model Context Protocol for all users, and returns its result.
async fn mcp(service: &Service, secret: &str, method: &str, params: Value) -> Value {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let request = Request::post("/mcp?tools=core,work,files,graph,openai", message)
        .with("accept", "application/json, text/event-stream")
        .with("mcp-protocol-version", "2025-11-25");
    let answer = service.send(&for_all(&request).bearer(secret)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["result"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_tool_and_no_command_on_files_writes_for_all_users() {
    let (service, secret) = service(&Right::ALL, |_| {}).await;
    let tools = mcp(&service, &secret, "tools/list", json!({})).await["tools"].clone();
    let tools = tools.as_array().unwrap();
    assert_eq!(tools.len(), 21, "{tools:?}");
    let mut calls: Vec<(String, Value, bool)> = Vec::new();
    let mut commands: Vec<String> = Vec::new();
    for tool in tools {
        let name = tool["name"].as_str().unwrap().to_owned();
        // Keys that several owners have are refused one by one.
        let only_reads = tool["annotations"]["readOnlyHint"] == true || name == "forget";
        if name != "memory" {
            calls.push((name, json!({}), only_reads));
            continue;
        }
        for command in tool["inputSchema"]["properties"]["command"]["enum"].as_array().unwrap() {
            calls.push((name.clone(), json!({"command": command}), command == "view"));
            commands.push(command.as_str().unwrap().to_owned());
        }
    }
    for (name, arguments, is_admitted) in calls {
        let call = json!({"name": name, "arguments": arguments});
        let called = mcp(&service, &secret, "tools/call", call.clone()).await;
        let text = called["content"][0]["text"].as_str().unwrap();
        assert_eq!(text.contains("concerns one owner"), !is_admitted, "{call}: {text}");
    }
    let path = "/memories/a.md";
    let bodies = [
        json!({"command": "view", "path": "/memories"}),
        json!({"command": "create", "path": path, "file_text": "a"}),
        json!({"command": "str_replace", "path": path, "old_str": "a", "new_str": "b"}),
        json!({"command": "insert", "path": path, "insert_line": 0, "insert_text": "a"}),
        json!({"command": "delete", "path": path}),
        json!({"command": "rename", "old_path": path, "new_path": "/memories/b.md"}),
    ];
    let known: Vec<&str> = bodies.iter().map(|body| body["command"].as_str().unwrap()).collect();
    assert_eq!(known, commands);
    for body in &bodies {
        let request = for_all(&Request::post("/api/v1/files", body)).bearer(&secret);
        let answer = service.send(&request).await;
        let is_admitted = body["command"] == "view";
        assert_eq!(answer.status, if is_admitted { 200 } else { 400 }, "{body}: {answer:?}");
        assert_eq!(answer.body.contains("concerns one owner"), !is_admitted, "{answer:?}");
    }
    service.stop().await;
}
