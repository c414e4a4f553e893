//! A chat model behind an OpenAI-compatible endpoint (`POST .../chat/completions`).
//!
//! A request is tried a limited number of times within a time limit. Not here: streams, tools,
//! endpoints of other makes.

mod address;
mod backoff;
mod body;
mod error;
mod failure;
mod key;
mod meter;
mod options;
mod shape;
mod transport;

use std::{
    fmt::{Debug, Formatter},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

pub use self::error::ClientError;
pub use self::key::ApiKey;
pub use self::options::ChatOptions;

use self::backoff::{RETRY_AFTER_MAX, entropy, wait_of};
use self::failure::Failure;
use self::meter::Meter;
use self::shape::Shape;
use self::transport::Transport;
use crate::chat::{ChatError, ChatModel, Completion, Request, TokenBudget};

/// Time of a request whose limit is beyond the clock.
const TIME_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// A chat model behind an OpenAI-compatible endpoint.
///
/// It needs the runtime of tokio. A dropped future ends its request; nothing is sent afterwards.
/// The tokens of a request that was dropped or lost count as used, because the endpoint may have
/// computed them.
pub struct ChatClient {
    options: ChatOptions,
    transport: Transport,
    meter: Meter,
    /// Form of request that the endpoint accepted last.
    shape: Mutex<Shape>,
}

impl ChatClient {
    /// Prepares a client. It sends nothing.
    ///
    /// # Errors
    /// [`ClientError::Address`] for an address that is not https, except http on this machine or
    /// with [`ChatOptions::with_plain_http`]; [`ClientError::Prepare`] if the certificates of the
    /// system cannot be read.
    pub fn new(options: ChatOptions) -> Result<ChatClient, ClientError> {
        let address = address::read(&options.base_url, options.permits_http)?;
        Ok(ChatClient {
            transport: Transport::new(address, &options)?,
            meter: Meter::new(options.tokens_per_day_max, options.budget, options.clock),
            shape: Mutex::default(),
            options,
        })
    }

    /// Returns the tokens used on the last day with a request, to be kept for the next process.
    #[must_use]
    pub fn budget(&self) -> TokenBudget {
        self.meter.budget()
    }

    async fn answer(&self, request: &Request) -> Result<String, ChatError> {
        let now = Instant::now();
        let end = now.checked_add(self.options.time_max).unwrap_or(now + TIME_MAX);
        let mut shape = *self.shape.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tries = 1;
        loop {
            let failure = match self.attempt(request, shape, end).await {
                Ok(answer) => {
                    *self.shape.lock().unwrap_or_else(PoisonError::into_inner) = shape;
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            let (error, wait) = match failure {
                Failure::Last(error) => return Err(error),
                Failure::Shape { reason } => {
                    // Bounded: a shape has few steps.
                    let simpler = shape.simpler(&reason);
                    shape = simpler.ok_or(ChatError::Denied { reason })?;
                    continue;
                }
                Failure::Busy { error, wait } => (error, wait),
                Failure::Lost { error } => (error, None),
            };
            if self.options.tries_max <= tries {
                return Err(after(error, tries));
            }
            self.pause(error, tries, wait, end).await?;
            tries += 1;
        }
    }

    /// Sends a request once, and counts its tokens.
    async fn attempt(
        &self,
        request: &Request,
        shape: Shape,
        end: Instant,
    ) -> Result<String, Failure> {
        let left = end.saturating_duration_since(Instant::now());
        let timeout = left.min(self.options.timeout);
        let system = shape.system(request);
        let prompt = meter::estimate(&system) + meter::estimate(&request.user);
        let reserved = self.meter.reserve(prompt, u64::from(self.options.answer_tokens_max))?;
        let body = shape.body(&self.options.model, &system, request, reserved.answer_tokens());
        match self.transport.send(body, timeout).await {
            Ok(answered) => {
                let estimated = prompt + meter::estimate(&answered.text);
                reserved.settle(answered.tokens.unwrap_or(estimated));
                answered.read()
            }
            Err(failure) => {
                // An answer with an error status cost nothing; a lost one may have been computed.
                if failure.is_free() {
                    reserved.settle(0);
                }
                Err(failure)
            }
        }
    }

    /// Waits before the next try.
    async fn pause(
        &self,
        error: ChatError,
        tries: u32,
        wait: Option<Duration>,
        end: Instant,
    ) -> Result<(), ChatError> {
        let pause = wait.unwrap_or_else(|| wait_of(tries, self.options.backoff, entropy()));
        let left = end.saturating_duration_since(Instant::now());
        if RETRY_AFTER_MAX < pause || left <= pause {
            let seconds = pause.as_secs_f64().ceil();
            let reason = format!("{}, and the next try is due in {seconds} s", words(&error));
            return Err(ChatError::Unavailable { reason });
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

impl ChatModel for ChatClient {
    fn name(&self) -> &str {
        &self.options.model
    }

    fn complete<'a>(&'a self, request: &'a Request) -> Completion<'a> {
        Box::pin(self.answer(request))
    }
}

impl Debug for ChatClient {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ChatClient").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Adds the number of tries to an error.
fn after(error: ChatError, tries: u32) -> ChatError {
    match error {
        ChatError::Unavailable { reason } if 1 < tries => {
            ChatError::Unavailable { reason: format!("{reason} (after {tries} tries)") }
        }
        other => other,
    }
}

fn words(error: &ChatError) -> String {
    match error {
        ChatError::Unavailable { reason } => reason.clone(),
        other => other.to_string(),
    }
}
