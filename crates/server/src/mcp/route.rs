//! `/mcp`: the protocol over HTTP, without sessions and with JSON answers.
//!
//! Query parameters select the tools and the form of answers
//! (`?tools=core,openai&structured=true`). Headers (`aios-project`, `aios-agent`, `aios-session`),
//! which the gate reads, select the part of the memory. Both are configuration of the client;
//! arguments of a tool change neither.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::post,
};
use http::{StatusCode, Uri, header, request::Parts};
use rmcp::transport::{
    StreamableHttpServerConfig, StreamableHttpService,
    streamable_http_server::session::never::NeverSessionManager,
};
use serde::Deserialize;

use super::{
    handler::Handler,
    message::{Parsed, not_a_message, parse},
    offer::Offer,
    visit::Visit,
};
use crate::{
    Config,
    call::Call,
    failure::Failure,
    gate::{Changed, Outcome},
    http::{check_type, whole_body},
};

pub(crate) const ROUTE: &str = "/mcp";
/// Loopback names by which a service may be called.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The state of the route.
#[derive(Clone)]
struct Endpoint {
    protocol: StreamableHttpService<Handler, NeverSessionManager>,
    message_bytes_max: usize,
}

/// Returns the route.
pub(crate) fn router(config: &Config) -> Router {
    let protocol = StreamableHttpService::new(
        || Ok(Handler),
        Arc::new(NeverSessionManager::default()),
        settings(config),
    );
    Router::new()
        .route(ROUTE, post(answer))
        .with_state(Endpoint { protocol, message_bytes_max: config.message_bytes_max })
}

/// Returns the settings of the protocol. The gate has already checked host and origin of each
/// request, taking the connection into account; these lists are a second check.
fn settings(config: &Config) -> StreamableHttpServerConfig {
    let hosts = LOOPBACK.iter().map(|name| (*name).to_owned());
    let hosts: Vec<String> = hosts.chain(config.hosts.iter().cloned()).collect();
    let own =
        LOOPBACK.iter().flat_map(|name| [format!("http://{name}:*"), format!("https://{name}:*")]);
    let origins: Vec<String> = own.chain(config.origins.iter().cloned()).collect();
    let settings = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_sse_keep_alive(None)
        .with_max_request_body_bytes(config.message_bytes_max)
        .with_allowed_origins(origins)
        .enforce_origin_validation();
    match config.hosts.is_empty() {
        // Other machines may use any name for the service; the token admits them.
        true => settings.disable_allowed_hosts(),
        false => settings.with_allowed_hosts(hosts),
    }
}

async fn answer(
    State(Endpoint { protocol, message_bytes_max }): State<Endpoint>,
    call: Call,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let read = async {
        let visit = visit(call.clone(), &parts)?;
        check_type(&parts.headers, &["application/json"])?;
        Ok::<_, Failure>((visit, whole_body(&call, body, message_bytes_max).await?))
    };
    let (visit, bytes) = match read.await {
        Ok(read) => read,
        Err(failure) => return failure.into_response(),
    };
    if let Some(refusal) = refusal_of(&bytes) {
        return (StatusCode::BAD_REQUEST, Json(refusal)).into_response();
    }
    let mut request = Request::from_parts(parts, Body::from(bytes));
    request.extensions_mut().insert(visit.clone());
    let mut response = protocol.handle(request).await.map(Body::new);
    if let Some(done) = visit.done() {
        let extensions = response.extensions_mut();
        extensions.insert(done.operation);
        extensions.insert(Outcome(done.outcome));
        extensions.insert(Changed(done.changed));
    }
    response
}

/// Returns the JSON-RPC error for a body that is not a message.
fn refusal_of(body: &[u8]) -> Option<serde_json::Value> {
    match parse(body) {
        Parsed::Message(_) => None,
        Parsed::Nothing => Some(not_a_message()),
        Parsed::Refused(refusal) => Some(refusal),
    }
}

fn visit(call: Call, request: &Parts) -> Result<Visit, Failure> {
    let offer = offer_of(&request.uri)?;
    let client = request.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    Ok(Visit::new(call, offer, client))
}

/// Query parameters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Choices {
    tools: Option<String>,
    #[serde(default)]
    structured: bool,
}

fn offer_of(uri: &Uri) -> Result<Offer, Failure> {
    let choices = axum::extract::Query::<Choices>::try_from_uri(uri);
    let choices = choices.map_err(|rejection| {
        let text = rejection.body_text();
        let reason = text.split_once(": ").map_or(text.as_str(), |(_, reason)| reason);
        Failure::invalid(format!("query parameters: {reason}"))
    })?;
    let profiles = choices.tools.as_deref().map(str::parse).transpose();
    let profiles = profiles.map_err(|error: super::UnknownProfile| {
        Failure::invalid(format!("query parameter `tools`: {error}"))
    })?;
    Ok(Offer { profiles: profiles.unwrap_or_default(), is_structured: choices.structured })
}
