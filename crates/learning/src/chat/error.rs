//! Errors of a chat model and its answers.

use aios_record::Remedy;

/// Bytes of the longest answer that is read.
pub const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// Reason for the lack of an answer, or for an answer that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChatError {
    /// The model cannot be reached, is overloaded, or took too long. Another try may succeed.
    #[error("the model gave no answer: {reason}")]
    Unavailable {
        /// Words of the implementation.
        reason: String,
    },
    /// The model refuses the request: a wrong key, an unknown model.
    #[error("the model refused the request: {reason}")]
    Denied {
        /// Words of the implementation.
        reason: String,
    },
    /// The tokens of the day are used up. Another try may succeed on the next day, UTC.
    #[error("{used} of {max} tokens of the day are used, the request needs {needed}")]
    Budget {
        /// Tokens used on the day.
        used: u64,
        /// Limit of a day.
        max: u64,
        /// Tokens that the request and a short answer need.
        needed: u64,
    },
    /// The answer is longer than [`ANSWER_BYTES_MAX`].
    #[error("the answer has {bytes} bytes, more than {ANSWER_BYTES_MAX}")]
    TooLong {
        /// Length of the answer, as far as it was read.
        bytes: usize,
    },
    /// The answer ends within the JSON.
    #[error("the answer is cut off after {bytes} bytes")]
    Cut {
        /// Length of the answer.
        bytes: usize,
    },
    /// The answer is no JSON of the expected form.
    #[error("expected an object with the list `facts`: {problem}")]
    Malformed {
        /// The first deviation.
        problem: String,
    },
}

impl ChatError {
    /// Returns true if the same request may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            ChatError::Unavailable { .. } | ChatError::Cut { .. } | ChatError::Budget { .. }
        )
    }

    /// Returns the next step.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        match self {
            ChatError::Unavailable { .. } | ChatError::Cut { .. } => Some(Remedy::Retry),
            ChatError::Budget { .. } => {
                Some(Remedy::RaiseLimit { setting: "learning.tokens_per_day_max" })
            }
            ChatError::TooLong { .. } => Some(Remedy::Split),
            ChatError::Denied { .. } => Some(Remedy::Correct),
            ChatError::Malformed { .. } => None,
        }
    }
}
