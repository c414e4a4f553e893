//! `POST /api/v1/learn`: facts from messages.

use aios_memory::{FailedMessage, Key, LearnReport};
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    answer,
    request::{Json, Part, within},
};
use crate::{bounds::LEARN_MESSAGES_MAX, call::Call, facts::take_failed, failure::Failure};

/// Messages to learn from.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LearnRequest)]
pub(crate) struct Learn {
    /// 1 to 10,000 messages, in the order in which they were said. Messages that cannot be stored
    /// are listed in the report; the others are stored.
    #[schema(min_items = 1, max_items = 10_000, value_type = Vec<Said>)]
    messages: Vec<Map<String, Value>>,
    /// Id of the project of the messages.
    #[serde(default)]
    project: Option<String>,
    /// Name of the agent of the messages.
    #[serde(default)]
    agent: Option<String>,
    /// Id of the conversation of the messages. Default: the one that a message names, or else
    /// `default`.
    #[serde(default)]
    session: Option<String>,
}

/// A message, in any spelling that an ingest reads. Other fields are kept as metadata.
#[derive(ToSchema)]
#[schema(as = LearnMessage)]
#[expect(dead_code, reason = "the shape of a message, for the document")]
struct Said {
    /// The text, or a list of parts as in chat APIs. `text` is an alias.
    content: Value,
    /// `system`, `user`, `assistant` or `tool`. Default: `user`.
    role: Option<String>,
    /// Name of the speaker.
    name: Option<String>,
    /// Id of the conversation.
    session: Option<String>,
    /// Time of the message. Default: now.
    #[schema(format = DateTime)]
    timestamp: Option<String>,
    /// Id in the system of origin. Identifies the message; without it, the content does.
    id: Option<String>,
}

/// The outcome of learning.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = LearnReport)]
pub(crate) struct Report {
    /// Number of new facts.
    added: u64,
    /// Number of facts that were stated again.
    updated: u64,
    /// Number of facts that ended.
    superseded: u64,
    /// Number of messages without a new fact.
    ignored: u64,
    /// Number of statements that did not become facts because their value was rejected, or because
    /// the guard found a secret or an injection.
    refused: u64,
    /// Keys of the facts that are new or were stated again.
    #[schema(value_type = Vec<String>)]
    facts: Vec<Key>,
    /// Messages that could not be stored; the first 1,000.
    failed: Vec<Failed>,
    /// Number of messages that could not be stored.
    failed_count: u64,
}

/// A message that could not be stored.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = LearnFailure)]
struct Failed {
    /// Position in the request, from 1.
    line: u64,
    /// The reason.
    error: String,
}

/// Stores messages and learns facts from them. Both are durable when this answers. Known messages
/// add nothing.
#[utoipa::path(
    post,
    path = "/api/v1/learn",
    tag = "facts",
    request_body = Learn,
    responses(
        (status = 200, description = "The outcome", body = Report),
        (status = 409, description = "The setting `learning.enabled` is off")
    )
)]
pub(crate) async fn learn(call: Call, Json(request): Json<Learn>) -> Result<Response, Failure> {
    let Learn { messages, project, agent, session } = request;
    within("messages", messages.len(), 1..=LEARN_MESSAGES_MAX)?;
    let view = Part { project, agent, session }.of(call.caller.view())?;
    let learning = Box::pin(async move { view.facts().learn(messages).await });
    let report = Report::from(call.write(learning).await?);
    let response = answer::kept_as(StatusCode::OK, &report, &report.without_reasons());
    Ok(answer::with_changed(response, &report.facts))
}

impl Report {
    /// Returns the report for a repeated call, without reasons, which may quote a text.
    fn without_reasons(&self) -> Report {
        let mut report = self.clone();
        for failed in &mut report.failed {
            failed.error = "not stored; the first answer has the reason".to_owned();
        }
        report
    }
}

impl From<LearnReport> for Report {
    fn from(mut report: LearnReport) -> Report {
        let (failed, failed_count) = take_failed(&mut report);
        let failed = failed.into_iter().map(|FailedMessage { line, error }| Failed { line, error });
        Report {
            added: report.added,
            updated: report.updated,
            superseded: report.superseded,
            ignored: report.ignored,
            refused: report.refused,
            facts: report.facts,
            failed: failed.collect(),
            failed_count,
        }
    }
}
