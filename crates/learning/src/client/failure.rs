//! The failure of one try, by the chance of another.

use std::time::Duration;

use crate::chat::ChatError;

/// The failure of one try.
#[derive(Debug)]
pub(super) enum Failure {
    /// The endpoint answered that another try may succeed, after `wait` if it asks for one.
    Busy { error: ChatError, wait: Option<Duration> },
    /// The answer was lost on the way. Another try may succeed.
    Lost { error: ChatError },
    /// The endpoint refuses the form of the request.
    Shape { reason: String },
    /// Another try fails alike.
    Last(ChatError),
}

impl Failure {
    /// Returns true if the endpoint answered with an error status, so that it computed nothing.
    pub(super) fn is_free(&self) -> bool {
        match self {
            Failure::Busy { .. } | Failure::Shape { .. } => true,
            Failure::Lost { .. } => false,
            Failure::Last(error) => matches!(error, ChatError::Denied { .. }),
        }
    }
}

impl From<ChatError> for Failure {
    fn from(error: ChatError) -> Failure {
        Failure::Last(error)
    }
}
