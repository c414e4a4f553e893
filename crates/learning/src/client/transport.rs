//! One request and its answer: status, size, time.

use std::{error::Error, time::Duration};

use reqwest::{Client, Response, StatusCode, Url, header, redirect};
use serde_json::Value;

use super::address::is_loopback;
use super::backoff::retry_after;
use super::body::{Answered, shown};
use super::error::ClientError;
use super::failure::Failure;
use super::key::ApiKey;
use super::options::{ChatOptions, Clock};
use crate::chat::{ANSWER_BYTES_MAX, ChatError};

/// Time to reach the endpoint.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// Bytes of an answer with its envelope, whose escapes may make it longer. Reading stops there.
const BODY_BYTES_MAX: usize = 2 * ANSWER_BYTES_MAX;

/// Bytes of an answer with an error status that are read.
const PROBLEM_BYTES_MAX: usize = 8 * 1024;

/// The way to one endpoint.
pub(super) struct Transport {
    client: Client,
    url: Url,
    key: Option<ApiKey>,
    clock: Clock,
}

impl Transport {
    pub(super) fn new(url: Url, options: &ChatOptions) -> Result<Transport, ClientError> {
        let builder = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_MAX.min(options.timeout));
        let builder = match url.scheme() {
            // Needs neither certificates nor a way out of this machine.
            "http" if is_loopback(&url) => builder.tls_built_in_root_certs(false).no_proxy(),
            "http" => builder.tls_built_in_root_certs(false),
            _ => builder.https_only(true),
        };
        let client = builder.build();
        let client = client.map_err(|error| ClientError::Prepare { reason: words(error) })?;
        Ok(Transport { client, url, key: options.key.clone(), clock: options.clock })
    }

    /// Sends a request, and reads its answer within `timeout`.
    pub(super) async fn send(&self, body: Value, timeout: Duration) -> Result<Answered, Failure> {
        let mut request = self.client.post(self.url.clone()).timeout(timeout).json(&body);
        if let Some(key) = &self.key {
            // Marked as sensitive: its debug form does not have the key.
            request = request.bearer_auth(key.reveal());
        }
        let response = request.send().await.map_err(lost)?;
        let status = response.status();
        if !status.is_success() {
            return Err(self.refusal(response).await);
        }
        Answered::parse(&read(response).await?, self.key.as_ref())
    }

    /// Returns the failure that an error status means.
    async fn refusal(&self, response: Response) -> Failure {
        let status = response.status();
        let denied = |words: &str| {
            let reason = format!("status {}, {words}", status.as_u16());
            Failure::Last(ChatError::Denied { reason })
        };
        if status.is_redirection() {
            return denied("a redirect, which is not followed; name the address that it leads to");
        }
        let after = response.headers().get(header::RETRY_AFTER);
        let after = after.and_then(|value| value.to_str().ok());
        let after = after.and_then(|value| retry_after(value, self.clock.now()));
        match status {
            // Endpoints quote parts of the key here.
            StatusCode::UNAUTHORIZED => denied("the key is missing or wrong"),
            StatusCode::FORBIDDEN => denied("the key does not permit this"),
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                Failure::Shape { reason: self.reason(response).await }
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
                self.busy(response, after).await
            }
            _ if status.is_server_error() => self.busy(response, after).await,
            _ => Failure::Last(ChatError::Denied { reason: self.reason(response).await }),
        }
    }

    async fn busy(&self, response: Response, wait: Option<Duration>) -> Failure {
        let error = ChatError::Unavailable { reason: self.reason(response).await };
        Failure::Busy { error, wait }
    }

    /// Returns the status and the words of the endpoint, without the key.
    async fn reason(&self, mut response: Response) -> String {
        let status = response.status().as_u16();
        let mut bytes = Vec::new();
        // Words that cannot be read are left out: the status says enough.
        while let Ok(Some(chunk)) = response.chunk().await {
            bytes.extend_from_slice(&chunk[..chunk.len().min(PROBLEM_BYTES_MAX - bytes.len())]);
            if PROBLEM_BYTES_MAX <= bytes.len() {
                break;
            }
        }
        let words = shown(&bytes, self.key.as_ref());
        let colon = if words.is_empty() { "" } else { ": " };
        format!("status {status}{colon}{words}")
    }
}

/// Reads an answer up to its limit.
async fn read(mut response: Response) -> Result<Vec<u8>, Failure> {
    let too_long = |bytes: usize| Failure::Last(ChatError::TooLong { bytes });
    let stated = response.content_length().unwrap_or(0);
    if (BODY_BYTES_MAX as u64) < stated {
        return Err(too_long(usize::try_from(stated).unwrap_or(usize::MAX)));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        if BODY_BYTES_MAX < bytes.len() + chunk.len() {
            return Err(too_long(bytes.len() + chunk.len()));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Returns the failure of a connection.
fn lost(error: reqwest::Error) -> Failure {
    let is_ours = error.is_builder();
    let reason = if error.is_timeout() { "it took too long".to_owned() } else { words(error) };
    if is_ours {
        return Failure::Last(ChatError::Denied { reason });
    }
    Failure::Lost { error: ChatError::Unavailable { reason } }
}

/// Returns the message of an error and of its causes, without the address.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
