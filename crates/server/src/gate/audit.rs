//! The audit line: which caller changed which records, from where.

use axum::response::Response;

use crate::{operation::Operation, peer::Peer};

/// Keys that an operation changed, for the audit line. A handler inserts it into the extensions of
/// its response.
#[derive(Debug, Clone)]
pub(crate) struct Changed(pub(crate) Vec<String>);

/// Maximum number of keys in an audit line. Of more keys, only the number is logged.
const AUDIT_KEYS_MAX: usize = 20;

/// Returns the keys that an operation changed: those that its handler recorded, or the one in the
/// path.
pub(super) fn changed(operation: Operation, path: &str, response: &Response) -> Vec<String> {
    if let Some(Changed(keys)) = response.extensions().get::<Changed>() {
        return keys.clone();
    }
    let in_path = path.strip_prefix("/api/v1/records/");
    let in_path = in_path.filter(|_| operation.name.ends_with("/records/{kind}/{id}"));
    in_path.map(str::to_owned).into_iter().collect()
}

/// Logs a change: the caller, the keys and counts (never a text), the outcome, and the origin.
pub(super) fn audit(
    operation: Operation,
    caller: &str,
    peer: Peer,
    outcome: &str,
    keys: &[String],
) {
    let first = keys.iter().take(AUDIT_KEYS_MAX).map(String::as_str).collect::<Vec<_>>().join(" ");
    tracing::info!(
        target: "aios_memory_server::audit",
        operation = operation.name,
        caller,
        %peer,
        outcome,
        count = keys.len(),
        keys = first,
        "change"
    );
}
