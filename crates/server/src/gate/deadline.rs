//! The time limit of a call.

#[cfg(test)]
mod tests;

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;

use crate::{failure::Failure, operation::Shape};

/// Returns the deadline of a call: `grpc-timeout` if it is given, but at most the service's limit.
pub(super) fn deadline(
    headers: &HeaderMap,
    shape: Shape,
    call_timeout: Duration,
    began: Instant,
) -> Result<Option<Instant>, Failure> {
    let given = match headers.get("grpc-timeout") {
        None => None,
        Some(value) => Some(timeout(value).ok_or_else(|| {
            Failure::invalid("`grpc-timeout` is not up to 8 digits and a unit of H, M, S, m, u, n")
        })?),
    };
    let limit = match shape {
        Shape::Unary => Some(given.map_or(call_timeout, |given| given.min(call_timeout))),
        Shape::Stream => given,
    };
    Ok(limit.and_then(|limit| began.checked_add(limit)))
}

/// Parses a timeout in the format of the gRPC protocol.
fn timeout(value: &HeaderValue) -> Option<Duration> {
    let text = value.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || 8 < digits.len() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(count * 3600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}
