//! Determines the operation that a request addresses.

use axum::extract::{MatchedPath, Request};
use http::Method;

use crate::operation::{self, OPEN, Operation};

const GRPC_SERVICE: &str = "/aios.memory.MemoryService/";
/// Path prefix of the standard gRPC services.
const GRPC_STANDARD: &str = "/grpc.";

/// The target of a request.
pub(super) enum Addressed {
    /// A route that needs no token and reveals nothing about records.
    Open,
    Operation(Operation),
    /// A route, with a method that it does not have.
    WrongMethod {
        /// The methods of the route, such as `GET, POST`.
        allowed: String,
    },
    /// Neither an RPC nor a route of the tables. Handlers without an assigned right are
    /// unreachable.
    Nothing,
}

/// Returns the target of a request whose path the router has matched.
pub(super) fn addressed(request: &Request) -> Addressed {
    let path = request.uri().path();
    if let Some(rpc) = path.strip_prefix(GRPC_SERVICE) {
        let known = operation::RPCS.iter().find(|known| known.name == rpc);
        return known.copied().map_or(Addressed::Nothing, Addressed::Operation);
    }
    if is_standard(request) {
        return Addressed::Open;
    }
    let Some(template) = request.extensions().get::<MatchedPath>() else {
        return Addressed::Nothing;
    };
    // The GET route answers HEAD requests.
    let method = match *request.method() {
        Method::HEAD => &Method::GET,
        ref method => method,
    };
    let name = format!("{method} {}", template.as_str());
    if OPEN.contains(&name.as_str()) {
        return Addressed::Open;
    }
    if let Some(operation) = operation::named(&name) {
        return Addressed::Operation(operation);
    }
    let allowed: Vec<&str> = operation::names()
        .filter_map(|name| name.split_once(' '))
        .filter_map(|(method, path)| (path == template.as_str()).then_some(method))
        .collect();
    match allowed.is_empty() {
        true => Addressed::Nothing,
        false => Addressed::WrongMethod { allowed: allowed.join(", ") },
    }
}

/// Returns `true` for health and reflection.
pub(super) fn is_standard(request: &Request) -> bool {
    request.uri().path().starts_with(GRPC_STANDARD)
}
