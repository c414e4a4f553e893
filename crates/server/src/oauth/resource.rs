//! Discovery for clients without a token: the metadata of the protected resource (RFC 9728), and
//! the header `WWW-Authenticate` of a refusal (RFC 6750).

use axum::response::Response;
use http::{HeaderValue, header};
use serde_json::{Value, json};

use super::{
    claims::{all_scopes, scope_of},
    settings::OAuth,
};
use crate::failure::Challenge;

/// Path of the metadata, which precedes the path of the resource.
pub(crate) const METADATA: &str = "/.well-known/oauth-protected-resource";

/// Returns the metadata of the resource at `address`: the identity provider and the scopes.
pub(crate) fn metadata(settings: &OAuth, address: String) -> Value {
    let resource = match settings.audience.contains("://") {
        true => settings.audience.clone(),
        false => address,
    };
    json!({
        "resource": resource,
        "resource_name": "aios-memory",
        "authorization_servers": [settings.issuer],
        "scopes_supported": all_scopes(),
        "bearer_methods_supported": ["header"],
    })
}

/// Adds the authentication challenge to an answer. `base` is the address of the service.
pub(crate) fn challenge(mut response: Response, base: Option<&str>) -> Response {
    let Some(challenge) = response.extensions().get::<Challenge>().copied() else {
        return response;
    };
    let mut value = "Bearer realm=\"aios-memory\"".to_owned();
    if let Some(base) = base {
        value.push_str(&format!(", resource_metadata=\"{base}{METADATA}\""));
    }
    match challenge {
        Challenge::Anonymous => {}
        Challenge::InvalidToken => value.push_str(", error=\"invalid_token\""),
        Challenge::Scope(right) => {
            let scope = scope_of(right);
            value.push_str(&format!(", error=\"insufficient_scope\", scope=\"{scope}\""));
        }
    }
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}
