//! The service as others see it before they have a token: the metadata of the protected resource
//! (RFC 9728), and the header `WWW-Authenticate` of a refusal (RFC 6750).

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use super::claims::{all_scopes, scope_of};
use crate::{
    failure::Challenge,
    gate::Gate,
    operation::{METADATA, METADATA_OF},
};

/// The path of the metadata, in front of that of the resource.
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// Returns the routes of the metadata.
pub(crate) fn router(gate: Arc<Gate>) -> Router {
    let path = |operation: &'static str| operation.trim_start_matches("GET ");
    Router::new()
        .route(path(METADATA), get(metadata))
        .route(path(METADATA_OF), get(metadata))
        .with_state(gate)
}

/// Answers the address of the identity provider and the scopes, for the resource that the path
/// names.
async fn metadata(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let Some(provider) = gate.access.provider() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let base = gate.access.base(request.uri(), request.headers()).unwrap_or_default();
    let suffix = request.uri().path().strip_prefix(WELL_KNOWN).unwrap_or_default();
    let settings = &provider.settings;
    let resource = match settings.audience.contains("://") {
        true => settings.audience.clone(),
        false => format!("{base}{suffix}"),
    };
    Json(json!({
        "resource": resource,
        "resource_name": "aios-memory",
        "authorization_servers": [settings.issuer],
        "scopes_supported": all_scopes(),
        "bearer_methods_supported": ["header"],
    }))
    .into_response()
}

/// Returns an answer with the header that tells how to get in. `base` is the address of the
/// service.
pub(crate) fn challenge(mut response: Response, base: Option<&str>) -> Response {
    let Some(challenge) = response.extensions().get::<Challenge>().copied() else {
        return response;
    };
    let mut value = "Bearer realm=\"aios-memory\"".to_owned();
    if let Some(base) = base {
        value.push_str(&format!(", resource_metadata=\"{base}{WELL_KNOWN}\""));
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
