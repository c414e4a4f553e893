//! The operation that a request asks for.

use axum::extract::{MatchedPath, Request};
use http::Method;

use crate::operation::{self, OPEN, Operation};

const GRPC_SERVICE: &str = "/aios.memory.MemoryService/";
/// The standard services of gRPC.
const GRPC_STANDARD: &str = "/grpc.";

/// The target of a request.
pub(super) enum Addressed {
    /// Something that needs no token and tells nothing about records.
    Open,
    Operation(Operation),
    /// A route, by a method that it does not have.
    WrongMethod {
        /// The methods that it has, such as `GET, POST`.
        allowed: String,
    },
    /// No RPC, and no route of the tables: a handler without a right is not reached.
    Nothing,
}

/// Returns the target of a request. The router has matched its path already.
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
    // A HEAD request is answered by the route of GET.
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
