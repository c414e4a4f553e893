//! Requests to the identity provider: a bounded GET over https, and the metadata with the address
//! of its keys.

use std::{net::IpAddr, time::Duration};

use reqwest::{Client, Url, redirect};
use serde::Deserialize;

use super::key_set::BYTES_MAX;
use crate::Error;

/// Time limit of a request, including its answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Failure of a request to the provider.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("failed to get {url}")]
    Request { url: Url, source: reqwest::Error },
    #[error("{url} answered with the status {status}")]
    Status { url: Url, status: u16 },
    #[error("{url} answered with more than {BYTES_MAX} bytes")]
    TooLong { url: Url },
    #[error("the answer of {url}: {reason}")]
    Content { url: Url, reason: String },
}

/// The fields used of a provider's metadata (RFC 8414, OpenID Connect Discovery).
#[derive(Debug, Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

/// Parses an address of the provider: https, or http on this machine.
///
/// # Errors
/// [`Error::Provider`] for any other address.
pub(super) fn address(text: &str) -> Result<Url, Error> {
    let problem = |problem: &str| Error::Provider { problem: format!("`{text}` {problem}") };
    let url = Url::parse(text).map_err(|_| problem("is not an address"))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err(problem("is not an https address, and not one of this machine")),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// Returns a client for requests to `url`.
///
/// # Errors
/// [`Error::Keys`] if the certificates of the system cannot be read.
pub(super) fn client(url: &Url) -> Result<Client, Error> {
    let builder = Client::builder().timeout(TIMEOUT).redirect(redirect::Policy::none());
    let builder = match url.scheme() {
        // Loopback needs neither certificates nor a proxy.
        "http" => builder.tls_built_in_root_certs(false).no_proxy(),
        _ => builder,
    };
    builder.build().map_err(|error| {
        let reason = format!("failed to prepare encryption: {error}");
        Error::Keys { at: url.to_string(), reason }
    })
}

/// Returns the bytes at an address, at most [`BYTES_MAX`].
pub(super) async fn get(client: &Client, url: &Url) -> Result<Vec<u8>, FetchError> {
    let failed = |source| FetchError::Request { url: url.clone(), source };
    let request = client.get(url.clone()).header("accept", "application/json");
    let mut response = request.send().await.map_err(failed)?;
    if response.status() != reqwest::StatusCode::OK {
        let status = response.status().as_u16();
        return Err(FetchError::Status { url: url.clone(), status });
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if BYTES_MAX < bytes.len() + chunk.len() {
            return Err(FetchError::TooLong { url: url.clone() });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Returns the address of an issuer's keys, from its metadata.
///
/// # Errors
/// Fails if neither of the two documents is available, or if it belongs to another issuer.
pub(super) async fn discover(client: &Client, issuer: &str, url: &Url) -> Result<Url, FetchError> {
    match described(client, issuer, in_front(url, "oauth-authorization-server")).await {
        Ok(keys) => Ok(keys),
        Err(error) => {
            tracing::debug!(error = &error as &dyn std::error::Error, "no OAuth metadata");
            described(client, issuer, behind(url, "openid-configuration")).await
        }
    }
}

async fn described(client: &Client, issuer: &str, url: Url) -> Result<Url, FetchError> {
    let content = |reason: String| FetchError::Content { url: url.clone(), reason };
    let bytes = get(client, &url).await?;
    let metadata: Metadata =
        serde_json::from_slice(&bytes).map_err(|error| content(error.to_string()))?;
    if metadata.issuer != issuer {
        return Err(content(format!("it describes the issuer `{}`", metadata.issuer)));
    }
    address(&metadata.jwks_uri).map_err(|error| content(format!("jwks_uri: {error}")))
}

/// Returns the address of a document, inserted before the path (RFC 8414, section 3.1).
fn in_front(issuer: &Url, document: &str) -> Url {
    let mut url = issuer.clone();
    let path = issuer.path().trim_end_matches('/');
    url.set_path(&format!("/.well-known/{document}{path}"));
    url
}

/// Returns the address of a document, appended to the path (OpenID Connect Discovery, section 4).
fn behind(issuer: &Url, document: &str) -> Url {
    let mut url = issuer.clone();
    let path = issuer.path().trim_end_matches('/');
    url.set_path(&format!("{path}/.well-known/{document}"));
    url
}
