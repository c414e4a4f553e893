//! Settings of a client.

use std::{
    fmt::{Debug, Formatter},
    time::Duration,
};

use aios_record::Timestamp;

use super::key::ApiKey;
use crate::chat::TokenBudget;

/// Settings of a [`ChatClient`](super::ChatClient).
#[derive(Clone)]
pub struct ChatOptions {
    pub(super) base_url: String,
    pub(super) model: String,
    pub(super) key: Option<ApiKey>,
    pub(super) permits_http: bool,
    pub(super) timeout: Duration,
    pub(super) time_max: Duration,
    pub(super) tries_max: u32,
    pub(super) backoff: Duration,
    pub(super) answer_tokens_max: u32,
    pub(super) tokens_per_day_max: Option<u64>,
    pub(super) budget: TokenBudget,
    pub(super) clock: Clock,
}

/// The source of the present time.
#[derive(Clone, Copy)]
pub(super) struct Clock(fn() -> Timestamp);

impl Clock {
    pub(super) fn now(self) -> Timestamp {
        self.0()
    }
}

// An address may have a secret in its query.
impl Debug for ChatOptions {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("ChatOptions");
        shown.field("model", &self.model).field("timeout", &self.timeout);
        shown.field("tries_max", &self.tries_max).finish_non_exhaustive()
    }
}

impl ChatOptions {
    /// Names the address of an endpoint, such as `https://api.example/v1`, and the model there.
    #[must_use]
    pub fn new(base_url: impl Into<String>, model: impl Into<String>) -> ChatOptions {
        let timeout = Duration::from_secs(60);
        ChatOptions {
            base_url: base_url.into(),
            model: model.into(),
            key: None,
            permits_http: false,
            timeout,
            time_max: 3 * timeout,
            tries_max: 4,
            backoff: Duration::from_millis(500),
            answer_tokens_max: 4_096,
            tokens_per_day_max: None,
            budget: TokenBudget::default(),
            clock: Clock(Timestamp::now),
        }
    }

    /// Sets the key, which is sent as a bearer token. Default: unset.
    #[must_use]
    pub fn with_key(self, key: ApiKey) -> ChatOptions {
        ChatOptions { key: Some(key), ..self }
    }

    /// Permits http, which encrypts neither key nor messages, to other machines. Default: only to
    /// this machine.
    #[must_use]
    pub fn with_plain_http(self) -> ChatOptions {
        ChatOptions { permits_http: true, ..self }
    }

    /// Sets the time limit of one try, the whole answer included. All tries together have three
    /// times as long. Default: 60 s.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> ChatOptions {
        ChatOptions { timeout, time_max: timeout.saturating_mul(3), ..self }
    }

    /// Sets the time limit of all tries of a request together, with the waits between them.
    /// Default: three times the limit of one try.
    #[must_use]
    pub fn with_time_max(self, time_max: Duration) -> ChatOptions {
        ChatOptions { time_max, ..self }
    }

    /// Sets the number of tries after which a request fails; 0 counts as 1. Default: 4.
    #[must_use]
    pub fn with_tries_max(self, tries_max: u32) -> ChatOptions {
        ChatOptions { tries_max, ..self }
    }

    /// Sets the longest wait before the second try. It doubles with each further one, up to 30 s.
    /// Default: 500 ms.
    #[must_use]
    pub fn with_backoff(self, backoff: Duration) -> ChatOptions {
        ChatOptions { backoff, ..self }
    }

    /// Sets the tokens of the longest answer. Default: 4,096.
    #[must_use]
    pub fn with_answer_tokens_max(self, answer_tokens_max: u32) -> ChatOptions {
        ChatOptions { answer_tokens_max, ..self }
    }

    /// Sets the tokens of a day (UTC), questions and answers together. Default: no limit.
    #[must_use]
    pub fn with_tokens_per_day_max(self, tokens_per_day_max: u64) -> ChatOptions {
        ChatOptions { tokens_per_day_max: Some(tokens_per_day_max), ..self }
    }

    /// Sets the tokens that are used already, as [`ChatClient::budget`](super::ChatClient::budget)
    /// returned them to an earlier process. Default: no tokens.
    #[must_use]
    pub fn with_budget(self, budget: TokenBudget) -> ChatOptions {
        ChatOptions { budget, ..self }
    }

    /// Sets the clock that begins the days of the budget and reads dates in `Retry-After`.
    /// Default: that of the system.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Timestamp) -> ChatOptions {
        ChatOptions { clock: Clock(clock), ..self }
    }
}
