//! Extraction by a chat model: the request, the model as a trait, and the check of its answer.
//!
//! Whatever a model answers, only facts whose values occur in their messages are accepted. Not
//! here: the two implementations, an HTTP client (feature `client`) and a model from disk (feature
//! `local`).

mod answer;
mod budget;
mod check;
mod dates;
mod error;
mod request;

use std::{future::Future, pin::Pin};

pub use answer::{Answer, RefusedDraft, read_answer};
pub use budget::TokenBudget;
pub use check::Refused;
pub use error::{ANSWER_BYTES_MAX, ChatError};
pub use request::{
    BATCH_MESSAGES_MAX, REQUEST_CHARS_MAX, Request, batches, request, request_within,
};

use crate::message::Message;

/// A chat model that answers a request with a text.
///
/// The future may run on any executor. Retries, time limits and budgets belong to the
/// implementation.
pub trait ChatModel: Send + Sync {
    /// Name of the model, for provenance.
    fn name(&self) -> &str;

    /// Returns the characters of messages that a request may have. Default:
    /// [`REQUEST_CHARS_MAX`].
    fn request_chars_max(&self) -> usize {
        REQUEST_CHARS_MAX
    }

    /// Answers a request. An implementation stops reading an answer at [`ANSWER_BYTES_MAX`].
    ///
    /// # Errors
    /// [`ChatError`] if there is no answer.
    fn complete<'a>(&'a self, request: &'a Request) -> Completion<'a>;
}

/// Answer of a [`ChatModel`], later.
pub type Completion<'a> = Pin<Box<dyn Future<Output = Result<String, ChatError>> + Send + 'a>>;

/// Asks a model for the facts of messages, and checks its answer. Messages that do not fit into
/// one request are left out; [`batches`] splits them.
///
/// # Errors
/// [`ChatError`] if the model gives no answer, or if the answer cannot be read. Nothing of such an
/// answer is accepted.
pub async fn extract_with(
    model: &dyn ChatModel,
    messages: &[Message],
) -> Result<Answer, ChatError> {
    let request = request_within(messages, model.request_chars_max());
    let answer = model.complete(&request).await?;
    read_answer(&answer, &messages[..request.messages])
}
