//! Access tokens of an identity provider: the service as an OAuth 2.1 resource server. An access
//! token is a JWT (RFC 9068) signed by the provider. The service has only the provider's public
//! keys, and never asks the provider about a token.
//!
//! Not here: the service's own tokens (`tokens`), and the rights that operations need
//! (`operation`).

mod claims;
mod fetch;
mod file_keys;
mod key_set;
mod remote_keys;
mod resource;
mod settings;
mod signature;

use std::sync::Arc;

use jsonwebtoken::{
    Algorithm, DecodingKey, Header, TokenData, Validation, decode, decode_header, errors::ErrorKind,
};

pub use self::settings::{KeySource, OAuth};
pub(crate) use self::{
    claims::Subject,
    resource::{METADATA, challenge, metadata},
    settings::of,
};
use self::{
    claims::{Claims, LEEWAY_S},
    fetch::address,
    file_keys::FileKeys,
    remote_keys::RemoteKeys,
};
use crate::{
    Error,
    failure::{Challenge, Failure},
};

/// Maximum size of a token in bytes.
const TOKEN_BYTES_MAX: usize = 16 << 10;

/// The identity provider.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) settings: OAuth,
    keys: Keys,
}

/// The provider's public keys.
#[derive(Debug)]
enum Keys {
    File(FileKeys),
    Remote(Arc<RemoteKeys>),
}

/// Returns `true` if a bearer token has the form of a JWT: three parts of base64url.
pub(crate) fn is_jwt(bearer: &str) -> bool {
    let is_base64url = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    bearer.split('.').count() == 3 && bearer.split('.').all(is_base64url)
}

impl Provider {
    /// Creates a provider. Reads a file of keys; an address is requested at the first call.
    ///
    /// # Errors
    /// [`Error::Provider`] if a setting is invalid or missing, [`Error::Keys`] if the keys cannot
    /// be used.
    pub(crate) fn open(settings: OAuth) -> Result<Provider, Error> {
        settings.check()?;
        signature::install();
        let keys = match &settings.keys {
            KeySource::File(path) => Keys::File(FileKeys::open(path)?),
            KeySource::Address(text) => Keys::Remote(RemoteKeys::of_address(address(text)?)?),
            KeySource::Discovered => {
                Keys::Remote(RemoteKeys::of_issuer(&settings.issuer, address(&settings.issuer)?)?)
            }
        };
        Ok(Provider { settings, keys })
    }

    /// Checks an access token: its signature, issuer, audience, times and subject.
    ///
    /// # Errors
    /// Fails with the reason for refusing the token, or if the keys are unavailable.
    pub(crate) async fn verify(&self, token: &str) -> Result<Subject, Failure> {
        if TOKEN_BYTES_MAX < token.len() {
            return Err(refused(&format!("it has more than {TOKEN_BYTES_MAX} bytes")));
        }
        let header = decode_header(token).map_err(|_| {
            refused("its header is not that of a JWT that is signed with a public key")
        })?;
        check_type(&header)?;
        let key = self.key(header.kid.as_deref(), header.alg).await?;
        let key = key.ok_or_else(|| refused("no key of the provider fits it"))?;
        let TokenData { claims, .. } = decode::<Claims>(token, &key, &self.validation(header.alg))
            .map_err(|error| refused(&reason(error.kind())))?;
        claims.subject().map_err(|reason| refused(&reason))
    }

    async fn key(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Option<DecodingKey>, Failure> {
        match &self.keys {
            Keys::File(keys) => keys.find(id, algorithm),
            Keys::Remote(keys) => keys.find(id, algorithm).await,
        }
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = u64::from(LEEWAY_S);
        validation.validate_nbf = true;
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[&self.settings.audience]);
        validation
    }
}

/// Refuses tokens for other purposes, such as ID tokens.
fn check_type(header: &Header) -> Result<(), Failure> {
    let Some(typ) = &header.typ else { return Ok(()) };
    let name = typ.strip_prefix("application/").unwrap_or(typ);
    match ["at+jwt", "jwt"].iter().any(|known| name.eq_ignore_ascii_case(known)) {
        true => Ok(()),
        false => Err(refused("its type is not `at+jwt` or `JWT`")),
    }
}

fn reason(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::MissingRequiredClaim(name) => format!("it has no `{name}`"),
        ErrorKind::ExpiredSignature => "it has expired".to_owned(),
        ErrorKind::ImmatureSignature => "it is not valid yet".to_owned(),
        ErrorKind::InvalidIssuer => "its issuer is another".to_owned(),
        ErrorKind::InvalidAudience => "it is for another service".to_owned(),
        ErrorKind::InvalidSignature => "its signature does not match".to_owned(),
        ErrorKind::InvalidAlgorithm => "its algorithm is not that of its key".to_owned(),
        _ => "its claims cannot be read".to_owned(),
    }
}

fn refused(reason: &str) -> Failure {
    Failure::unauthenticated(&format!("the access token is refused: {reason}"))
        .with_advice("get a new access token for this service from its identity provider")
        .with_challenge(Challenge::InvalidToken)
}
