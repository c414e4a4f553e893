//! Waits between tries: exponential with full jitter, or as the endpoint asks.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use aios_record::Timestamp;

/// Longest wait that an endpoint may ask for. A request that would have to wait longer fails.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);

/// Longest wait of our own.
const BACKOFF_MAX: Duration = Duration::from_secs(30);

/// Returns a wait between zero and `base`, doubled with each try before ("full jitter", Brooker,
/// "Exponential Backoff and Jitter", 2015). `entropy` decides within that range.
pub(super) fn wait_of(tries: u32, base: Duration, entropy: u64) -> Duration {
    let doubled = 2_u32.checked_pow(tries.saturating_sub(1)).and_then(|it| base.checked_mul(it));
    let range = doubled.unwrap_or(BACKOFF_MAX).min(BACKOFF_MAX);
    range.mul_f64(entropy as f64 / u64::MAX as f64)
}

/// Returns a random number: the standard library seeds each hasher of this kind differently.
pub(super) fn entropy() -> u64 {
    RandomState::new().hash_one(())
}

/// Reads the value of `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date.
pub(super) fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    let seconds = date.as_second().saturating_sub(now.as_second());
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

#[cfg(test)]
mod tests;
