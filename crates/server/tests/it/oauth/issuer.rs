//! An identity provider: its keys, the tokens that it signs, and the documents that it serves.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use aios_memory::Timestamp;
use aios_memory_server::{KeySource, OAuth};
use ring::{
    rand::SystemRandom,
    rsa::PublicKeyComponents,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512,
        RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaKeyPair,
    },
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

pub(crate) const ISSUER: &str = "https://login.example.com/tenant";
pub(crate) const AUDIENCE: &str = "https://memory.example.com";
/// An RSA key for tests, because `ring` cannot generate one.
const RSA: &[u8] = include_bytes!("../../keys/rsa.der");

/// A key that signs.
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) algorithm: &'static str,
    pair: Pair,
}

enum Pair {
    Ed(Ed25519KeyPair),
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Key {
    /// Makes a key for an algorithm.
    pub(crate) fn new(id: &str, algorithm: &'static str) -> Key {
        let random = SystemRandom::new();
        let ec = |of| {
            let bytes = EcdsaKeyPair::generate_pkcs8(of, &random).unwrap();
            Pair::Ec(EcdsaKeyPair::from_pkcs8(of, bytes.as_ref(), &random).unwrap())
        };
        let pair = match algorithm {
            "ES256" => ec(&ECDSA_P256_SHA256_FIXED_SIGNING),
            "ES384" => ec(&ECDSA_P384_SHA384_FIXED_SIGNING),
            "EdDSA" => {
                let bytes = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
                Pair::Ed(Ed25519KeyPair::from_pkcs8(bytes.as_ref()).unwrap())
            }
            _ => Pair::Rsa(RsaKeyPair::from_der(RSA).unwrap()),
        };
        Key { id: id.to_owned(), algorithm, pair }
    }

    /// Returns the public key as a JWK.
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = match &self.pair {
            Pair::Ed(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": encoded(pair.public_key().as_ref())})
            }
            Pair::Ec(pair) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let curve = if x.len() == 32 { "P-256" } else { "P-384" };
                json!({"kty": "EC", "crv": curve, "x": encoded(x), "y": encoded(y)})
            }
            Pair::Rsa(pair) => {
                let of = PublicKeyComponents::<Vec<u8>>::from(pair.public());
                // Some providers add a leading zero.
                let n: Vec<u8> = [0].into_iter().chain(of.n).collect();
                json!({"kty": "RSA", "n": encoded(&n), "e": encoded(&of.e)})
            }
        };
        jwk["kid"] = json!(self.id);
        jwk["use"] = json!("sig");
        jwk
    }

    /// Returns the bytes of the public key, as an attacker knows them.
    pub(crate) fn public_bytes(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Ed(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ec(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Rsa(pair) => pair.public().as_ref().to_vec(),
        }
    }

    /// Signs claims under the usual header.
    pub(crate) fn token(&self, claims: &Value) -> String {
        let header = json!({"alg": self.algorithm, "typ": "at+jwt", "kid": self.id});
        self.signed(&header, claims)
    }

    /// Signs claims under any header.
    pub(crate) fn signed(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Ed(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
            Pair::Ec(pair) => pair.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let padding: &dyn ring::signature::RsaEncoding = match self.algorithm {
                    "RS256" => &RSA_PKCS1_SHA256,
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    _ => &RSA_PSS_SHA512,
                };
                pair.sign(padding, &random, message.as_bytes(), &mut signature).unwrap();
                signature
            }
        };
        format!("{message}.{}", encoded(&signature))
    }
}

/// Returns header and claims as they are signed.
pub(crate) fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encoded(header.to_string().as_bytes()), encoded(claims.to_string().as_bytes()))
}

/// Returns base64url without padding.
pub(crate) fn encoded(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            text.push(char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize]));
        }
    }
    text
}

/// Returns the claims of a valid token of a user.
pub(crate) fn claims(user: &str, scope: &str) -> Value {
    let now = Timestamp::now().as_second();
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": user, "scope": scope, "iat": now, "exp": now + 300,
    })
}

/// Returns claims with the given changes; null removes a claim.
pub(crate) fn with(mut claims: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

/// Returns a key set.
pub(crate) fn key_set(keys: &[&Key]) -> String {
    json!({"keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>()}).to_string()
}

/// A provider whose keys are in a file.
pub(crate) struct Filed {
    pub(crate) key: Key,
    pub(crate) path: PathBuf,
    _dir: TempDir,
}

impl Filed {
    pub(crate) fn new(algorithm: &'static str) -> Filed {
        let dir = tempfile::tempdir().unwrap();
        let (key, path) = (Key::new("first", algorithm), dir.path().join("keys.json"));
        std::fs::write(&path, key_set(&[&key])).unwrap();
        Filed { key, path, _dir: dir }
    }

    pub(crate) fn settings(&self) -> OAuth {
        OAuth::new(ISSUER, AUDIENCE).with_keys(KeySource::File(self.path.clone()))
    }

    /// Returns a valid token of a user.
    pub(crate) fn token(&self, user: &str, scope: &str) -> String {
        self.key.token(&claims(user, scope))
    }
}

/// A provider that serves documents on this machine.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    documents: Arc<Mutex<BTreeMap<String, String>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Served {
    pub(crate) async fn start() -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let documents = Arc::<Mutex<BTreeMap<String, String>>>::default();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let (known, paths) = (Arc::clone(&documents), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = stream.read_u8().await else { break };
                    head.push(byte);
                }
                let head = String::from_utf8(head).unwrap();
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                let document = known.lock().unwrap().get(&path).cloned();
                paths.lock().unwrap().push(path);
                let (status, body) = match document {
                    Some(body) => ("200 OK", body),
                    None => ("404 Not Found", String::new()),
                };
                let answer = format!(
                    "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Served { address, documents, asked }
    }

    pub(crate) fn issuer(&self) -> String {
        format!("http://{}/tenant", self.address)
    }

    /// Serves a document from now on.
    pub(crate) fn put(&self, path: &str, document: impl ToString) {
        self.documents.lock().unwrap().insert(path.to_owned(), document.to_string());
    }

    /// Returns the number of requests for a path.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|it| *it == path).count()
    }
}
