//! Access tokens of an identity provider.

pub(crate) mod issuer;
mod keys;
mod refused;
mod rights;
mod start;

use std::time::Duration;

use aios_memory::Timestamp;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use self::issuer::{AUDIENCE, Filed, ISSUER, claims, with};
use crate::support::{PATIENCE, Request, Service};

/// A service that accepts the tokens of a provider whose keys are in a file.
async fn service(provider: &Filed) -> Service {
    let settings = provider.settings();
    Service::start_with(|config| config.oauth = Some(settings)).await
}

fn recall(query: &str) -> Request<'static> {
    Request::post("/api/v1/recall", json!({"query": query}))
}

fn remember(text: &str) -> Request<'static> {
    Request::post("/api/v1/remember", json!({"items": [{"text": text}]}))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_acts_for_its_subject() {
    for algorithm in
        ["ES256", "ES384", "EdDSA", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
    {
        let provider = Filed::new(algorithm);
        let service = service(&provider).await;
        let scope = "openid memory:read memory:write";
        let (ada, bob) = (provider.token("auth0|ada", scope), provider.token("bob", scope));
        let stored = service.send(&remember("The cake is behind the oven.").bearer(&ada)).await;
        assert_eq!(stored.status, 200, "{algorithm}: {stored:?}");
        let own = service.send(&recall("cake oven").bearer(&ada)).await.json();
        assert_eq!(own["hits"][0]["scope"]["user"], json!("auth0|ada"), "{own}");
        let other = service.send(&recall("cake oven").bearer(&bob)).await;
        assert_eq!((other.status, other.json()["hits"].clone()), (200, json!([])));
        // A header does not widen it.
        let named = service.send(&recall("cake").bearer(&bob).with("aios-user", "auth0|ada")).await;
        assert_eq!(named.status, 403, "{named:?}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audience_is_one_of_a_list_and_scopes_have_several_notations() {
    let provider = Filed::new("ES256");
    let service = service(&provider).await;
    for changes in [
        json!({"aud": ["https://other.example.com", AUDIENCE]}),
        json!({"scope": null, "scp": "memory:read"}),
        json!({"scope": null, "scp": ["memory:read", "other"]}),
        json!({"nbf": Timestamp::now().as_second() + 30}),
        json!({"exp": Timestamp::now().as_second() - 30}),
        json!({"exp": 1e15}),
    ] {
        let token = provider.key.token(&with(claims("ada", "memory:read"), changes.clone()));
        let answer = service.send(&recall("x").bearer(&token)).await;
        assert_eq!(answer.status, 200, "{changes}: {answer:?}");
    }
    for typ in [json!("JWT"), json!("jwt"), json!("application/at+jwt"), json!(null)] {
        let mut header = json!({"alg": "ES256", "kid": "first"});
        if !typ.is_null() {
            header["typ"] = typ;
        }
        let token = provider.key.signed(&header, &claims("ada", "memory:read"));
        assert_eq!(service.send(&recall("x").bearer(&token)).await.status, 200, "{header}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_own_tokens_are_accepted_beside_those_of_the_provider() {
    let provider = Filed::new("EdDSA");
    let service = service(&provider).await;
    let mut new = aios_memory_server::NewToken::new("laptop");
    new.user = Some("ada".to_owned());
    let secret = service.token(new);
    assert_eq!(service.send(&recall("x").bearer(&secret)).await.status, 200);
    assert_eq!(service.send(&recall("x").bearer("aim_00")).await.status, 401);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_lead_to_the_provider() {
    let provider = Filed::new("ES256");
    let service = service(&provider).await;
    for path in
        ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"]
    {
        let metadata = service.send(&Request::get(path)).await;
        assert_eq!(metadata.status, 200, "{metadata:?}");
        let metadata = metadata.json();
        assert_eq!(metadata["resource"], json!(AUDIENCE));
        assert_eq!(metadata["authorization_servers"], json!([ISSUER]));
        assert_eq!(metadata["bearer_methods_supported"], json!(["header"]));
        assert!(metadata["scopes_supported"].to_string().contains("memory:observe"), "{metadata}");
    }
    service.stop().await;
    // A name that is not an address: the resource is the one requested.
    let mut settings = provider.settings();
    settings.audience = "memory".to_owned();
    let service = Service::start_with(|config| config.oauth = Some(settings)).await;
    let metadata = Request::get("/.well-known/oauth-protected-resource/mcp");
    let metadata = service.send(&metadata.with("host", "localhost:1")).await.json();
    assert_eq!(metadata["resource"], json!("http://localhost:1/mcp"));
    service.stop().await;
    let service = Service::start().await;
    let none = service.send(&Request::get("/.well-known/oauth-protected-resource")).await;
    assert_eq!(none.status, 404, "{none:?}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_its_token_expires() {
    let provider = Filed::new("ES256");
    let service = service(&provider).await;
    // The clocks may differ by a minute, so this token has three seconds left.
    let exp = json!({"exp": Timestamp::now().as_second() - 57});
    let token = provider.key.token(&with(claims("ada", "memory:observe"), exp));
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    let request = format!(
        "GET /api/v1/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
         connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut begin = [0; 15];
    stream.read_exact(&mut begin).await.unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200 OK", "{}", String::from_utf8_lossy(&begin));
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the stream goes on");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_subject_has_a_rate_of_its_own() {
    let provider = Filed::new("ES256");
    let settings = provider.settings();
    let service = Service::start_with(|config| {
        config.oauth = Some(settings);
        config.calls_per_second = 1;
        config.calls_burst = 2;
    })
    .await;
    let begun = std::time::Instant::now();
    let mut statuses = Vec::new();
    for _ in 0..6 {
        // Another token of the same subject gets no additional calls.
        let ada = provider.token("ada", "memory:read");
        statuses.push(service.send(&recall("x").bearer(&ada)).await.status);
    }
    if begun.elapsed() < Duration::from_secs(3) {
        assert!(statuses.contains(&429), "{statuses:?}");
    }
    let bob = provider.token("bob", "memory:read");
    assert_eq!(service.send(&recall("x").bearer(&bob)).await.status, 200);
    service.stop().await;
}
