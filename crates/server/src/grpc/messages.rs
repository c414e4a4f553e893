//! Appends messages to a session.

use aios_memory::{
    Key, MemoryView, Scope,
    admission::{Admission, Arrival, Content, Manner, Outcome},
    draft::{Defaults, TEXT_BYTES_MAX},
    record::forms,
};
use serde_json::{Map, Value, json};

use super::{answer::Answer, scope, values};
use crate::{
    bounds::MESSAGES_MAX,
    call::Call,
    failure::{Class, Failure},
    messages,
    wire::{AddMessagesRequest, AddMessagesResponse, AddedMessage, ChatMessage},
};

pub(super) async fn add(
    call: &Call,
    request: AddMessagesRequest,
) -> Result<Answer<AddMessagesResponse>, Failure> {
    let AddMessagesRequest { session, messages: given, scope } = request;
    if !(1..=MESSAGES_MAX).contains(&given.len()) {
        let count = given.len();
        return Err(Failure::invalid(format!(
            "`messages`: expected 1 to {MESSAGES_MAX}, not {count}"
        )));
    }
    let view = scope::view(call, scope)?;
    let mut scope = Scope { session: values::text(session), ..Scope::default() };
    view.gate().fill(&mut scope).map_err(aios_memory::Error::from)?;
    let session = match scope.session.clone() {
        Some(session) if !forms::is_blank(&session) => values::id("session", session)?,
        _ => return Err(Failure::invalid("`session`: expected the id of a session")),
    };
    let defaults = messages::defaults(&view, &session);
    let mut arrivals = Vec::with_capacity(given.len());
    for (place, message) in (1..).zip(given) {
        let of_message = |failure: Failure| Failure {
            message: format!("message {place}: {}", failure.message),
            ..failure
        };
        arrivals.push(arrival(place, message, &view, &defaults).map_err(of_message)?);
    }
    let writing = async move {
        let mut admission = Admission::new(&view, Manner::Written);
        Box::pin(admission.admit(arrivals)).await
    };
    let added = call.write(writing).await?;
    let added = added.into_iter().map(|verdict| AddedMessage {
        key: Key::new(verdict.kind, verdict.id).to_string(),
        known: verdict.outcome == Outcome::Known,
    });
    let messages: Vec<_> = added.collect();
    let keys: Vec<String> = messages.iter().map(|message| message.key.clone()).collect();
    Ok(Answer::changed(AddMessagesResponse { messages }, keys))
}

/// Returns the arrival of a message. As in an ingest, its id is derived from the external id, if it
/// has one.
fn arrival(
    place: u64,
    message: ChatMessage,
    view: &MemoryView,
    defaults: &Defaults,
) -> Result<Arrival, Failure> {
    let content = &message.content;
    if forms::is_blank(content) {
        return Err(Failure::invalid("`content`: expected visible text"));
    }
    if TEXT_BYTES_MAX < content.len() {
        let bytes = content.len();
        let problem = format!("`content`: {bytes} bytes, the limit is {TEXT_BYTES_MAX}");
        return Err(Failure::new(Class::TooLarge, "too_long", problem)
            .with_advice("split it over several messages"));
    }
    let tokens = match message.tokens {
        0 => None,
        tokens @ 1.. => Some(tokens),
        tokens => return Err(Failure::invalid(format!("`tokens`: {tokens} is below 0"))),
    };
    let model = values::text(message.model.clone());
    // These are fields of the message, not metadata.
    let message = ChatMessage { tokens: 0, model: String::new(), ..message };
    let mut arrival = messages::arrival(place, object(message)?, view, defaults)?;
    if let Content::Message(message) = &mut arrival.content {
        (message.tokens, message.model) = (tokens, model);
    }
    Ok(arrival)
}

/// Returns a message as a chat object, the common form of all interfaces.
pub(super) fn object(message: ChatMessage) -> Result<Map<String, Value>, Failure> {
    let mut object = Map::from_iter([("content".to_owned(), json!(message.content))]);
    let mut set = |name: &str, value: Option<Value>| {
        object.extend(value.map(|value| (name.to_owned(), value)));
    };
    let text = |text| values::text(text).map(Value::String);
    set("role", text(message.role));
    set("name", text(message.name));
    set("id", text(message.external_id));
    set("model", text(message.model));
    set("tokens", (message.tokens != 0).then(|| json!(message.tokens)));
    // As text, because a small number could be parsed as a date.
    set("timestamp", values::time("timestamp", message.timestamp)?.map(|time| json!(time)));
    set("metadata", values::json("metadata_json", &message.metadata_json)?);
    Ok(object)
}
