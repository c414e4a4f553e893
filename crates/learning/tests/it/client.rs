//! The client of an OpenAI-compatible endpoint, against a scripted one.

mod server;

use std::{os::unix::fs::PermissionsExt, time::Duration};

use aios_learning::{
    Answer, ApiKey, ChatClient, ChatError, ChatModel, ChatOptions, ClientError, Message, Request,
    TokenBudget, extract_with, request,
};
use serde_json::{Value, json};

use self::server::{KEY, Reply, Server, finished, said, status};
use crate::said as message;

const HOUR: Duration = Duration::from_secs(3_600);

fn talk() -> Vec<Message> {
    vec![message("m1", "I live in Lyon.", "2023-08-14")]
}

fn ask() -> Request {
    request(&talk())
}

fn facts() -> String {
    let fact = json!({"subject": "Ada", "attribute": "home", "value": "Lyon",
        "text": "Ada lives in Lyon.", "evidence": [1]});
    json!({"facts": [fact]}).to_string()
}

async fn extract(server: &Server) -> Result<Answer, ChatError> {
    extract_with(&server.client(), &talk()).await
}

#[tokio::test]
async fn a_request_has_the_schema_the_messages_and_the_key() {
    let server = Server::start(vec![said(&facts())]);
    let read = extract(&server).await.unwrap();
    assert_eq!(read.drafts[0].value.as_deref(), Some("Lyon"));
    assert_eq!(read.drafts[0].evidence, ["m1"]);
    let arrived = &server.requests()[0];
    assert!(arrived.head.starts_with("POST /v1/chat/completions HTTP/1.1"));
    assert!(arrived.head.contains(&format!("authorization: Bearer {KEY}")));
    assert_eq!(arrived.body["model"], "tiny");
    assert_eq!(arrived.body["temperature"], 0);
    assert_eq!(arrived.body["messages"][1]["content"], ask().user);
    let format = &arrived.body["response_format"];
    assert_eq!(format["type"], "json_schema");
    assert_eq!(format["json_schema"]["schema"], ask().schema);
}

#[tokio::test]
async fn passing_failures_are_tried_again() {
    let after = |status: u16| Reply::Status(status, "retry-after: 0\r\n", String::new());
    for failure in [
        status(500),
        status(502),
        status(503),
        status(429),
        status(408),
        after(429),
        after(503),
        Reply::Close,
        Reply::Part("{\"choices\": [".to_owned()),
        Reply::Status(200, "", "{\"choices\": [{\"mess".to_owned()),
    ] {
        let shown = format!("{failure:?}");
        let server = Server::start(vec![failure, said(&facts())]);
        assert_eq!(extract(&server).await.unwrap().drafts.len(), 1, "{shown}");
        assert_eq!(server.requests().len(), 2, "{shown}");
    }
}

#[tokio::test]
async fn tries_are_bounded() {
    let server = Server::start(vec![status(500); 20]);
    let error = extract(&server).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains("status 500: trouble"), "{error}");
    assert!(error.to_string().contains("after 4 tries"), "{error}");
    assert_eq!(server.requests().len(), 4);

    let server = Server::start(vec![Reply::Close; 20]);
    let options = server.options().with_tries_max(0).with_timeout(Duration::MAX);
    let client = ChatClient::new(options).unwrap();
    assert!(client.complete(&ask()).await.unwrap_err().is_retryable());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_reached_is_unavailable() {
    let server = Server::start(Vec::new());
    let options = server.options().with_tries_max(2);
    let error = ChatClient::new(options).unwrap().complete(&ask()).await.unwrap_err();
    assert!(matches!(error, ChatError::Unavailable { .. }), "{error}");
}

#[tokio::test]
async fn the_wait_that_the_endpoint_asks_for_replaces_ours() {
    let busy = |after: &'static str| Reply::Status(429, after, String::new());
    // Ours would be up to 30 s, beyond the time of the request.
    let options = |server: &Server| {
        let options = server.options().with_timeout(Duration::from_secs(20));
        options.with_backoff(HOUR).with_time_max(Duration::from_secs(20))
    };
    let server = Server::start(vec![busy("retry-after: 0\r\n"), said(&facts())]);
    let client = ChatClient::new(options(&server)).unwrap();
    assert_eq!(client.complete(&ask()).await.unwrap(), facts());

    let past = busy("retry-after: Wed, 21 Oct 2015 07:28:00 GMT\r\n");
    let server = Server::start(vec![past, said(&facts())]);
    let client = ChatClient::new(options(&server)).unwrap();
    assert_eq!(client.complete(&ask()).await.unwrap(), facts());

    let server = Server::start(vec![busy("retry-after: 3600\r\n"), said(&facts())]);
    let client = ChatClient::new(options(&server).with_time_max(2 * HOUR)).unwrap();
    let error = client.complete(&ask()).await.unwrap_err();
    assert!(error.is_retryable() && error.to_string().contains("3600 s"), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn silence_ends_at_the_time_limit() {
    let server = Server::start(vec![Reply::Silence; 5]);
    let options = server.options().with_timeout(Duration::from_millis(100)).with_tries_max(2);
    let client = ChatClient::new(options).unwrap();
    let error = client.complete(&ask()).await.unwrap_err();
    assert!(error.is_retryable() && error.to_string().contains("too long"), "{error}");
    assert!(server.requests().len() <= 2);
}

#[tokio::test]
async fn all_tries_together_have_a_time_limit() {
    let server = Server::start(vec![Reply::Silence; 3]);
    let options = server.options().with_timeout(HOUR).with_time_max(Duration::from_millis(100));
    let error = ChatClient::new(options).unwrap().complete(&ask()).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(server.requests().len() <= 1);
}

#[tokio::test]
async fn a_long_answer_is_not_read_to_its_end() {
    let server = Server::start(vec![Reply::Endless]);
    let error = extract(&server).await.unwrap_err();
    assert!(matches!(error, ChatError::TooLong { bytes } if bytes < 2_000_000), "{error}");

    // Nor is one begun whose headers say how long it is.
    let body = json!({"choices": [{"message": {"content": "x".repeat(10_000_000)}}]}).to_string();
    let server = Server::start(vec![Reply::Status(200, "", body)]);
    let error = extract(&server).await.unwrap_err();
    assert!(matches!(error, ChatError::TooLong { bytes } if 10_000_000 <= bytes), "{error}");
    // A text that is too long within a body that is not.
    let server = Server::start(vec![said(&"x".repeat(300_000))]);
    assert!(matches!(extract(&server).await.unwrap_err(), ChatError::TooLong { bytes: 300_000 }));
}

#[tokio::test]
async fn answers_of_another_form_accept_nothing() {
    let cut = facts();
    for (reply, is_retryable) in [
        (said(&cut[..cut.len() - 2]), true),
        (finished(&cut, "length", &json!({})), true),
        (said("{\"fact\": []}"), false),
        (said("[1, 2]"), false),
        (said("Es gibt hier keine Fakten."), false),
        (said(""), true),
        (finished(&cut, "content_filter", &json!({})), false),
        (Reply::Status(200, "", "[]".to_owned()), false),
        (Reply::Status(200, "", "{\"choices\": []}".to_owned()), false),
        (Reply::Status(200, "", "<html>hello</html>".to_owned()), false),
        (
            Reply::Status(
                200,
                "",
                json!({"choices": [{"message": {"refusal": "I cannot."}}]}).to_string(),
            ),
            false,
        ),
    ] {
        let shown = format!("{reply:?}");
        let server = Server::start(vec![reply]);
        let error = extract(&server).await.unwrap_err();
        assert_eq!(error.is_retryable(), is_retryable, "{shown}: {error}");
        assert_eq!(server.requests().len(), 1, "{shown}");
    }
}

#[tokio::test]
async fn facts_in_another_language_are_refused() {
    let fact = json!({"subject": "Ada", "attribute": "Wohnort", "value": "die Stadt Lyon",
        "text": "Ada wohnt in Lyon.", "evidence": [1]});
    let server = Server::start(vec![said(&json!({"facts": [fact]}).to_string())]);
    let read = extract(&server).await.unwrap();
    assert_eq!((read.drafts.len(), read.refused.len()), (0, 1));
}

#[tokio::test]
async fn an_endpoint_without_schemas_gets_simpler_requests() {
    let refuse =
        |words: &str| Reply::Status(400, "", json!({"error": {"message": words}}).to_string());
    let server = Server::start(vec![
        refuse("response_format json_schema is not supported"),
        refuse("unknown field response_format"),
        said(&facts()),
        said(&facts()),
    ]);
    let client = server.client();
    assert_eq!(client.complete(&ask()).await.unwrap(), facts());
    // The form is kept for the next request.
    assert_eq!(client.complete(&ask()).await.unwrap(), facts());
    let bodies: Vec<Value> = server.requests().into_iter().map(|it| it.body).collect();
    let formats: Vec<&Value> = bodies.iter().map(|body| &body["response_format"]["type"]).collect();
    assert_eq!(formats, [&json!("json_schema"), &json!("json_object"), &json!(null), &json!(null)]);
    for body in &bodies[1..] {
        let system = body["messages"][0]["content"].as_str().unwrap();
        assert!(system.contains("JSON") && system.contains("\"facts\""), "{system}");
    }
}

#[tokio::test]
async fn parameters_that_an_endpoint_refuses_are_replaced() {
    let refuse =
        |words: &str| Reply::Status(400, "", json!({"error": {"message": words}}).to_string());
    let server = Server::start(vec![
        refuse("'max_tokens' is not supported, use 'max_completion_tokens' instead"),
        refuse("'temperature' does not support 0 with this model"),
        said(&facts()),
    ]);
    assert_eq!(server.client().complete(&ask()).await.unwrap(), facts());
    let last = &server.requests()[2].body;
    assert!(last["max_tokens"].is_null() && last["temperature"].is_null(), "{last}");
    assert_eq!(last["max_completion_tokens"], 4_096);
    assert_eq!(last["response_format"]["type"], "json_schema");

    let server = Server::start(vec![refuse("the context is too short"); 9]);
    let error = server.client().complete(&ask()).await.unwrap_err();
    assert!(matches!(&error, ChatError::Denied { reason } if reason.contains("context")));
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = Server::start(vec![said(&facts())]);
    let header: &'static str = format!("location: {}/x\r\n", target.base_url).leak();
    for code in [301, 302, 307, 308] {
        let server = Server::start(vec![Reply::Status(code, header, String::new())]);
        let error = extract(&server).await.unwrap_err();
        assert!(matches!(&error, ChatError::Denied { reason } if reason.contains("redirect")));
    }
    assert!(target.requests().is_empty());
}

#[tokio::test]
async fn a_wrong_key_is_not_tried_again() {
    for code in [401, 403, 404, 413, 418] {
        let server = Server::start(vec![status(code), said(&facts())]);
        let error = extract(&server).await.unwrap_err();
        assert!(
            matches!(&error, ChatError::Denied { reason } if reason.contains(&code.to_string()))
        );
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn the_key_is_not_shown() {
    let echo = |code: u16, body: String| Reply::Status(code, "", body);
    for reply in [
        status(401),
        status(400),
        status(404),
        status(429),
        status(500),
        echo(500, format!("<p>Bearer {KEY}</p>")),
        echo(404, json!({"detail": KEY}).to_string()),
        echo(200, json!({"error": {"message": KEY}}).to_string()),
        echo(200, format!("{{\"choices\": [], \"key\": \"{KEY}\"}}")),
    ] {
        let server = Server::start(vec![reply; 4]);
        let client = server.client();
        let error = client.complete(&ask()).await.unwrap_err();
        let shown = format!("{error} {error:?} {client:?} {:?}", server.options());
        assert!(!shown.contains("secret"), "{shown}");
    }
    assert_eq!(format!("{:?}", ApiKey::new(KEY).unwrap()), "ApiKey(..)");
    let options = ChatOptions::new("https://api.example/v1?key=sk-secret", "tiny");
    let client = ChatClient::new(options.clone()).unwrap();
    assert!(!format!("{options:?} {client:?}").contains("secret"));
}

#[tokio::test]
async fn tokens_are_counted_and_bounded_by_the_day() {
    let clock = || "2026-05-01T23:00:00Z".parse().unwrap();
    let server = Server::start(vec![
        said(&facts()),
        status(500),
        finished(&facts(), "stop", &Value::Null),
        said(&facts()),
    ]);
    let options = server.options().with_clock(clock).with_tries_max(1);
    let client = ChatClient::new(options.clone().with_tokens_per_day_max(2_000)).unwrap();
    client.complete(&ask()).await.unwrap();
    assert_eq!(client.budget().used, 42);
    // The answer may have as many tokens as the day has left.
    let asked = server.requests()[0].body["max_tokens"].as_u64().unwrap();
    assert!((1_000..2_000).contains(&asked), "{asked}");
    // An error status cost nothing.
    assert!(client.complete(&ask()).await.is_err());
    assert_eq!(client.budget().used, 42);
    // Without the endpoint's count, tokens are estimated.
    client.complete(&ask()).await.unwrap();
    let used = client.budget().used;
    assert!((200..2_000).contains(&used), "{used}");

    // A new process counts on.
    let max = used + 100;
    let options = options.with_tokens_per_day_max(max).with_budget(client.budget());
    let client = ChatClient::new(options.clone()).unwrap();
    let error = client.complete(&ask()).await.unwrap_err();
    assert!(matches!(error, ChatError::Budget { used: u, max: m, .. } if (u, m) == (used, max)));
    assert!(error.is_retryable());
    assert_eq!(server.requests().len(), 3);
    // The next day has its own tokens; this limit is below those of one request, though.
    let next = || "2026-05-02T00:00:00Z".parse().unwrap();
    let options = options.with_clock(next).with_tokens_per_day_max(2_000);
    let client = ChatClient::new(options).unwrap();
    client.complete(&ask()).await.unwrap();
    assert_eq!(client.budget(), TokenBudget { day: 20_575, used: 42 });
}

#[tokio::test]
async fn a_dropped_request_ends_and_stays_counted() {
    let mut server = Server::start(vec![Reply::Silence, said(&facts())]);
    let client = ChatClient::new(server.options().with_tokens_per_day_max(100_000)).unwrap();
    let request = ask();
    tokio::select! {
        answer = client.complete(&request) => unreachable!("{answer:?}"),
        news = server.news.recv() => news.unwrap(),
    }
    assert!(4_096 < client.budget().used);
    // The endpoint serves one connection at a time: the first has ended.
    assert_eq!(client.complete(&ask()).await.unwrap(), facts());
}

#[test]
fn addresses_are_checked_before_anything_is_sent() {
    let refused = |base: &str| ChatClient::new(ChatOptions::new(base, "tiny")).unwrap_err();
    for base in ["http://api.example/v1", "ftp://api.example", "api", "https://a:b@api.example"] {
        assert!(matches!(refused(base), ClientError::Address { .. }), "{base}");
    }
    let open = ChatOptions::new("http://api.example/v1", "tiny").with_plain_http();
    assert!(ChatClient::new(open).is_ok());
}

#[test]
fn a_key_is_read_from_a_safe_place_only() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    std::fs::write(&path, format!("{KEY}\n")).unwrap();
    let with_mode = |mode: u32| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        ApiKey::from_file(&path)
    };
    for mode in [0o600, 0o400] {
        assert!(with_mode(mode).unwrap() == ApiKey::new(KEY).unwrap());
    }
    for mode in [0o640, 0o604, 0o660, 0o644, 0o601] {
        let error = with_mode(mode).unwrap_err();
        assert!(error.to_string().contains("600"), "{error}");
        assert!(!error.to_string().contains("secret"));
    }
    with_mode(0o600).unwrap();
    for wrong in ["", " \n", "two words", "caf\u{e9}", "a\0b", &"x".repeat(5_000)] {
        std::fs::write(&path, wrong).unwrap();
        assert!(matches!(ApiKey::from_file(&path), Err(ClientError::Key { .. })), "{wrong}");
    }
    assert!(matches!(ApiKey::from_file(dir.path()), Err(ClientError::Open { .. })));
    let missing = ApiKey::from_file(dir.path().join("none"));
    assert!(matches!(missing, Err(ClientError::Read { .. })));
    let missing = ApiKey::from_env("AIOS_LEARNING_NO_SUCH_KEY");
    assert!(matches!(missing, Err(ClientError::Variable { .. })));
    // Cargo sets this one for its tests.
    assert!(ApiKey::from_env("CARGO_PKG_NAME").unwrap() == ApiKey::new("aios-learning").unwrap());
}
