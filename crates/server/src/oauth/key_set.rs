//! The public keys of a JSON Web Key Set (RFC 7517), each with the algorithms that it verifies.

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

/// Maximum size of a key set in bytes.
pub(super) const BYTES_MAX: usize = 1 << 20;

/// The keys of a provider.
#[derive(Debug)]
pub(super) struct KeySet {
    keys: Vec<PublicKey>,
}

#[derive(Debug)]
struct PublicKey {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

/// The JSON of a key set. Keys are parsed one by one, so that one of an unknown type does not
/// affect the others.
#[derive(Deserialize)]
struct Written {
    keys: Vec<Value>,
}

impl KeySet {
    /// Parses a key set. Ignores keys for other purposes, and secret ones.
    ///
    /// # Errors
    /// Fails with the reason if it is not a key set, or has no key for verifying signatures.
    pub(super) fn parse(bytes: &[u8]) -> Result<KeySet, String> {
        let Written { keys } = serde_json::from_slice(bytes)
            .map_err(|error| format!("it is not a JSON Web Key Set: {error}"))?;
        let keys: Vec<PublicKey> = keys.into_iter().filter_map(public_key).collect();
        match keys.is_empty() {
            true => Err("it has no public key of RSA, P-256, P-384 or Ed25519".to_owned()),
            false => Ok(KeySet { keys }),
        }
    }

    /// Returns the key with this id for an algorithm. Without an id, there must be exactly one such
    /// key.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&DecodingKey> {
        let mut fitting = self.keys.iter().filter(|key| {
            key.algorithms.contains(&algorithm) && (id.is_none() || key.id.as_deref() == id)
        });
        let first = fitting.next()?;
        fitting.next().is_none().then_some(&first.key)
    }
}

fn public_key(value: Value) -> Option<PublicKey> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let mut algorithms = algorithms(&jwk.algorithm)?;
    let CommonParameters { public_key_use, key_operations, key_algorithm, key_id, .. } = jwk.common;
    if public_key_use.is_some_and(|it| it != PublicKeyUse::Signature)
        || key_operations.is_some_and(|it| !it.contains(&KeyOperations::Verify))
    {
        return None;
    }
    if let Some(named) = key_algorithm {
        let named = Algorithm::try_from(named).ok()?;
        algorithms.retain(|known| *known == named);
    }
    let key = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) => DecodingKey::from_rsa_components(&rsa.n, &rsa.e),
        AlgorithmParameters::EllipticCurve(ec) => DecodingKey::from_ec_components(&ec.x, &ec.y),
        AlgorithmParameters::OctetKeyPair(pair) => DecodingKey::from_ed_components(&pair.x),
        _ => return None,
    };
    Some(PublicKey { id: key_id, algorithms, key: key.ok()? })
}

/// Returns the algorithms for a type of key; `None` for secret and unknown types.
fn algorithms(parameters: &AlgorithmParameters) -> Option<Vec<Algorithm>> {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    Some(match parameters {
        AlgorithmParameters::RSA(_) => vec![RS256, RS384, RS512, PS256, PS384, PS512],
        AlgorithmParameters::EllipticCurve(ec) => match ec.curve {
            EllipticCurve::P256 => vec![ES256],
            EllipticCurve::P384 => vec![ES384],
            _ => return None,
        },
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            vec![EdDSA]
        }
        _ => return None,
    })
}
