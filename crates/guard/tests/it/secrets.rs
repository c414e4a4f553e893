//! Secrets are found by shape; digests, identifiers and placeholders are not secrets.
//!
//! Sample tokens are assembled here, so that no scanner reports this file as a leak.

use aios_guard::{Kind, redact, scan};

use crate::found;

/// Returns letters and digits like those of a token generator, always the same.
fn random(n: usize, alphabet: &str) -> String {
    let alphabet = alphabet.as_bytes();
    let mut state = 0x2545_F491_4F6C_DD1Du64;
    let mut draw = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(alphabet[(state % alphabet.len() as u64) as usize])
    };
    (0..n).map(|_| draw()).collect()
}

const ALPHANUMERIC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &str = "0123456789abcdef";

#[test]
fn tokens_of_known_shapes_are_found() {
    let a = |n| random(n, ALPHANUMERIC);
    let h = |n| random(n, HEX);
    let letters = random(34, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    for (rule, token) in [
        ("aws-access-key", format!("AKIA{}", random(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))),
        ("github-token", format!("ghp_{}", a(36))),
        ("github-fine-grained-token", format!("github_pat_{}", a(82))),
        ("gitlab-token", format!("glpat-{}", a(20))),
        ("slack-token", format!("xoxb-{}-{}", random(12, "0123456789"), a(24))),
        ("openai-key", format!("sk-proj-{}", a(64))),
        ("anthropic-key", format!("sk-ant-api03-{}", a(95))),
        ("google-api-key", format!("AIza{}", a(35))),
        ("huggingface-token", format!("hf_{letters}")),
        ("stripe-key", format!("sk_live_{}", a(24))),
        ("sendgrid-key", format!("SG.{}.{}", a(22), a(43))),
        ("npm-token", format!("npm_{}", a(36))),
        ("pypi-token", format!("pypi-AgEIcHlwaS5vcmc{}", a(60))),
        ("digitalocean-token", format!("dop_v1_{}", h(64))),
        ("databricks-token", format!("dapi{}", h(32))),
        ("vault-token", format!("hvs.{}", a(90))),
        ("json-web-token", format!("eyJ{}.eyJ{}.{}", a(30), a(60), a(43))),
        ("aios-memory-token", format!("aim_{}", h(64))),
        ("telegram-bot-token", format!("{}:AA{}", random(10, "123456789"), a(33))),
    ] {
        let text = format!("use {token}, please");
        let found = found(&text);
        assert!(found.iter().any(|f| f.0 == Kind::Token && f.1 == rule), "{text}: {found:?}");
        assert!(!redact(&text, &scan(&text)).contains(&token[8..]), "{text}");
    }
}

#[test]
fn private_keys_are_found_whole() {
    let body = format!("{}\n{}\n", random(64, ALPHANUMERIC), random(40, ALPHANUMERIC));
    for name in ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"] {
        let key = format!("-----BEGIN {name}-----\n{body}-----END {name}-----");
        let text = format!("before\n{key}\nafter");
        assert_eq!(redact(&text, &scan(&text)), "before\n[redacted: private-key]\nafter");
        let torn = format!("-----BEGIN {name}-----\n{body}");
        assert_eq!(redact(&torn, &scan(&torn)), "[redacted: private-key]");
    }
    let public = format!("-----BEGIN PUBLIC KEY-----\n{body}-----END PUBLIC KEY-----");
    assert!(found(&public).iter().all(|f| f.0 != Kind::PrivateKey));
}

#[test]
fn credentials_are_found_by_name_and_in_urls() {
    let check = |text: &str, rule: &str, value: &str| {
        let found = found(text);
        assert!(found.contains(&(Kind::Credential, rule, value)), "{text:?}: {found:?}");
    };
    let key = random(24, ALPHANUMERIC);
    check(&format!("API_KEY={key}"), "assigned-secret", &key);
    check(&format!("\"client_secret\": \"{key}\""), "assigned-secret", &key);
    check("password: kUr7-9zzQ!", "assigned-password", "kUr7-9zzQ!");
    check("my password is hunter2xyz", "assigned-password", "hunter2xyz");
    check("DB_PASSWORD='s3cr3t-Pa55'", "assigned-password", "s3cr3t-Pa55");
    check(&format!("Authorization: Bearer {key}"), "authorization-header", &key);
    check("postgres://ada:tr0ub4dor@db:5432/main", "url-password", "tr0ub4dor");
}

#[test]
fn a_token_is_found_once_and_by_its_own_name() {
    let token = format!("ghp_{}", random(36, ALPHANUMERIC));
    for text in [format!("api_key={token}"), format!("Authorization: token {token}")] {
        assert_eq!(found(&text), [(Kind::Token, "github-token", token.as_str())]);
    }
}

#[test]
fn a_run_that_looks_random_is_found() {
    let run = random(44, ALPHANUMERIC);
    let text = format!("it said {run} and stopped");
    assert_eq!(found(&text), [(Kind::HighEntropy, "random-run", run.as_str())]);
}

#[test]
fn lookalikes_of_secrets_pass() {
    let sha = random(64, HEX);
    for text in [
        format!("commit {}", random(40, HEX)),
        format!("sha256:{sha}"),
        "018f4e2a-7c1d-7e5f-9a3b-2c4d6e8f0a1b".to_owned(),
        "/usr/lib/python3.11/site-packages/sentence_transformers/models/Pooling.py".to_owned(),
        "getElementsByClassNameAndAttributeValue2OrThrowAnException".to_owned(),
        "https://example.com/a/very/long/path/With/Mixed/Case/and/2023/numbers".to_owned(),
        "password: required".to_owned(),
        "the token is expired; a token: a small thing".to_owned(),
        "api_key=your-api-key-goes-here-123".to_owned(),
        "PASSWORD=${DB_PASSWORD_2}".to_owned(),
        "AAAAC3NzaC1lZDI1NTE5AAAAIJ1k2mQ9x7B0aZ4c8V6nTq3W5yLpRfGhUeDsKoXiMbNv".to_owned(),
        "2023-05-08T13:56:07Z 10.0.0.1:8080 GET /api/v1/items 200".to_owned(),
    ] {
        assert!(!scan(&text).has_secret(), "{text:?}: {:?}", found(&text));
    }
}
