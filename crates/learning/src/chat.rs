//! Extraction by a chat model: the request, the model as a trait, and the check of its answer.
//!
//! No HTTP client and no model is here. The caller implements [`ChatModel`]; whatever the model
//! answers, only facts whose values occur in their messages are accepted.

mod answer;
mod error;
mod request;

use std::{future::Future, pin::Pin};

pub use answer::{Answer, Refused, RefusedDraft, read_answer};
pub use error::{ANSWER_BYTES_MAX, ChatError};
pub use request::{REQUEST_CHARS_MAX, Request, request};

use crate::message::Message;

/// A chat model that answers a request with a text.
///
/// The future may run on any executor. Retries, time limits and budgets belong to the
/// implementation.
pub trait ChatModel: Send + Sync {
    /// Name of the model, for provenance.
    fn name(&self) -> &str;

    /// Answers a request. An implementation stops reading an answer at [`ANSWER_BYTES_MAX`].
    ///
    /// # Errors
    /// [`ChatError`] if there is no answer.
    fn complete<'a>(&'a self, request: &'a Request) -> Completion<'a>;
}

/// Answer of a [`ChatModel`], later.
pub type Completion<'a> = Pin<Box<dyn Future<Output = Result<String, ChatError>> + Send + 'a>>;

/// Asks a model for the facts of messages, and checks its answer.
///
/// # Errors
/// [`ChatError`] if the model gives no answer, or if the answer cannot be read. Nothing of such an
/// answer is accepted.
pub async fn extract_with(
    model: &dyn ChatModel,
    messages: &[Message],
) -> Result<Answer, ChatError> {
    let answer = model.complete(&request(messages)).await?;
    read_answer(&answer, messages)
}
