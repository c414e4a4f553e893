//! The provider's keys: files that change, addresses, rotation, failures.

use std::{fs, os::unix::fs::PermissionsExt};

use aios_memory_server::{KeySource, OAuth};
use serde_json::{Value, json};

use super::{
    issuer::{AUDIENCE, Filed, Key, Served, claims, key_set, with},
    recall, service,
};
use crate::support::{Answer, Service};

const KEYS: &str = "/tenant/keys";
const METADATA: &str = "/.well-known/oauth-authorization-server/tenant";
const OPENID: &str = "/tenant/.well-known/openid-configuration";

async fn served(settings: OAuth) -> Service {
    Service::start_with(|config| config.oauth = Some(settings)).await
}

async fn status(service: &Service, provider: &Served, key: &Key) -> u16 {
    send(service, provider, key).await.status
}

async fn send(service: &Service, provider: &Served, key: &Key) -> Answer {
    let claims = with(claims("ada", "memory:read"), json!({"iss": provider.issuer()}));
    service.send(&recall("x").bearer(&key.token(&claims))).await
}

fn metadata(provider: &Served, issuer: &str) -> Value {
    json!({"issuer": issuer, "jwks_uri": format!("http://{}{KEYS}", provider.address)})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_of_keys_is_read_again() {
    let provider = Filed::new("ES256");
    let service = service(&provider).await;
    let send = async |key: &Key| {
        let token = key.token(&claims("ada", "memory:read"));
        service.send(&recall("x").bearer(&token)).await
    };
    let second = Key::new("second", "EdDSA");
    assert_eq!(send(&provider.key).await.status, 200);
    assert_eq!(send(&second).await.status, 401);
    fs::write(&provider.path, key_set(&[&second])).unwrap();
    assert_eq!(send(&provider.key).await.status, 401);
    assert_eq!(send(&second).await.status, 200);
    // Without its keys the service accepts no caller, and reports that the token is not at fault.
    for spoil in
        [|| "not JSON".to_owned(), || json!({"keys": []}).to_string(), || " ".repeat((1 << 20) + 1)]
    {
        fs::write(&provider.path, spoil()).unwrap();
        let answer = send(&second).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        assert_eq!(answer.json()["code"], json!("provider"), "{answer:?}");
        assert!(answer.head.contains("retry-after: "), "{answer:?}");
        assert!(!answer.head.contains("invalid_token"), "{answer:?}");
    }
    fs::write(&provider.path, key_set(&[&second])).unwrap();
    assert_eq!(send(&second).await.status, 200);
    // Whoever can write the keys can act as any user.
    fs::set_permissions(&provider.path, fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(send(&second).await.status, 401);
    fs::remove_file(&provider.path).unwrap();
    assert_eq!(send(&second).await.status, 401);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_at_an_address_is_found_once_a_while() {
    let provider = Served::start().await;
    let (first, second, third) =
        (Key::new("1", "ES256"), Key::new("2", "ES256"), Key::new("3", "EdDSA"));
    provider.put(KEYS, key_set(&[&first]));
    let keys = KeySource::Address(format!("http://{}{KEYS}", provider.address));
    let service = served(OAuth::new(provider.issuer(), AUDIENCE).with_keys(keys)).await;
    assert_eq!(provider.asked(KEYS), 0);
    for _ in 0..3 {
        assert_eq!(status(&service, &provider, &first).await, 200);
    }
    assert_eq!(provider.asked(KEYS), 1);
    provider.put(KEYS, key_set(&[&first, &second]));
    assert_eq!(status(&service, &provider, &second).await, 200);
    assert_eq!(provider.asked(KEYS), 2);
    // Unknown keys do not cause repeated requests.
    for _ in 0..5 {
        assert_eq!(status(&service, &provider, &third).await, 401);
    }
    assert_eq!(provider.asked(KEYS), 2);
    assert_eq!(status(&service, &provider, &first).await, 200);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_at_once_ask_once() {
    let provider = Served::start().await;
    let key = Key::new("1", "ES256");
    provider.put(KEYS, key_set(&[&key]));
    let keys = KeySource::Address(format!("http://{}{KEYS}", provider.address));
    let service = served(OAuth::new(provider.issuer(), AUDIENCE).with_keys(keys)).await;
    let calls = (0..20).map(|_| status(&service, &provider, &key));
    let statuses = futures::future::join_all(calls).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(provider.asked(KEYS), 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_the_keys_is_found_by_the_metadata() {
    for path in [METADATA, OPENID] {
        let provider = Served::start().await;
        let key = Key::new("1", "ES256");
        provider.put(KEYS, key_set(&[&key]));
        provider.put(path, metadata(&provider, &provider.issuer()));
        let service = served(OAuth::new(provider.issuer(), AUDIENCE)).await;
        assert_eq!(status(&service, &provider, &key).await, 200, "{path}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_cannot_be_trusted_lets_nobody_in() {
    let key = Key::new("1", "ES256");
    let elsewhere = json!({"jwks_uri": "http://203.0.113.1/keys"});
    let cases = [
        ("no metadata", None, key_set(&[&key])),
        ("another issuer", Some(json!({"issuer": "https://other.example.com"})), key_set(&[&key])),
        ("keys without encryption", Some(elsewhere), key_set(&[&key])),
        ("no keys", Some(json!({})), "{}".to_owned()),
        ("too many bytes", Some(json!({})), " ".repeat((1 << 20) + 1)),
    ];
    for (problem, changes, keys) in cases {
        let provider = Served::start().await;
        provider.put(KEYS, keys);
        if let Some(changes) = changes {
            provider.put(METADATA, with(metadata(&provider, &provider.issuer()), changes));
        }
        let service = served(OAuth::new(provider.issuer(), AUDIENCE)).await;
        for _ in 0..2 {
            let answer = send(&service, &provider, &key).await;
            assert_eq!(answer.status, 401, "{problem}: {answer:?}");
            assert_eq!(answer.json()["code"], json!("provider"), "{problem}: {answer:?}");
        }
        service.stop().await;
    }
}
