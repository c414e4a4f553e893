//! Settings of a provider that are refused at the start.

use aios_memory::AgentMemory;
use aios_memory_server::{Config, Error, KeySource, Listener, OAuth, Server};

use super::issuer::{AUDIENCE, Filed, ISSUER};

async fn memory() -> (tempfile::TempDir, AgentMemory) {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = aios_memory::Config::at(dir.path().join("memory"));
    settings.embedding.model = "static".to_owned();
    (dir, AgentMemory::open(settings).await.unwrap())
}

async fn prepared(memory: &AgentMemory, config: &Config, address: &str) -> Result<(), Error> {
    let listener = Listener::bind(address.parse().unwrap()).await.unwrap();
    Server::new(memory.clone(), config.clone()).prepare(listener).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_without_the_others_is_refused_with_advice() {
    let (_dir, memory) = memory().await;
    for (issuer, audience, jwks) in [
        (ISSUER, "", ""),
        (ISSUER, " ", ""),
        ("", AUDIENCE, ""),
        ("", "", "/keys.json"),
        ("login.example.com", AUDIENCE, ""),
        ("http://login.example.com", AUDIENCE, ""),
        ("https://login.example.com/?a=b", AUDIENCE, ""),
        (ISSUER, AUDIENCE, "http://login.example.com/keys"),
        (ISSUER, AUDIENCE, "ftp://login.example.com/keys"),
        (ISSUER, AUDIENCE, "/there/is/no/such/file.json"),
    ] {
        let mut settings = memory.config().clone();
        settings.auth_oauth.issuer = issuer.to_owned();
        settings.auth_oauth.audience = audience.to_owned();
        settings.auth_oauth.jwks = jwks.into();
        let config = Config::of(&settings);
        let error = prepared(&memory, &config, "127.0.0.1:0").await.unwrap_err();
        assert_eq!(error.code(), "config", "{issuer}, {audience}, {jwks}: {error}");
        assert!(error.advice().is_some(), "{error}");
    }
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_name_a_file_an_address_or_nothing() {
    let (_dir, memory) = memory().await;
    let mut settings = memory.config().clone();
    assert_eq!(Config::of(&settings).oauth, None);
    settings.auth_oauth.issuer = ISSUER.to_owned();
    settings.auth_oauth.audience = AUDIENCE.to_owned();
    for (jwks, keys) in [
        ("", KeySource::Discovered),
        ("/etc/keys.json", KeySource::File("/etc/keys.json".into())),
        ("https://a.example/keys", KeySource::Address("https://a.example/keys".to_owned())),
    ] {
        settings.auth_oauth.jwks = jwks.into();
        let expected = OAuth::new(ISSUER, AUDIENCE).with_keys(keys);
        assert_eq!(Config::of(&settings).oauth, Some(expected), "{jwks}");
    }
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn other_machines_are_served_with_a_provider_instead_of_tokens_but_not_without_encryption() {
    let (_dir, memory) = memory().await;
    let provider = Filed::new("ES256");
    let mut config = Config::of(memory.config());
    let unknown = prepared(&memory, &config, "0.0.0.0:0").await;
    assert!(matches!(unknown, Err(Error::NoTokens { .. })), "{unknown:?}");
    config.oauth = Some(provider.settings());
    let open = prepared(&memory, &config, "0.0.0.0:0").await;
    assert!(matches!(open, Err(Error::NoTls { .. })), "{open:?}");
    prepared(&memory, &config.behind_proxy(), "0.0.0.0:0").await.unwrap();
    memory.shutdown().await.unwrap();
}
