//! The failure of a call, for both transports: the gRPC status, and the HTTP status with its
//! problem document (RFC 9457). Both come from one table, so they agree.

use std::time::Duration;

use aios_memory::{Error, RefusedText, Remedy, longterm};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::{operation::Right, remedy::words};

/// Maximum length of a message in an answer, in bytes. Messages quote the caller's input, and gRPC
/// sends them in a header, which many clients refuse above 8 KiB.
const MESSAGE_BYTES_MAX: usize = 1_000;

/// A failed call.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) class: Class,
    /// Stable identifier of the condition, such as `not_found`.
    pub(crate) code: &'static str,
    /// The problem, a lower-case fragment.
    pub(crate) message: String,
    pub(crate) remedy: Option<Remedy>,
    /// The next step as text, if the memory has no remedy for it.
    pub(crate) advice: Option<&'static str>,
    pub(crate) retry_after: Option<Duration>,
    /// Authentication challenge, for callers of an identity provider.
    pub(crate) challenge: Option<Challenge>,
}

/// Authentication challenge in the header `WWW-Authenticate` (RFC 6750). It is also an extension of
/// the answer, to which the gate adds the address of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// The call has no token, or a token that cannot be checked at present.
    Anonymous,
    InvalidToken,
    /// The token lacks the scope of a right.
    Scope(Right),
}

/// Class of a failure, by what the caller can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// The request is invalid in any state of the memory.
    Invalid,
    /// The token is missing, unknown, expired or revoked.
    Unauthenticated,
    /// The caller lacks a right, or named a user for whom it may not act.
    Denied,
    NotFound,
    /// The RPC or route does not exist, or is disabled by the settings.
    Unimplemented,
    /// The route does not have this method.
    Method,
    /// The route does not accept the type of the body.
    MediaType,
    /// The record has another version or owner than the caller expects.
    Conflict,
    /// `If-Match` names another version.
    Changed,
    /// The memory is not in the required state: it has another model, or its files are read-only.
    Precondition,
    /// A request, a record or the store exceeds a limit.
    TooLarge,
    /// The disk of the service is full.
    Full,
    /// The idempotency key was used before with another body.
    Unprocessable,
    /// The caller exceeds its rate.
    Rate,
    /// The service is busy or shutting down. The same call may succeed later.
    Unavailable,
    Deadline,
    /// A bug, or damaged files.
    Internal,
}

impl Class {
    pub(crate) fn grpc(self) -> Code {
        match self {
            Class::Invalid | Class::Unprocessable | Class::MediaType => Code::InvalidArgument,
            Class::Unauthenticated => Code::Unauthenticated,
            Class::Denied => Code::PermissionDenied,
            Class::NotFound => Code::NotFound,
            Class::Unimplemented | Class::Method => Code::Unimplemented,
            Class::Conflict | Class::Changed => Code::Aborted,
            Class::Precondition => Code::FailedPrecondition,
            Class::TooLarge | Class::Full | Class::Rate => Code::ResourceExhausted,
            Class::Unavailable => Code::Unavailable,
            Class::Deadline => Code::DeadlineExceeded,
            Class::Internal => Code::Internal,
        }
    }

    pub(crate) fn http(self) -> StatusCode {
        match self {
            Class::Invalid => StatusCode::BAD_REQUEST,
            Class::Unauthenticated => StatusCode::UNAUTHORIZED,
            Class::Denied => StatusCode::FORBIDDEN,
            Class::NotFound | Class::Unimplemented => StatusCode::NOT_FOUND,
            Class::Method => StatusCode::METHOD_NOT_ALLOWED,
            Class::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Class::Conflict => StatusCode::CONFLICT,
            Class::Changed => StatusCode::PRECONDITION_FAILED,
            Class::Precondition => StatusCode::CONFLICT,
            Class::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Class::Full => StatusCode::INSUFFICIENT_STORAGE,
            Class::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
            Class::Rate => StatusCode::TOO_MANY_REQUESTS,
            Class::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Class::Deadline => StatusCode::GATEWAY_TIMEOUT,
            Class::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl Failure {
    pub(crate) fn new(class: Class, code: &'static str, message: impl Into<String>) -> Failure {
        let message = message.into();
        let (remedy, advice, retry_after, challenge) = (None, None, None, None);
        Failure { class, code, message, remedy, advice, retry_after, challenge }
    }

    /// Replaces the next step.
    pub(crate) fn with_advice(self, advice: &'static str) -> Failure {
        Failure { advice: Some(advice), remedy: None, ..self }
    }

    pub(crate) fn with_challenge(self, challenge: Challenge) -> Failure {
        Failure { challenge: Some(challenge), ..self }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Failure {
        Failure::new(Class::Invalid, "invalid", message)
    }

    /// Adds the name of the part of the request that the failure concerns, such as `items[3]`.
    pub(crate) fn within(self, part: &str) -> Failure {
        Failure { message: format!("{part}: {}", self.message), ..self }
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Failure {
        Failure::new(Class::NotFound, "not_found", message)
    }

    pub(crate) fn denied(message: &str) -> Failure {
        Failure::new(Class::Denied, "denied", message)
    }

    /// Returns the failure of a part of a call that needs a right which the caller lacks.
    pub(crate) fn lacks(right: Right, part: &str) -> Failure {
        Failure::denied(&format!("{part} needs the right `{}`", right.as_str()))
            .with_challenge(Challenge::Scope(right))
    }

    /// Returns the failure of a request that is longer than `bytes_max`.
    pub(crate) fn too_long(bytes_max: usize) -> Failure {
        Failure::too_large(format!("the body is longer than {bytes_max} bytes"))
    }

    /// Returns the failure of a message that is too long for the service.
    pub(crate) fn too_large(message: impl Into<String>) -> Failure {
        Failure::new(Class::TooLarge, "too_large", message).with_advice(
            "split it over several calls, or stream it: `/api/v1/ingest`, `RememberStream`",
        )
    }

    pub(crate) fn unauthenticated(message: &str) -> Failure {
        Failure::new(Class::Unauthenticated, "unauthenticated", message)
            .with_advice(
                "send `authorization: Bearer TOKEN`; `aios-memory token add` makes a token",
            )
            .with_challenge(Challenge::Anonymous)
    }

    pub(crate) fn deadline() -> Failure {
        Failure::new(Class::Deadline, "deadline", "the time of the call is over")
    }

    pub(crate) fn busy(message: &str) -> Failure {
        Failure {
            retry_after: Some(Duration::from_secs(1)),
            ..Failure::new(Class::Unavailable, "busy", message)
        }
    }

    /// Returns the failure of a bug. The cause is logged and not sent to the caller.
    pub(crate) fn internal(cause: &str) -> Failure {
        tracing::error!(cause, "a call failed by a defect");
        Failure::new(Class::Internal, "internal", "the service failed; its log has the cause")
    }

    /// Returns the failure and the next step in one line.
    pub(crate) fn line(&self) -> String {
        match self.advice() {
            Some(advice) => format!("{}; {advice}", self.told()),
            None => self.told(),
        }
    }

    /// Returns the next step as text.
    pub(crate) fn advice(&self) -> Option<String> {
        match (&self.remedy, self.advice) {
            (Some(remedy), _) => Some(words(remedy)),
            (None, advice) => advice.map(str::to_owned),
        }
    }

    /// Returns the message, truncated to the limit.
    fn told(&self) -> String {
        if self.message.len() <= MESSAGE_BYTES_MAX {
            return self.message.clone();
        }
        let mut end = MESSAGE_BYTES_MAX;
        while !self.message.is_char_boundary(end) {
            end -= 1;
        }
        format!("{}...", &self.message[..end])
    }

    /// Returns the gRPC status, with `ErrorInfo` (our code, the next step) and `RetryInfo`.
    pub(crate) fn status(&self) -> Status {
        let mut properties = std::collections::HashMap::new();
        if let Some(advice) = self.advice() {
            properties.insert("try".to_owned(), advice);
        }
        if let Some(remedy) = &self.remedy {
            properties.insert("remedy".to_owned(), json!(remedy).to_string());
        }
        let mut details = ErrorDetails::with_error_info(self.code, "aios.memory", properties);
        if let Some(after) = self.retry_after {
            details.set_retry_info(Some(after));
        }
        Status::with_error_details(self.class.grpc(), self.told(), details)
    }

    /// Returns the problem document.
    pub(crate) fn problem(&self) -> Value {
        let status = self.class.http();
        let mut problem = Map::new();
        problem.insert("type".to_owned(), json!("about:blank"));
        problem.insert("title".to_owned(), json!(status.canonical_reason()));
        problem.insert("status".to_owned(), json!(status.as_u16()));
        problem.insert("code".to_owned(), json!(self.code));
        problem.insert("detail".to_owned(), json!(self.told()));
        if let Some(advice) = self.advice() {
            problem.insert("try".to_owned(), json!(advice));
        }
        if let Some(remedy) = &self.remedy {
            problem.insert("remedy".to_owned(), json!(remedy));
        }
        Value::Object(problem)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = self.problem().to_string();
        let mut response = (self.class.http(), body).into_response();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        if let Some(after) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
        }
        if self.class == Class::Unauthenticated {
            let bearer = HeaderValue::from_static("Bearer realm=\"aios-memory\"");
            headers.insert(header::WWW_AUTHENTICATE, bearer);
        }
        if let Some(challenge) = self.challenge {
            response.extensions_mut().insert(challenge);
        }
        response
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let class = class_of(&error);
        let mut failure = Failure::new(class, error.code(), error.to_string());
        failure.remedy = error.remedy();
        if matches!(error, Error::LearningOff) {
            failure.advice = Some("have the operator switch the setting `learning.enabled` on");
        }
        if class == Class::Unavailable {
            failure.retry_after = Some(Duration::from_secs(1));
        }
        if class == Class::Internal {
            tracing::error!(error = &error as &dyn std::error::Error, "a call failed");
        }
        failure
    }
}

impl From<RefusedText> for Failure {
    fn from(RefusedText { index, error }: RefusedText) -> Failure {
        let failure = Failure::from(error);
        match index {
            Some(index) => failure.within(&format!("items[{index}]")),
            None => failure,
        }
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Status {
        failure.status()
    }
}

fn class_of(error: &Error) -> Class {
    if matches!(error.remedy(), Some(Remedy::Purge { .. } | Remedy::RaiseLimit { .. })) {
        return Class::TooLarge;
    }
    match error.code() {
        "not_found" => Class::NotFound,
        "busy" => Class::Unavailable,
        "not_yours" | "machine_wide" | "scope" => Class::Denied,
        "invalid" | "ambiguous" | "input" | "refused" | "context" => Class::Invalid,
        "model" | "read_only" | "config" | "moved" | "data_dir" | "learning_off" | "extractor" => {
            Class::Precondition
        }
        "operational" | "working" | "longterm" => class_by_remedy(error),
        _ => Class::Internal,
    }
}

/// Classifies an error of a tier, which has a single code, by whom its remedy addresses.
fn class_by_remedy(error: &Error) -> Class {
    match error.remedy() {
        Some(Remedy::Retry | Remedy::ReduceLoad { .. } | Remedy::Reopen) => Class::Unavailable,
        Some(Remedy::FreeDisk | Remedy::FreeTemporary { .. }) => Class::Full,
        Some(Remedy::Vacuum) => Class::TooLarge,
        Some(Remedy::ChooseId | Remedy::Update | Remedy::UpdateOrForget | Remedy::StoreAnother) => {
            Class::Conflict
        }
        Some(Remedy::Split) => Class::TooLarge,
        Some(
            Remedy::Correct
            | Remedy::Flatten
            | Remedy::CheckId
            | Remedy::StoreFirst
            | Remedy::StoreInWorking
            | Remedy::StorePreference
            | Remedy::RestartList
            | Remedy::NameOwner
            | Remedy::NameScope
            | Remedy::NameRecords
            | Remedy::RelaxGuard,
        ) => Class::Invalid,
        Some(Remedy::ActForNoUser | Remedy::WidenScope) => Class::Denied,
        _ if is_of_values(error) => Class::Invalid,
        _ => Class::Internal,
    }
}

/// Returns `true` if a tier refused the given values, in which case the message states the next
/// step.
fn is_of_values(error: &Error) -> bool {
    match error {
        Error::Working(error) => error.is_invalid(),
        Error::Longterm(error) => matches!(error, longterm::Error::Invalid { .. }),
        _ => false,
    }
}
