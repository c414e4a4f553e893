//! Counts tokens against the budget of a day.

use std::sync::{Mutex, PoisonError};

use aios_record::Timestamp;

use super::options::Clock;
use crate::chat::{ChatError, TokenBudget};

/// Tokens of the shortest answer that is worth asking for.
const ANSWER_TOKENS_MIN: u64 = 64;

/// Bytes a token, for estimates. English has some four; a low number errs on the safe side.
const TOKEN_BYTES: usize = 3;

/// Tokens used on the present day, and their limit.
pub(super) struct Meter {
    max: u64,
    budget: Mutex<TokenBudget>,
    clock: Clock,
}

/// Tokens that are counted in advance. If it is dropped, they stay counted.
pub(super) struct Reserved<'a> {
    meter: &'a Meter,
    tokens: u64,
    answer_tokens: u64,
    at: Timestamp,
}

impl Meter {
    /// `max` of `None` is no limit; tokens are counted all the same.
    pub(super) fn new(max: Option<u64>, budget: TokenBudget, clock: Clock) -> Meter {
        Meter { max: max.unwrap_or(u64::MAX), budget: Mutex::new(budget), clock }
    }

    pub(super) fn budget(&self) -> TokenBudget {
        *self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the tokens of a prompt and of an answer of at most `answer_max` in advance. The
    /// answer gets less if the day has less.
    pub(super) fn reserve(&self, prompt: u64, answer_max: u64) -> Result<Reserved<'_>, ChatError> {
        let at = self.clock.now();
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        let left = budget.left(self.max, at);
        let needed = prompt.saturating_add(ANSWER_TOKENS_MIN.min(answer_max));
        if left < needed {
            return Err(ChatError::Budget { used: self.max - left, max: self.max, needed });
        }
        let answer_tokens = answer_max.min(left - prompt);
        let tokens = prompt + answer_tokens;
        budget.add(tokens, at);
        Ok(Reserved { meter: self, tokens, answer_tokens, at })
    }
}

impl Reserved<'_> {
    /// Returns the tokens that the answer may have.
    pub(super) fn answer_tokens(&self) -> u64 {
        self.answer_tokens
    }

    /// Replaces the tokens counted in advance by those that were used.
    pub(super) fn settle(self, used: u64) {
        let mut budget = self.meter.budget.lock().unwrap_or_else(PoisonError::into_inner);
        budget.settle(self.tokens, used, self.at);
    }
}

/// Returns the approximate number of tokens of a text.
pub(super) fn estimate(text: &str) -> u64 {
    text.len().div_ceil(TOKEN_BYTES) as u64
}
