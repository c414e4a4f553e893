//! Settings of an identity provider, with their checks.

use std::path::PathBuf;

use super::fetch::address;
use crate::Error;

/// The identity provider whose access tokens a service accepts in addition to its own tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OAuth {
    /// Address of the provider, equal to `iss` in its tokens: https, or http on this machine.
    pub issuer: String,
    /// Name of the service at the provider. `aud` of each token must contain it.
    pub audience: String,
    /// Source of the provider's public keys. Default: [`KeySource::Discovered`].
    pub keys: KeySource,
}

/// Source of the public keys of a provider: a JSON Web Key Set (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySource {
    /// The address in the provider's metadata (RFC 8414, OpenID Connect Discovery).
    Discovered,
    /// A file, which is read again when it changes.
    File(PathBuf),
    /// An address: https, or http on this machine.
    Address(String),
}

impl OAuth {
    /// Creates a provider whose keys are found through its metadata.
    #[must_use]
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> OAuth {
        OAuth { issuer: issuer.into(), audience: audience.into(), keys: KeySource::Discovered }
    }

    /// Sets the source of the provider's keys.
    #[must_use]
    pub fn with_keys(self, keys: KeySource) -> OAuth {
        OAuth { keys, ..self }
    }

    /// Checks that all settings required by others are present.
    pub(super) fn check(&self) -> Result<(), Error> {
        let problem = |problem: &str| Err(Error::Provider { problem: problem.to_owned() });
        if self.issuer.is_empty() {
            return problem("`auth.oauth.issuer` is empty, and other settings of it are not");
        }
        if self.audience.trim().is_empty() {
            return problem(
                "`auth.oauth.audience` is empty: a token for any other service would be accepted",
            );
        }
        let issuer = address(&self.issuer)?;
        if issuer.query().is_some() || issuer.fragment().is_some() {
            return problem("`auth.oauth.issuer` has a query or a fragment");
        }
        if let KeySource::Address(keys) = &self.keys {
            address(keys)?;
        }
        Ok(())
    }
}

/// Returns the provider in the settings of a memory; `None` if they name none.
pub(crate) fn of(settings: &aios_memory::Config) -> Option<OAuth> {
    let oauth = &settings.auth_oauth;
    let jwks = oauth.jwks.to_string_lossy();
    if oauth.issuer.is_empty() && oauth.audience.is_empty() && jwks.is_empty() {
        return None;
    }
    let keys = match jwks.as_ref() {
        "" => KeySource::Discovered,
        text if text.contains("://") => KeySource::Address(text.to_owned()),
        _ => KeySource::File(oauth.jwks.clone()),
    };
    Some(OAuth::new(&oauth.issuer, &oauth.audience).with_keys(keys))
}
