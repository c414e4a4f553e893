//! Access tokens that are refused, each for one reason.

use aios_memory::Timestamp;
use ring::hmac;
use serde_json::{Value, json};

use super::{
    issuer::{AUDIENCE, Filed, Key, claims, encoded, key_set, message, with},
    recall, service,
};
use crate::support::Answer;

/// Returns tokens that differ from a valid one in one thing.
fn tokens(provider: &Filed) -> Vec<(&'static str, String)> {
    let now = Timestamp::now().as_second();
    let valid = claims("ada", "memory:read");
    let changes = [
        ("another issuer", json!({"iss": "https://login.example.com"})),
        ("an issuer with a slash more", json!({"iss": "https://login.example.com/tenant/"})),
        ("a list of issuers", json!({"iss": ["https://login.example.com/tenant"]})),
        ("no issuer", json!({"iss": null})),
        ("another audience", json!({"aud": "https://other.example.com"})),
        ("a list without the audience", json!({"aud": ["a", "https://memory.example.com/"]})),
        ("an empty list of audiences", json!({"aud": []})),
        ("no audience", json!({"aud": null})),
        ("expired", json!({"exp": now - 120})),
        ("no end", json!({"exp": null})),
        ("an end as a text", json!({"exp": (now + 300).to_string()})),
        ("an end before 1970", json!({"exp": -1})),
        ("not valid yet", json!({"nbf": now + 120})),
        ("no subject", json!({"sub": null})),
        ("an empty subject", json!({"sub": ""})),
        ("a blank subject", json!({"sub": " "})),
        ("a subject with a control character", json!({"sub": "ada\nbob"})),
        ("a subject in another notation", json!({"sub": 7})),
        ("a long subject", json!({"sub": "a".repeat(129)})),
        ("a wildcard", json!({"sub": "*"})),
        ("scopes of no notation", json!({"scope": {"memory:read": true}})),
    ];
    let mut tokens: Vec<_> = changes
        .into_iter()
        .map(|(problem, changes)| (problem, provider.key.token(&with(valid.clone(), changes))))
        .collect();
    let header =
        |changes: Value| with(json!({"alg": "ES256", "typ": "at+jwt", "kid": "first"}), changes);
    let headers = [
        ("another type", json!({"typ": "dpop+jwt"})),
        ("an unknown key", json!({"kid": "second"})),
        ("an algorithm of another key", json!({"alg": "RS256"})),
        ("an algorithm of another curve", json!({"alg": "ES384"})),
        ("no algorithm", json!({"alg": null})),
        ("an unknown algorithm", json!({"alg": "ES257"})),
        ("an extension that must be understood", json!({"crit": ["x"], "x": true})),
    ];
    for (problem, changes) in headers {
        tokens.push((problem, provider.key.signed(&header(changes), &valid)));
    }
    let unsigned = message(&header(json!({"alg": "none"})), &valid);
    tokens.push(("no signature", format!("{unsigned}.")));
    tokens.push(("no signature, and some bytes", format!("{unsigned}.AAAA")));
    // The public key as the secret of a symmetric signature.
    let symmetric = message(&header(json!({"alg": "HS256"})), &valid);
    let secret = hmac::Key::new(hmac::HMAC_SHA256, &provider.key.public_bytes());
    let signature = hmac::sign(&secret, symmetric.as_bytes());
    tokens.push((
        "signed with the public key",
        format!("{symmetric}.{}", encoded(signature.as_ref())),
    ));
    let other = Key::new("first", "ES256");
    tokens.push(("signed by another key", other.token(&valid)));
    let token = provider.key.token(&valid);
    let parts: Vec<&str> = token.split('.').collect();
    let payload = encoded(with(valid.clone(), json!({"sub": "bob"})).to_string().as_bytes());
    tokens.push(("another payload", format!("{}.{payload}.{}", parts[0], parts[2])));
    tokens.push(("half a signature", format!("{}.{}.{}", parts[0], parts[1], &parts[2][..40])));
    tokens.push(("four parts", format!("{token}.AAAA")));
    tokens.push(("two parts", format!("{}.{}", parts[0], parts[1])));
    let twice = encoded(valid.to_string().replace('}', r#","sub":"bob"}"#).as_bytes());
    tokens.push(("two subjects", format!("{}.{twice}.{}", parts[0], parts[2])));
    tokens.push(("too long", provider.key.token(&with(valid, json!({"x": "x".repeat(20_000)})))));
    tokens
}

fn assert_refused(problem: &str, answer: &Answer) {
    assert_eq!(answer.status, 401, "{problem}: {answer:?}");
    let code = answer.json()["code"].clone();
    assert_eq!(code, json!("unauthenticated"), "{problem}: {answer:?}");
    let expected = "www-authenticate: Bearer realm=\"aios-memory\", \
                    resource_metadata=\"http://localhost/.well-known/oauth-protected-resource\", \
                    error=\"invalid_token\"";
    assert!(answer.head.contains(expected), "{problem}: {answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_differ_from_a_valid_one_are_refused() {
    let provider = Filed::new("ES256");
    let service = service(&provider).await;
    let valid = provider.token("ada", "memory:read");
    assert_eq!(service.send(&recall("x").bearer(&valid)).await.status, 200);
    for (problem, token) in tokens(&provider) {
        let answer = service.send(&recall("x").bearer(&token)).await;
        assert_refused(problem, &answer);
        assert!(!answer.body.contains(&token), "{problem}: {answer:?}");
    }
    // Of another scheme, and as a token of mem0's clients.
    for scheme in ["Token", "Basic", "DPoP", "JWT"] {
        let request = recall("x").with("authorization", format!("{scheme} {valid}"));
        assert_eq!(service.send(&request).await.status, 401, "{scheme}");
    }
    let twice = recall("x").bearer(&valid).bearer(&valid);
    assert_eq!(service.send(&twice).await.status, 400);
    let none = service.send_over_socket(&recall("x")).await;
    assert_eq!(none.status, 200, "the socket needs no token: {none:?}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_for_other_purposes_verify_nothing() {
    let provider = Filed::new("ES256");
    let spoilt = |changes: Value| {
        let mut jwk = provider.key.jwk();
        for (name, value) in changes.as_object().unwrap() {
            jwk[name] = value.clone();
        }
        jwk
    };
    let other = Key::new("other", "EdDSA");
    let service = service(&provider).await;
    let token = provider.token("ada", "memory:read");
    for changes in [
        json!({"use": "enc"}),
        json!({"use": null, "key_ops": ["encrypt"]}),
        json!({"alg": "ES384"}),
        json!({"alg": "HS256"}),
        json!({"alg": "none"}),
        json!({"crv": "P-521"}),
    ] {
        let keys = json!({"keys": [spoilt(changes.clone()), other.jwk()]});
        std::fs::write(&provider.path, keys.to_string()).unwrap();
        let answer = service.send(&recall("x").bearer(&token)).await;
        assert_refused(&changes.to_string(), &answer);
    }
    // A secret key verifies nothing.
    let secret = json!({"kty": "oct", "kid": "first", "k": encoded(b"secret")});
    std::fs::write(&provider.path, json!({"keys": [secret, other.jwk()]}).to_string()).unwrap();
    let header = json!({"alg": "HS256", "kid": "first"});
    let symmetric = message(&header, &claims("ada", "memory:read"));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"secret"), symmetric.as_bytes());
    let token = format!("{symmetric}.{}", encoded(signature.as_ref()));
    assert_refused("a secret key", &service.send(&recall("x").bearer(&token)).await);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_the_id_of_its_key_needs_a_single_fitting_key() {
    let provider = Filed::new("ES256");
    let service = service(&provider).await;
    let header = json!({"alg": "ES256"});
    let token = provider.key.signed(&header, &claims("ada", "memory:read"));
    let (second, other) = (Key::new("second", "ES256"), Key::new("other", "EdDSA"));
    std::fs::write(&provider.path, key_set(&[&provider.key, &other])).unwrap();
    assert_eq!(service.send(&recall("x").bearer(&token)).await.status, 200);
    std::fs::write(&provider.path, key_set(&[&provider.key, &second])).unwrap();
    assert_refused("two keys", &service.send(&recall("x").bearer(&token)).await);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_token_is_told_where_to_get_one() {
    let provider = Filed::new("ES256");
    let service = service(&provider).await;
    // Forwarded by a proxy, so that loopback is not enough.
    let request = recall("x").with("x-forwarded-for", "10.0.0.1");
    let answer = service.send(&request.clone().with("host", "localhost:50053")).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    let metadata = "resource_metadata=\"http://localhost:50053/.well-known/";
    assert!(answer.head.contains(metadata), "{answer:?}");
    assert!(!answer.head.contains("error="), "{answer:?}");
    assert!(!AUDIENCE.is_empty());
    service.stop().await;
}
