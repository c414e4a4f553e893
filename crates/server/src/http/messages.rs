//! `/api/v1/sessions/{id}/messages`: conversations.

use aios_memory::{
    Error, Id, Key, Kind, MemoryView, Record, Timestamp,
    admission::{Admission, Arrival, Content, Manner, Outcome as Verdict},
    draft::Defaults,
    record::forms,
    working::Message,
};
use axum::{Extension, extract::State, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::{
    answer,
    replays::Derived,
    request::{Json, PathName, Query, id_of, time, within},
    service::Service,
    shapes::{State as Outcome, Stored},
};
use crate::{
    answer_bytes::{Room, json_bytes},
    bounds::{HTTP_ANSWER_BYTES_MAX, MESSAGES_MAX},
    call::Call,
    failure::{Class, Failure},
    messages,
};

/// Maximum number of listed messages.
const LIMIT_MAX: usize = 1_000;
/// Default number of listed messages.
const LIMIT: usize = 50;

/// Messages to append.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMessages {
    /// 1 to 256 messages, in order. If one is invalid, the request is refused.
    #[schema(min_items = 1, max_items = 256)]
    messages: Vec<NewMessage>,
}

/// A message to append.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMessage {
    /// `system`, `user`, `assistant` or `tool`. Default: `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    /// The content: a text, or a list of parts as in chat APIs.
    content: Value,
    /// Name of the speaker.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Id in the system of origin, unique in the conversation. A message with the same id is stored
    /// once. Default: every call adds a new message.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Time, RFC 3339. Default: now.
    #[serde(default, deserialize_with = "time", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    timestamp: Option<Timestamp>,
    /// Labels to filter by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    /// Additional data.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    metadata: Map<String, Value>,
}

/// The outcome, message by message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AddedMessages)]
pub(crate) struct Added {
    messages: Vec<Stored>,
}

/// The latest messages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Latest {
    /// Number of messages, 1 to 1,000. Default: 50.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// Messages of a conversation, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Messages {
    messages: Vec<ShownMessage>,
    /// Number of older messages that are left out because the answer would exceed 8 MiB.
    left_out: usize,
}

/// A message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
struct ShownMessage {
    /// Its key, `message/ID`.
    key: String,
    /// Position in the conversation, from 0.
    position: i64,
    role: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    content: String,
    #[schema(value_type = String, format = DateTime)]
    timestamp: Timestamp,
    /// Id in the system that it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    metadata: Value,
    /// Its owner; absent if it is shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
}

/// Returns the latest messages of a conversation, oldest first, from both tiers.
#[utoipa::path(
    get,
    path = "/api/v1/sessions/{id}/messages",
    tag = "sessions",
    params(("id" = String, Path, description = "Id of the conversation"), Latest),
    responses((status = 200, description = "The messages, oldest first", body = Messages))
)]
pub(crate) async fn list_messages(
    call: Call,
    PathName(session): PathName,
    Query(Latest { limit }): Query<Latest>,
) -> Result<Response, Failure> {
    let limit = within("limit", limit.unwrap_or(LIMIT), 1..=LIMIT_MAX)?;
    let session = id_of(session)?;
    let latest = latest(call.caller.view(), &session, limit);
    let mut messages = call.read(Box::pin(latest)).await?;
    messages.reverse();
    let left_out = Room::new(HTTP_ANSWER_BYTES_MAX).cut(&mut messages, json_bytes);
    messages.reverse();
    Ok(answer::json(StatusCode::OK, &Messages { messages, left_out }))
}

/// Returns the latest messages of a conversation, oldest first. Those that have moved to long-term
/// memory are read only if working memory has too few, or lacks some between them.
async fn latest(view: &MemoryView, session: &Id, limit: usize) -> Result<Vec<ShownMessage>, Error> {
    let recent = view.working().messages().recent(session, limit).await?;
    let owner = recent.first().map(|it| it.meta.scope.owner());
    let is_next = |pair: &[Message]| pair[0].position + 1 == pair[1].position;
    let is_whole = recent.len() == limit && recent.windows(2).all(is_next);
    let mut messages: Vec<ShownMessage> = recent.into_iter().map(ShownMessage::from).collect();
    if !is_whole {
        let moved = view.moved_messages(session, owner.as_ref()).await?;
        messages.extend(moved.iter().map(ShownMessage::of_record));
        messages.sort_by_key(|it| it.position);
        messages.drain(..messages.len().saturating_sub(limit));
    }
    Ok(messages)
}

/// Appends messages to a conversation, which is created if it does not exist. They are durable and
/// found by every search when this answers.
#[utoipa::path(
    post,
    path = "/api/v1/sessions/{id}/messages",
    tag = "sessions",
    params(("id" = String, Path, description = "Id of the conversation")),
    request_body = NewMessages,
    responses((status = 200, description = "The outcome, message by message", body = Added))
)]
pub(crate) async fn add_messages(
    State(service): State<Service>,
    call: Call,
    PathName(session): PathName,
    derived: Option<Extension<Derived>>,
    Json(NewMessages { messages }): Json<NewMessages>,
) -> Result<Response, Failure> {
    within("messages", messages.len(), 1..=MESSAGES_MAX)?;
    let session = id_of(session)?;
    let derived = derived.map(|Extension(derived)| derived);
    let view = call.caller.view().clone();
    let adding = Box::pin(async move { add(&service, &view, &session, messages, derived).await });
    let messages = call.write(adding).await?;
    let response = answer::kept(StatusCode::OK, &Added { messages: messages.clone() });
    Ok(answer::with_changed(response, messages.iter().map(|message| &message.key)))
}

async fn add(
    service: &Service,
    view: &MemoryView,
    session: &Id,
    given: Vec<NewMessage>,
    derived: Option<Derived>,
) -> Result<Vec<Stored>, Failure> {
    let defaults = messages::defaults(view, session);
    let mut arrivals = Vec::with_capacity(given.len());
    for (index, message) in given.into_iter().enumerate() {
        let arrival = arrival(view, message, index, &defaults, derived.as_ref());
        arrivals.push(arrival.map_err(|it| it.within(&at(index)))?);
    }
    // Appends to one conversation are serialised.
    let _turn = service.turns().of([format!("session/{session}")]).await;
    for (index, arrival) in arrivals.iter().enumerate() {
        check_same(view, arrival).await.map_err(|it| it.within(&at(index)))?;
    }
    let verdicts = Admission::new(view, Manner::Written).admit(arrivals).await?;
    let stored = verdicts.into_iter().map(|verdict| Stored {
        key: Key::new(Kind::Message, verdict.id),
        state: if verdict.outcome == Verdict::Known { Outcome::Known } else { Outcome::New },
    });
    Ok(stored.collect())
}

fn at(index: usize) -> String {
    format!("messages[{index}]")
}

/// Reads a message. With an idempotency key, a message without an id gets the same id when
/// repeated.
fn arrival(
    view: &MemoryView,
    mut message: NewMessage,
    index: usize,
    defaults: &Defaults,
    derived: Option<&Derived>,
) -> Result<Arrival, Failure> {
    if let (None, Some(derived)) = (&message.id, derived) {
        message.id = Some(derived.id(index).to_string());
    }
    let object = serde_json::to_value(&message).expect("a message has text keys");
    let Value::Object(object) = object else { unreachable!("a message is an object") };
    messages::arrival(1, object, view, defaults)
}

/// Refuses a different message with the id of a stored one, before anything of the request is
/// stored.
async fn check_same(view: &MemoryView, arrival: &Arrival) -> Result<(), Failure> {
    let Content::Message(message) = &arrival.content else { return Ok(()) };
    if message.external_id.is_none() {
        return Ok(());
    }
    let stored = view.working().messages().get(&arrival.id).await.map_err(Error::from)?;
    let stored = stored.filter(|it| view.gate().may_change(&it.meta.scope));
    match stored {
        Some(stored) if forms::same(&stored.content) != forms::same(&message.content) => {
            let id = message.external_id.as_deref().unwrap_or_default();
            let message = format!("another message has the id `{id}` in this conversation");
            Err(Failure::new(Class::Conflict, "conflict", message)
                .with_advice("choose another id; a stored message is not changed"))
        }
        _ => Ok(()),
    }
}

impl ShownMessage {
    /// Returns a message that has moved to long-term memory.
    fn of_record(record: &Record) -> ShownMessage {
        let text = |field: &str| record.payload[field].as_str().map(str::to_owned);
        ShownMessage {
            key: record.key().to_string(),
            position: record.position.unwrap_or_default(),
            role: text("role").unwrap_or_default(),
            name: text("name"),
            content: text("content").unwrap_or_else(|| record.text.clone()),
            timestamp: record.time(),
            external_id: record.external_id.clone(),
            metadata: record.payload["metadata"].clone(),
            user: record.scope.user.clone(),
        }
    }
}

impl From<Message> for ShownMessage {
    fn from(message: Message) -> ShownMessage {
        ShownMessage {
            key: Key::new(Kind::Message, message.id).to_string(),
            position: message.position,
            role: message.role.to_string(),
            name: message.name,
            content: message.content,
            timestamp: message.timestamp,
            external_id: message.external_id,
            metadata: message.metadata,
            user: message.meta.scope.user,
        }
    }
}
