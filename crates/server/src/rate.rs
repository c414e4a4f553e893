//! Rate limit per token: a token bucket for each.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::failure::{Class, Failure};

/// Maximum number of buckets. Full ones carry no information and are dropped first.
const BUCKETS_MAX: usize = 10_000;

/// The rates of the tokens.
#[derive(Debug)]
pub(crate) struct Rates {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    calls: f64,
    at: Instant,
}

impl Rates {
    pub(crate) fn new(per_second: u32, burst: u32) -> Rates {
        Rates {
            per_second: f64::from(per_second.max(1)),
            burst: f64::from(burst.max(1)),
            buckets: Mutex::default(),
        }
    }

    /// Counts a call of the token named `name`.
    pub(crate) fn take(&self, name: &str, now: Instant) -> Result<(), Failure> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if BUCKETS_MAX <= buckets.len() && !buckets.contains_key(name) {
            buckets.retain(|_, bucket| self.filled(*bucket, now) < self.burst);
        }
        let full = Bucket { calls: self.burst, at: now };
        let bucket = buckets.entry(name.to_owned()).or_insert(full);
        *bucket = Bucket { calls: self.filled(*bucket, now), at: now };
        if 1.0 <= bucket.calls {
            bucket.calls -= 1.0;
            return Ok(());
        }
        let wait = Duration::from_secs_f64((1.0 - bucket.calls) / self.per_second);
        let message = format!("this token makes more than {} calls a second", self.per_second);
        Err(Failure { retry_after: Some(wait), ..Failure::new(Class::Rate, "rate", message) })
    }

    fn filled(&self, bucket: Bucket, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
        self.burst.min(bucket.calls + passed * self.per_second)
    }
}
