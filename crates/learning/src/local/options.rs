//! Settings of a local model.

use std::time::Duration;

/// Tokens of the longest context. candle's Llama has angles for so many positions.
pub(super) const CONTEXT_TOKENS_MAX: usize = 4_096;

/// Settings of a [`LocalModel`](super::LocalModel).
#[derive(Debug, Clone)]
pub struct LocalOptions {
    pub(super) timeout: Duration,
    pub(super) context_tokens_max: usize,
    pub(super) answer_tokens_max: usize,
}

impl Default for LocalOptions {
    fn default() -> LocalOptions {
        LocalOptions {
            timeout: Duration::from_secs(120),
            context_tokens_max: CONTEXT_TOKENS_MAX,
            answer_tokens_max: 768,
        }
    }
}

impl LocalOptions {
    /// Sets the time limit of a request, the time in the queue included. It is checked before each
    /// token. Default: 120 s.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> LocalOptions {
        LocalOptions { timeout, ..self }
    }

    /// Sets the tokens of request and answer together: at most 4,096, and at most those of the
    /// model. Default: 4,096.
    #[must_use]
    pub fn with_context_tokens_max(self, context_tokens_max: usize) -> LocalOptions {
        LocalOptions { context_tokens_max, ..self }
    }

    /// Sets the tokens of the longest answer: at most half of the context. Default: 768.
    #[must_use]
    pub fn with_answer_tokens_max(self, answer_tokens_max: usize) -> LocalOptions {
        LocalOptions { answer_tokens_max, ..self }
    }
}
